import Foundation
import Networks
import Tensors

/// What a training run trains.
public protocol Trainee: AnyObject {
  /// The names of what a step measures, in order.
  var columns: [String] { get }
  /// Everything that must survive a stop.
  var parts: [String: any TrainingPart] { get }
  /// One step, counted from 0. Random numbers come from the run's seed and `index` alone, so that a
  /// run that went on after a stop draws the same ones.
  func step(_ index: Int) -> [Double]
}

/// Takes a trainee through its steps: from the beginning or from a saved state, saving now and then,
/// until it is done or told to stop.
public struct TrainingLoop {
  /// How many steps a finished run has.
  public var steps: Int
  /// The file from which a stopped run goes on; nil for a run that keeps none.
  public var statePath: String?
  /// What must be the same when a run goes on.
  public var settings: [String: String]
  /// Names of settings that follow from others where nobody gives them: told to differ last.
  public var following: [String] = []
  /// Seconds between two savings.
  public var saveInterval = 120.0
  /// Whether to go on from the state file.
  public var resumes: Bool
  /// Asked before each step; a run told to stop saves first.
  public var isStopped: () -> Bool = { false }

  /// A run that nobody stops and that saves every two minutes.
  public init(steps: Int, statePath: String?, settings: [String: String], resumes: Bool) {
    (self.steps, self.statePath, self.settings) = (steps, statePath, settings)
    self.resumes = resumes
  }

  /// The state to begin with; the trainee has its numbers back.
  /// - Throws: `TrainingError`, `FileError`, `CheckpointError`.
  public func begin(_ trainee: some Trainee) throws -> TrainingState {
    if let statePath {
      if resumes {
        let state = try TrainingState(
          reading: statePath, into: trainee.parts, columns: trainee.columns, settings: settings,
          following: following)
        try TrainingState.requireWritable(statePath)
        return state
      }
      try TrainingState.requireFree(statePath)
    }
    return TrainingState(trace: TrainingTrace(columns: trainee.columns), settings: settings)
  }

  /// Runs from `state` to the end, or until told to stop.
  /// - Parameters:
  ///   - trainee: what learns.
  ///   - state: where to begin; afterwards where it ended.
  ///   - afterStep: called with the state after each step; for progress and interim pages.
  /// - Throws: `FileError` when the state cannot be saved, `TrainingError.diverged` when the loss is no
  ///   longer finite, or what `afterStep` throws.
  public func run(
    _ trainee: some Trainee, from state: inout TrainingState,
    afterStep: (TrainingState) throws -> Void = { _ in }
  ) throws {
    var last = ContinuousClock.now
    var saved = last
    while state.step < steps, !isStopped() {
      let values = trainee.step(state.step)
      guard trainee.columns.firstIndex(of: "loss").map({ values[$0].isFinite }) ?? true else {
        throw TrainingError.diverged(step: state.step, file: statePath ?? "")
      }
      state.trace.append(values)
      state.step += 1
      let now = ContinuousClock.now
      state.seconds += (now - last) / .seconds(1)
      last = now
      if let statePath, (now - saved) / .seconds(1) > saveInterval {
        try state.write(trainee.parts, to: statePath)
        saved = now
      }
      try afterStep(state)
    }
    state.isFinished = state.step >= steps
    if let statePath { try state.write(trainee.parts, to: statePath) }
  }
}

/// A generator for one use at one step of a run: the same whenever the step is done.
public func stepGenerator(seed: UInt64, step: Int, use: String = "") -> TorchGenerator {
  var hash = FNV1a()
  hash.add("\(seed)/\(step)/\(use)".utf8)
  return TorchGenerator(seed: hash.seed)
}
