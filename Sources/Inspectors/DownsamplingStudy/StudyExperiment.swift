import Commands
import Foundation
import LatentDiffusion
import Networks
import Records
import Training

/// Makes a study: one model after the other, the coarsest space first, since it is cheapest to look
/// at.
struct StudyExperiment {
  let settings: StudySettings
  /// The folder with the autoencoders; nil for the bundled ones.
  let autoencoders: String?
  let stateFolder: String
  let resumes: Bool

  private typealias Space = (factor: Int, firstStage: FirstStage)

  /// - Parameter look: called with what is known after each evaluation.
  func run(_ run: InspectorRun, look: (Study) throws -> Void) throws -> Study {
    let spaces: [Space] = try run.stage("opening") { _ in
      try settings.factors.reversed().map { ($0, try firstStage($0, run)) }
    }
    try makeRoom()
    let shipped = try LatentDiffusionModel(opening: Shipped.model())
    let costs = try measureCosts(spaces, shipped, run)
    let evaluator = try SceneClassifier(folder: Shipped.path("fixtures/classifiers/evaluator"))
    let evaluation = try run.stage("drawing scenes to compare with") { _ in
      StudyEvaluation(
        count: settings.count, evaluator: evaluator, model: shipped, seed: settings.seed)
    }
    var study = Study(
      settings: settings, drawn: evaluation.drawnQuality, models: [], command: run.command.text)
    var finished = 0
    Interruption.endsSaying("interrupted; --resume goes on from the states in \(stateFolder)")
    try Interruption.deferred {
      for (space, costs) in zip(spaces, costs) where !Interruption.isRequested {
        let life = try StudyRun(
          factor: space.factor, firstStage: space.firstStage, model: shipped,
          evaluation: evaluation,
          costs: costs, settings: settings, statePath: statePath(space.factor))
        let before = study
        try live(life, run) {
          study = before.adding(life.result)
          try look(study)
        }
        study = before.adding(life.result)
        finished += life.isFinished ? 1 : 0
      }
    }
    if finished < spaces.count {
      run.notice("--budget: stopped after \(finished) of \(spaces.count) models; --resume goes on")
      run.endsEarly("after \(finished) of \(spaces.count) models")
    }
    guard !study.models.isEmpty else { throw StudyStoppedEarly(state: stateFolder) }
    return study
  }

  /// Before anything else, since memory is measured best where little has been used; coarsest first,
  /// since later models then need more than earlier ones left.
  private func measureCosts(
    _ spaces: [Space], _ shipped: LatentDiffusionModel, _ run: InspectorRun
  ) throws -> [StudyCosts] {
    try run.stage("measuring costs", of: spaces.count) { advance in
      try spaces.map { space in
        defer { advance() }
        return try StudyRun.costs(space.factor, space.firstStage, shipped, settings)
      }
    }
  }

  /// One model's life as a stage of the run, whose progress counts in hundredths of its time.
  private func live(_ life: StudyRun, _ run: InspectorRun, look: () throws -> Void) throws {
    var shown = 0
    try run.stage("LDM-\(life.factor)", of: 100) { advance in
      try life.run(
        resumes: resumes,
        advance: { share in
          while shown < Int(100 * share) {
            shown += 1
            advance()
          }
        }, look: look)
    }
  }

  private func statePath(_ factor: Int) -> String { "\(stateFolder)/ldm-\(factor).safetensors" }

  private func firstStage(_ factor: Int, _ run: InspectorRun) throws -> FirstStage {
    guard factor > 1 else { return .pixels(channels: 3) }
    let path =
      try autoencoders.map { $0 + "/kl-f\(factor)" }
      ?? Shipped.path("fixtures/autoencoders/kl-f\(factor)")
    let firstStage = try FirstStage(opening: path)
    guard firstStage.downsamplingFactor == factor else {
      throw TableError(
        file: path,
        expected: "an autoencoder with f = \(factor), found f = \(firstStage.downsamplingFactor)")
    }
    return firstStage
  }

  /// All states can be written. A new study replaces those of a finished one, and no others.
  private func makeRoom() throws {
    let paths = settings.factors.map(statePath)
    for path in paths {
      if resumes {
        try TrainingState.requireWritable(path)
      } else {
        try TrainingState.requireFree(path)
      }
    }
    guard !resumes else { return }
    for path in paths { try? FileManager.default.removeItem(atPath: path) }
  }
}
