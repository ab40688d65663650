import Checkpoints
import Diffusion
import LatentDiffusion
import Storybook
import Tensors
import Training

/// What the model made of the same noise and the same conditions as it learned.
final class SampleHistory: TrainingPart {
  /// Combinations that training never meets.
  private let pool: LatentPool
  private let noise: Tensor
  /// Latents by the number of steps that were done.
  private(set) var latents: [(step: Int, latents: Tensor)] = []

  init(count: Int, seed: UInt64, model: TrainingModel) {
    pool = LatentPool(scenes: count, split: .heldOut, seed: seed, for: model)
    noise = TorchGenerator(seed: seed).normal([count] + model.latentShape)
  }

  var captions: [String] { pool.scenes.map(\.caption.text) }

  func sample(_ model: TrainingModel, after step: Int) throws {
    let sampler = try model.scheduler.sampler(.ddim, steps: 25)
    let told = ToldConditions(pool, model)
    let predictor = told.predictor(Array(0..<pool.count), guidanceScale: 3)
    var latent = noise
    for step in DenoisingTrajectory(
      from: noise, sampler: sampler, predictor: predictor, generator: TorchGenerator(seed: 0))
    {
      latent = step.next
    }
    latents.append((step, latent))
  }

  var savedTensors: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: latents.map { ("\($0.step)", $0.latents) })
  }

  func restore(from source: some WeightSource) throws {
    try source.requireFinite(source.names, of: "the samples on the way")
    latents = try source.names.compactMap(Int.init).sorted().map {
      ($0, try source.tensor(named: "\($0)", shape: noise.shape))
    }
  }
}
