// Training steps of the shipped architectures on random numbers: what `make bench` compares with
// PyTorch (Sources/Benchmarks/training_step.py does the same there).

import ArgumentParser
import Commands
import Foundation
import LatentDiffusion
import Networks
import Tensors
import Training

struct TrainingStep: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "training-step",
    abstract: "Time training steps of a shipped architecture: forward, backward, AdamW.",
    discussion: """
      `unet` takes 32 latents of 16×16 and 77 tokens of context, and the mean squared error; \
      `autoencoder` takes 8 pictures of 64×64, and the mean absolute error with a little KL \
      divergence. Printed is the median over the steps, without the first two.

      Example: training-step unet --steps 12 --threads 1
      """, version: Versions.line)

  enum Network: String, ExpressibleByArgument, CaseIterable { case unet, autoencoder }

  @Argument(help: "The network: unet or autoencoder.")
  var network: Network

  @Option(parsing: .unconditional, help: ArgumentHelp("How many steps.", valueName: "n"))
  var steps = 12

  @OptionGroup var threadsOption: ThreadsOption

  mutating func validate() throws { try Check.range("--steps", steps, 3...1_000_000) }

  func work() throws {
    threadsOption.apply()
    let step = try network == .unet ? unetStep() : autoencoderStep()
    let times = (0..<steps).map { _ in
      let start = ContinuousClock.now
      step()
      return (ContinuousClock.now - start) / .seconds(1)
    }
    let sorted = times.dropFirst(2).sorted()
    print("seconds", sorted[sorted.count / 2])
    print("best", sorted[0])
  }

  private func unetStep() throws -> () -> Void {
    let unet = try UNet2DConditionModel(LatentDiffusionModel.untrainedUNetConfiguration, seed: 1)
    let optimizer = AdamW(unet.parameters)
    let generator = TorchGenerator(seed: 1)
    let (sample, noise) = (generator.normal([32, 4, 16, 16]), generator.normal([32, 4, 16, 16]))
    let context = generator.normal([32, 77, 96])
    let timesteps = (0..<32).map { Float(31 * $0) }
    return {
      let tape = GradientTape(training: unet.parameters)
      let predicted = unet(
        sample, timesteps: timesteps, context: context, ForwardPass(tape: tape))
      let loss = Loss.meanSquaredError(predicted, noise)
      optimizer.step(tape.backward(from: [(predicted, loss.gradient)]), learningRate: 1e-3)
    }
  }

  private func autoencoderStep() throws -> () -> Void {
    let model = try AutoencoderKL(LatentDiffusionModel.autoencoderConfiguration, seed: 1)
    let optimizer = AdamW(model.parameters)
    let generator = TorchGenerator(seed: 1)
    let (images, noise) = (generator.normal([8, 3, 64, 64]), generator.normal([8, 4, 8, 8]))
    return {
      let tape = GradientTape(training: model.parameters)
      let pass = ForwardPass(tape: tape)
      let moments = model.encode(images, pass).parameters
      let decoded = model.decode(pass.gaussianSample(moments, noise: noise), pass)
      // ∂ mean |x̂ − x|, and ∂ of 10⁻⁶ times the mean divergence of an image.
      let share = 1 / Float(decoded.count)
      let error = (decoded - images).map { $0 < 0 ? -share : share }
      let (mean, logVariance) = (moments.slice(0..<4, along: 1), moments.slice(4..<8, along: 1))
      let divergence = Tensor.concatenated(
        [mean, logVariance.map { 0.5 * (exp($0) - 1) }], along: 1
      ).scaled(by: 1e-6 / Float(images.shape[0]))
      optimizer.step(
        tape.backward(from: [(decoded, error), (moments, divergence)]), learningRate: 1e-3)
    }
  }
}

TrainingStep.start()
