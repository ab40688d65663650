import Commands
import Foundation
import LatentDiffusion
import Networks
import Training

/// Makes a study: one model after the other, the coarsest space first, since it is cheapest to look
/// at.
struct StudyExperiment {
  let settings: StudySettings
  /// The folder with the autoencoders; nil for those that come along.
  let autoencoders: String?
  let stateFolder: String
  let resumes: Bool

  /// - Parameter look: called with what is known after each exam.
  func run(_ run: InspectorRun, look: (Study) throws -> Void) throws -> Study {
    let firstStages = try run.stage("opening") { _ in
      try settings.factors.map { ($0, try firstStage($0, run)) }
    }
    try makeRoom()
    let shipped = try LatentDiffusionModel(opening: Shipped.model())
    // Before anything else, since memory is measured best where little has been used; coarsest
    // first, since later models then need more than earlier ones left.
    let costs = try run.stage("measuring costs", of: firstStages.count) { advance in
      try firstStages.reversed().map { factor, firstStage in
        defer { advance() }
        return try StudyRun.costs(factor, firstStage, shipped, settings)
      }
    }
    let evaluator = try SceneClassifier(folder: Shipped.path("fixtures/classifiers/evaluator"))
    let exam = run.stage("drawing scenes to compare with") { _ in
      StudyExam(count: settings.count, evaluator: evaluator, model: shipped, seed: settings.seed)
    }
    let drawn = StudyQuality(
      exam.reader.sheet(exam.drawn), asked: exam.scenes.map(\.content), from: exam.reference)
    var models: [StudyModel] = []
    func study(_ model: StudyModel?) -> Study {
      Study(
        settings: settings, drawn: drawn,
        models: (models + [model].compactMap(\.self)).sorted { $0.factor < $1.factor },
        command: run.command.text)
    }
    try Interruption.deferred {
      for ((factor, firstStage), costs) in zip(firstStages.reversed(), costs)
      where !Interruption.isRequested {
        let life = try StudyRun(
          factor: factor, firstStage: firstStage, model: shipped, exam: exam, costs: costs,
          settings: settings, statePath: statePath(factor))
        var shown = 0
        try run.stage("LDM-\(factor)", of: 100) { advance in
          try life.run(resumes: resumes) { share in
            while shown < Int(100 * share) {
              shown += 1
              advance()
            }
          } look: {
            try look(study(life.result))
          }
        }
        models += [life.result].compactMap(\.self)
      }
    }
    guard !models.isEmpty else { throw StudyError.nothingYet(state: stateFolder) }
    return study(nil)
  }

  private func statePath(_ factor: Int) -> String { "\(stateFolder)/ldm-\(factor).safetensors" }

  private func firstStage(_ factor: Int, _ run: InspectorRun) throws -> FirstStage {
    guard factor > 1 else { return .pixels(channels: 3) }
    let path =
      try autoencoders.map { $0 + "/kl-f\(factor)" }
      ?? Shipped.path("fixtures/autoencoders/kl-f\(factor)")
    let firstStage = try FirstStage(opening: path)
    guard firstStage.downsamplingFactor == factor else {
      throw StudyError.badTable(
        file: path,
        expected: "an autoencoder with f = \(factor), found f = \(firstStage.downsamplingFactor)")
    }
    try run.noteInput(path + "/diffusion_pytorch_model.safetensors")
    return firstStage
  }

  /// A new study replaces the states of a finished one, and no others.
  private func makeRoom() throws {
    guard !resumes else { return }
    let files = FileManager.default
    let paths = settings.factors.map(statePath).filter { files.fileExists(atPath: $0) }
    if let path = paths.first(where: { !TrainingState.isFinished($0) }) {
      throw TrainingError.stateExists(file: path)
    }
    for path in paths { try? files.removeItem(atPath: path) }
  }
}
