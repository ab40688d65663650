import LatentDiffusion
import Networks
import Tensors
import Training

/// A shipped architecture with random weights that learns random numbers.
package enum TrainingWork: String, CaseIterable {
  case unet, autoencoder

  private static let learningRate = 1e-3

  /// - Parameter batch: how many latents or pictures a step takes; nil for 32 latents or 8 pictures.
  /// - Returns: makes one step, always on the same numbers, and gives the loss before it.
  /// - Throws: what making the network throws.
  package func steps(batch: Int? = nil) throws -> () -> Double {
    switch self {
    case .unet: try Self.unetSteps(batch ?? 32)
    case .autoencoder: try Self.autoencoderSteps(batch ?? 8)
    }
  }

  private static func unetSteps(_ batch: Int) throws -> () -> Double {
    let unet = try UNet2DConditionModel(LatentDiffusionModel.untrainedUNetConfiguration, seed: 1)
    let optimizer = AdamW(unet.parameters)
    let generator = TorchGenerator(seed: 1)
    let shape = [batch, 4, 16, 16]
    let (sample, noise) = (generator.normal(shape), generator.normal(shape))
    let context = generator.normal([batch, 77, 96])
    let timesteps = (0..<batch).map { Float(31 * $0) }
    return {
      let tape = GradientTape(training: unet.parameters)
      let predicted = unet(
        sample, timesteps: timesteps, context: context, ForwardPass(tape: tape))
      let loss = Loss.meanSquaredError(predicted, noise)
      optimizer.step(
        tape.backward(from: [(predicted, loss.gradient)]), learningRate: learningRate)
      return loss.value
    }
  }

  private static func autoencoderSteps(_ batch: Int) throws -> () -> Double {
    let model = try AutoencoderKL(LatentDiffusionModel.autoencoderConfiguration, seed: 1)
    let optimizer = AdamW(model.parameters)
    let generator = TorchGenerator(seed: 1)
    let (images, noise) = (
      generator.normal([batch, 3, 64, 64]), generator.normal([batch, 4, 8, 8])
    )
    var objective = AutoencoderObjective()
    objective.reconstruction = ReconstructionLoss()
    // 10⁻⁶ times the mean divergence of a picture, whose weight is shared out over its values.
    objective.divergenceWeight = 1e-6 * Double(images.count / batch)
    return { [objective] in
      let step = objective.step(model, on: images, noise: noise, critic: nil)
      optimizer.step(step.gradients, learningRate: learningRate)
      return step.losses.total
    }
  }
}
