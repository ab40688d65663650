import Foundation
import Imaging
import LatentDiffusion
import Tracing
import Training

/// The tables, pictures and the model of `train-diffusion`. Steps are counted from 0, or done.
struct TrainDiffusionFiles {
  private let experiment: TrainingExperiment
  private let state: TrainingState

  init(_ experiment: TrainingExperiment, state: TrainingState) {
    (self.experiment, self.state) = (experiment, state)
  }

  func write(to folder: RunFolder, withModel: Bool) throws {
    try folder.write(state.trace.table, as: "trace.csv")
    for (step, sheet) in experiment.sheets() {
      let digits = String(step)
      let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
      try folder.writeImage(PNG.data(of: sheet), as: "samples-\(name).png")
    }
    if withModel { try writeModel(to: folder) }
  }

  /// The averaged weights as a diffusers folder, in float16.
  private func writeModel(to folder: RunFolder) throws {
    let files = FileManager.default
    let workshop = files.temporaryDirectory.appendingPathComponent("model-\(UUID().uuidString)")
    defer { try? files.removeItem(at: workshop) }
    try experiment.trainee.withAverage {
      try experiment.model.write(to: workshop.path, captions: experiment.trainee.captions)
    }
    for case let name as String in files.enumerator(atPath: workshop.path) ?? .init() {
      let file = workshop.appendingPathComponent(name)
      guard !file.hasDirectoryPath, let data = try? Data(contentsOf: file) else { continue }
      try folder.write(data, as: "model/\(name)")
    }
  }
}
