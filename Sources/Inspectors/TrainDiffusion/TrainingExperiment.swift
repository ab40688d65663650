import Imaging
import LatentDiffusion
import Networks
import Tensors
import Training

/// One run: the trainee, and pictures from fixed noise as it learns.
final class TrainingExperiment: Trainee {
  let trainee: DiffusionTrainee
  let history: SampleHistory
  /// Of the scaled latents.
  let latentDeviation: Double
  let steps: Int

  init(trainee: DiffusionTrainee, latentDeviation: Double, steps: Int) {
    self.trainee = trainee
    self.latentDeviation = latentDeviation
    self.steps = steps
    history = SampleHistory(count: 8, seed: trainee.settings.seed, model: trainee.model)
  }

  var model: TrainingModel { trainee.model }
  var columns: [String] { trainee.columns }

  var parts: [String: any TrainingPart] {
    trainee.parts.merging(["samples": history]) { first, _ in first }
  }

  func step(_ index: Int) -> [Double] { trainee.step(index) }

  func sample(after step: Int) throws {
    try trainee.withAverage { try history.sample(model, after: step) }
  }

  /// The pictures after each sampling, side by side.
  func sheets() -> [(step: Int, sheet: Image)] {
    history.latents.map { step, latents in
      let pictures = model.firstStage.decode(latents)
      let images = (0..<latents.shape[0]).map { Image(pictures.rows($0..<$0 + 1)) }
      return (step, .grid(images, columns: 4))
    }
  }
}
