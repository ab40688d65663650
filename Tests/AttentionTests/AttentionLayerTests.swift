import Attention
import LatentDiffusion
import Networks
import Tensors
import Testing

@Suite("The attention layers of a U-Net") struct AttentionLayerTests {
  /// What a pass really meets: path, heads and pixels.
  private func met(
    _ configuration: UNetConfiguration, _ kind: AttentionLayer.Kind, height: Int, width: Int
  ) throws -> [[String]] {
    let unet = try UNet2DConditionModel(configuration, seed: 1)
    let probe = RecordingProbe {
      $0.quantity == .attentionWeights && $0.path.hasSuffix(kind.rawValue)
    }
    _ = unet(
      .zeros([1, configuration.inChannels, height, width]), timesteps: [1],
      context: .zeros([1, 3, configuration.crossAttentionDimensions[0]]),
      ForwardPass(probe: probe))
    return probe.values.map { [$0.path, "\($1.shape[1])", "\($1.shape[2])"] }
      .sorted { $0[0] < $1[0] }
  }

  @Test(
    "are listed as a pass meets them, whatever the size", arguments: [[16, 16], [9, 14], [5, 3]])
  func listing(size: [Int]) throws {
    let unet = LatentDiffusionModel.untrainedUNetConfiguration
    for kind in [AttentionLayer.Kind.cross, .selfAttention] {
      let listed = AttentionLayer.all(kind, of: unet, height: size[0], width: size[1])
      let expected = try met(unet, kind, height: size[0], width: size[1])
      let found = listed.map { [$0.path, "\($0.heads)", "\($0.pixels)"] }.sorted { $0[0] < $1[0] }
      #expect(found == expected)
    }
  }

  @Test("with other depths, paddings and no middle block")
  func shapes() throws {
    var unet = LatentDiffusionModel.untrainedUNetConfiguration
    unet.transformerLayers = [2, 1, 1]
    unet.layersPerBlock = [1, 2, 1]
    unet.attentionHeads = [2, 4, 4]
    unet.downsamplePadding = 0
    unet.midBlock = nil
    let listed = AttentionLayer.all(.cross, of: unet, height: 12, width: 8)
    let expected = try met(unet, .cross, height: 12, width: 8)
    #expect(
      listed.map { [$0.path, "\($0.heads)", "\($0.pixels)"] }.sorted { $0[0] < $1[0] } == expected)
    #expect(listed.allSatisfy { $0.place != .mid })
    #expect(Set(listed.map(\.name)).count == listed.count)
  }

  @Test("Stable Diffusion v1 has 16 of them, up to 64×64")
  func stableDiffusion() {
    let layers = AttentionLayer.all(.cross, of: UNetConfiguration(), height: 64, width: 64)
    #expect(layers.count == 16)
    let sides = layers.map(\.height).sorted()
    #expect(
      sides == [8] + Array(repeating: 16, count: 5) + Array(repeating: 32, count: 5)
        + Array(repeating: 64, count: 5))
  }

  @Test("are selected by name, path, grid and head")
  func selection() throws {
    let layers = AttentionLayer.all(
      .cross, of: LatentDiffusionModel.untrainedUNetConfiguration, height: 16, width: 24)
    func names(_ change: (inout MapSelection) -> Void) throws -> [String] {
      var selection = MapSelection()
      change(&selection)
      return try selection.filter(layers).map(\.name)
    }
    #expect(try names { _ in }.count == 7)
    #expect(try names { $0.layers = ["up"] } == ["up 1.0", "up 1.1", "up 2.0", "up 2.1"])
    #expect(try names { $0.layers = ["up 1", "mid_block"] } == ["mid 0", "up 1.0", "up 1.1"])
    #expect(try names { $0.layers = ["down_blocks.0"] } == ["down 0.0"])
    #expect(try names { $0.resolutions = [[8, 12]] } == ["down 1.0", "up 1.0", "up 1.1"])
    #expect(throws: SelectionError.self) { try names { $0.layers = ["u"] } }
    #expect(throws: SelectionError.self) { try names { $0.resolutions = [[12, 8]] } }
    #expect(throws: SelectionError.head(4, count: 4)) { try names { $0.heads = [4] } }
    #expect(throws: SelectionError.nothing) {
      try names {
        $0.layers = ["mid"]
        $0.resolutions = [[16, 24]]
      }
    }
    var selection = MapSelection()
    #expect(selection.steps(in: [900, 600, 300, 0]) == [0, 1, 2, 3])
    selection.timesteps = [590, 10, 610]
    #expect(selection.steps(in: [900, 600, 300, 0]) == [1, 3])
  }
}
