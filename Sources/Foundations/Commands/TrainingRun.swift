import ArgumentParser
import Foundation

extension InspectorRun {
  /// Whether a training keeps a state and goes on from it after Ctrl-C: nobody goes on from a stop of a tour.
  private var isResumable: Bool { !isPartOfTour }

  /// Where a training keeps its state, noted for the manifest: what was given, or beside the folder. Nil for
  /// a stop of a tour.
  /// - Parameter given: --state.
  /// - Throws: `ValidationError` for a place in the folder of results.
  public func statePath(_ given: String?) throws -> String? {
    guard !isResumable else { return try statePlace(given) }
    setting("state", .text("none"))
    return nil
  }

  /// Where a run that goes on keeps its state, a file or a folder, noted for the manifest: what was given,
  /// or beside the folder of results. In it no state may lie: it is put in its place as a whole, and not
  /// where it holds what the run did not write.
  /// - Parameter given: --state.
  /// - Throws: `ValidationError` for a place in the folder of results.
  public func statePlace(_ given: String?) throws -> String {
    let place = settled("state", given, default: path + ".state")
    let (file, folder) = (Self.followed(place), Self.followed(path))
    guard file != folder, !file.hasPrefix(folder + "/") else {
      throw ValidationError(
        "--state: expected a place outside of the folder of results, found '\(place)'")
    }
    return place
  }

  /// Where a path leads, as far as there is something: links above what is missing are followed.
  private static func followed(_ path: String) -> String {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    guard url.path != "/", !FileManager.default.fileExists(atPath: url.path) else {
      return url.resolvingSymlinksInPath().path
    }
    let parent = URL(fileURLWithPath: followed(url.deletingLastPathComponent().path))
    return parent.appendingPathComponent(url.lastPathComponent).path
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
