extension InspectorRun {
  /// Whether a training keeps a state and goes on from it after Ctrl-C: nobody goes on from a stop of a tour.
  private var isResumable: Bool { !isPartOfTour }

  /// Where a training keeps its state, noted for the manifest: what was given, or beside the folder. Nil for
  /// a stop of a tour.
  /// - Parameter given: --state.
  public func statePath(_ given: String?) -> String? {
    guard !isResumable else { return settled("state", given, default: path + ".state") }
    setting("state", .text("none"))
    return nil
  }

  /// Runs a training as the stage "training". Ctrl-C lets it save its state and end early, which the person
  /// hears of and the manifest tells; a second one, or one afterwards, ends the process as elsewhere and
  /// says how to go on. A tour it ends at once.
  /// - Parameters:
  ///   - steps: how many a finished training has.
  ///   - done: how many earlier runs have made.
  ///   - body: trains, and looks at `Interruption.isRequested`. It calls `made` after each step with how
  ///     many there are now.
  public func training(
    of steps: Int, from done: Int, _ body: (_ made: (Int) -> Void) throws -> Void
  ) throws {
    var reached = done
    hasTrained(steps: done)
    /// What an interruption says that ends the process.
    func tellEnd(_ what: String) {
      guard isResumable else { return }
      Interruption.endsSaying("interrupted after \(reached) of \(steps) steps, \(what)")
    }
    let unsaved = "those since it last saved are lost; --resume goes on from what it saved"
    func train() throws {
      try stage("training", of: steps - done) { _ in
        try body { made in
          reached = made
          hasTrained(steps: made)
          tellEnd(unsaved)
          progress.advance()
        }
      }
    }
    tellEnd(unsaved)
    if isResumable { try Interruption.deferred(train) } else { try train() }
    if reached < steps {
      notice("--steps: stopped after \(reached) of \(steps); --resume goes on")
      endsEarly("after \(reached) of \(steps) steps")
    }
    tellEnd("before the results were written; --resume goes on")
  }
}
