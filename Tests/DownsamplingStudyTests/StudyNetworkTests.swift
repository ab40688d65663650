import DownsamplingStudy
import Networks
import Tensors
import Testing

@Suite("One family of U-Nets for every f") struct StudyNetworkTests {
  private static let channels = [1: 3, 2: 2, 4: 3, 8: 4, 16: 8, 32: 16]

  private func network(_ factor: Int) throws -> UNet2DConditionModel {
    try UNet2DConditionModel(
      StudyNetwork.configuration(
        factor: factor, channels: Self.channels[factor] ?? 0, context: 96), seed: 1)
  }

  @Test("parameters are equal within two per cent")
  func parameters() throws {
    let counts = try StudyNetwork.factors.map { Double(try network($0).parameterCount) }
    let (most, least) = (counts.max() ?? 0, counts.min() ?? 0)
    #expect(least > 2e6)
    #expect(most / least < 1.02, "\(counts)")
  }

  @Test("a finer space costs more operations, with nearly the same weights")
  func operations() throws {
    let flops = try StudyNetwork.factors.map { factor -> Int in
      let unet = try network(factor)
      let side = StudyNetwork.imageSize / factor
      let probe = RecordingProbe()
      let output = unet(
        Tensor.zeros([1, Self.channels[factor] ?? 0, side, side]), timesteps: [3],
        context: Tensor.zeros([1, 5, 96]), ForwardPass(probe: probe))
      #expect(output.shape == [1, Self.channels[factor] ?? 0, side, side])
      return probe.layers.filter { $0.depth == 0 }.reduce(0) { $0 + $1.flops }
    }
    #expect(zip(flops, flops.dropFirst()).allSatisfy { $0 > $1 }, "\(flops)")
    #expect(flops[0] > 50 * flops[5])
  }

  @Test("attention stands only where there are at most 16×16 places", arguments: [1, 2, 4, 8])
  func attention(factor: Int) {
    let unet = StudyNetwork.configuration(factor: factor, channels: 4, context: 96)
    for (level, block) in unet.downBlocks.enumerated() where block == .crossAttention {
      #expect((128 / factor) >> level <= 16)
    }
    #expect(unet.downBlocks.contains(.crossAttention))
    #expect(unet.blockOutChannels.count >= 3)
  }
}
