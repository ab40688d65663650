import Networks
import Tensors

/// A U-Net with every kind of block, small enough to run in milliseconds.
func smallUNet() throws -> UNet2DConditionModel {
  var configuration = UNetConfiguration()
  configuration.blockOutChannels = [8, 16]
  configuration.downBlocks = [.crossAttention, .plain]
  configuration.upBlocks = [.plain, .crossAttention]
  configuration.layersPerBlock = [1, 1]
  configuration.attentionHeads = [2, 2]
  configuration.crossAttentionDimensions = [6, 6]
  configuration.transformerLayers = [1, 1]
  configuration.normGroups = 4
  return try UNet2DConditionModel(configuration, seed: 1)
}

/// A pass of `smallUNet`, twice 8×6 latents with 5 context tokens.
func smallPass(
  _ model: UNet2DConditionModel, _ pass: ForwardPass = ForwardPass()
) -> Tensor {
  let generator = TorchGenerator(seed: 3)
  return model(
    generator.normal([2, 4, 8, 6]), timesteps: [10, 700],
    context: generator.normal([2, 5, 6]), pass)
}

/// A probe that changes one value.
final class ReplacingProbe: Probe {
  private let site: ProbeSite
  private let change: (inout Tensor) -> Void
  private(set) var visits = 0

  init(_ site: ProbeSite, _ change: @escaping (inout Tensor) -> Void) {
    self.site = site
    self.change = change
  }

  func wants(_ site: ProbeSite) -> Bool { site == self.site }

  func visit(_ value: inout Tensor, at site: ProbeSite) {
    visits += 1
    change(&value)
  }
}
