// Training steps of the shipped architectures on random numbers: what `make bench` compares with
// PyTorch.

import ArgumentParser
import Foundation
import LatentDiffusion
import Networks
import Tensors

struct TrainingStep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training-step",
    abstract: "Time training steps of a shipped architecture: forward, backward, AdamW.",
    discussion: """
      `unet` takes 32 latents of 16×16 and 77 context tokens; `autoencoder` takes 8 pictures of \
      64×64. Printed is the median over the steps, without the first two.
      """)

  enum Network: String, ExpressibleByArgument, CaseIterable { case unet, autoencoder }

  @Argument(help: "The network: unet or autoencoder.")
  var network: Network

  @Option(help: "How many steps.")
  var steps = 20

  @Option(help: "The threads to use.")
  var threads = 2

  func run() throws {
    Threads.use(threads)
    let step = try network == .unet ? unet() : autoencoder()
    var times: [Double] = []
    for _ in 0..<steps {
      let start = ContinuousClock.now
      step()
      times.append((ContinuousClock.now - start) / .seconds(1))
    }
    let sorted = times.dropFirst(min(2, times.count - 1)).sorted()
    print("seconds", String(format: "%.4f", sorted[sorted.count / 2]))
    print("best", String(format: "%.4f", sorted[0]))
  }

  private func unet() throws -> () -> Void {
    let unet = try UNet2DConditionModel(LatentDiffusionModel.untrainedUNetConfiguration, seed: 1)
    let generator = TorchGenerator(seed: 1)
    let sample = generator.normal([32, 4, 16, 16])
    let noise = generator.normal([32, 4, 16, 16])
    let context = generator.normal([32, 77, 96])
    let timesteps = (0..<32).map { Float(31 * $0) }
    return {
      let start = ContinuousClock.now
      let tape = GradientTape(training: unet.parameters)
      let predicted = unet(
        sample, timesteps: timesteps, context: context, ForwardPass(tape: tape))
      let scale = 2 / Float(predicted.count)
      let gradient = Tensor.weightedSum(scale, predicted, -scale, noise)
      let middle = ContinuousClock.now
      _ = tape.backward(from: [(predicted, gradient)])
      print((middle - start) / .milliseconds(1), (ContinuousClock.now - middle) / .milliseconds(1))
    }
  }

  private func autoencoder() throws -> () -> Void {
    let model = try AutoencoderKL(LatentDiffusionModel.autoencoderConfiguration, seed: 1)
    let generator = TorchGenerator(seed: 1)
    let images = generator.normal([8, 3, 64, 64])
    let noise = generator.normal([8, 4, 8, 8])
    return {
      let start = ContinuousClock.now
      let tape = GradientTape(training: model.parameters)
      let pass = ForwardPass(tape: tape)
      let moments = model.moments(images, pass)
      let decoded = model.decode(pass.gaussianSample(moments, noise: noise), pass)
      let scale = 1 / Float(decoded.count)
      let gradient = (decoded - images).map { $0 < 0 ? -scale : scale }
      let middle = ContinuousClock.now
      _ = tape.backward(from: [(decoded, gradient)])
      print((middle - start) / .milliseconds(1), (ContinuousClock.now - middle) / .milliseconds(1))
    }
  }
}

TrainingStep.main()
