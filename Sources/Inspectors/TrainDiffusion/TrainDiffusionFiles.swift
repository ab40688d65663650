import Commands
import Diagnostics
import Foundation
import Imaging
import LatentDiffusion
import Records
import Training

/// The tables, pictures and the model of `train-diffusion`. Steps are counted from 0, or done.
struct TrainDiffusionFiles {
  private let experiment: TrainingExperiment
  private let state: TrainingState

  init(_ experiment: TrainingExperiment, state: TrainingState) {
    (self.experiment, self.state) = (experiment, state)
  }

  func write(to output: RunOutput, withModel: Bool) throws {
    try output.write(state.trace.table, as: "trace.csv")
    for (step, sheet) in experiment.sheets() {
      try output.write(sheet, as: "images/samples-\(padded(step, to: 6)).png")
    }
    if withModel { try writeModel(to: output) }
  }

  /// The averaged weights as a diffusers folder, in float16.
  private func writeModel(to output: RunOutput) throws {
    let files = FileManager.default
    try HalfMade.places.workshop("model") { workshop in
      try experiment.trainee.withAverage {
        try experiment.model.write(to: workshop.path, captions: experiment.trainee.captions)
      }
      for case let name as String in files.enumerator(atPath: workshop.path) ?? .init() {
        let file = workshop.appendingPathComponent(name)
        guard !file.hasDirectoryPath else { continue }
        try output.writeFile(as: "model/\(name)") {
          try files.moveItem(atPath: file.path, toPath: $0)
        }
      }
    }
  }
}
