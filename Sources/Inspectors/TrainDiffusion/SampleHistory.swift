import Checkpoints
import LatentDiffusion
import Storybook
import Tensors
import Training

/// What the model made of the same noise and the same captions as it learned.
final class SampleHistory: TrainingPart {
  /// Captions of combinations that training never meets.
  let captions: [String]
  private let noise: Tensor
  /// Latents by the number of steps that were done.
  private(set) var latents: [(step: Int, latents: Tensor)] = []

  init(count: Int, seed: UInt64, latentShape: [Int]) {
    let scenes = SceneSampler(seed: seed, split: .heldOut)
    captions = (0..<count).map { scenes[$0].caption.text }
    noise = TorchGenerator(seed: seed).normal([count] + latentShape)
  }

  func sample(_ model: LatentDiffusionModel, after step: Int) throws {
    latents.append((step, try model.latents(of: captions, noise: noise, steps: 25)))
  }

  var savedTensors: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: latents.map { ("\($0.step)", $0.latents) })
  }

  func restore(from source: some WeightSource) throws {
    latents = try source.names.compactMap(Int.init).sorted().map {
      ($0, try source.tensor(named: "\($0)", shape: noise.shape))
    }
  }
}
