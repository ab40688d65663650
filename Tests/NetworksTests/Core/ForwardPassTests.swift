import Networks
import Tensors
import Testing

@Suite("Forward pass and probes") struct ForwardPassTests {
  @Test("a probe that wants everything changes nothing but the order of rounding")
  func transparent() throws {
    let model = try smallUNet()
    let plain = smallPass(model)
    let probe = RecordingProbe { _ in true }
    let probed = smallPass(model, ForwardPass(probe: probe))
    #expect(probed.maxAbsDifference(from: plain) <= 1e-5 * plain.maxAbs)
    #expect(probe.values.count > probe.layers.count)
  }

  @Test("every layer can be replaced, and what follows feels it")
  func replaced() throws {
    let model = try smallUNet()
    let everything = RecordingProbe { _ in true }
    let plain = smallPass(model, ForwardPass(probe: everything))
    for site in everything.values.keys {
      let probe = ReplacingProbe(site) { value in value = value.map { 1 - 3 * $0 } }
      let changed = smallPass(model, ForwardPass(probe: probe))
      #expect(probe.visits == 1)
      #expect(changed.maxAbsDifference(from: plain) > 1e-6, "\(site)")
    }
  }

  @Test("a replacement that equals the value changes nothing")
  func identity() throws {
    let model = try smallUNet()
    let plain = smallPass(model)
    let probe = ReplacingProbe(ProbeSite("mid_block.attentions.0")) { value in
      value = value.map { $0 }
    }
    let probed = smallPass(model, ForwardPass(probe: probe))
    #expect(probe.visits == 1)
    #expect(probed.maxAbsDifference(from: plain) <= 1e-5 * plain.maxAbs)
  }

  @Test("what lies between normalisation and SiLU can be read, although the two are fused")
  func betweenFused() throws {
    let model = try smallUNet()
    let site = ProbeSite("down_blocks.0.resnets.0.norm1")
    let probe = RecordingProbe(keeping: [site])
    let output = smallPass(model, ForwardPass(probe: probe))
    let normalized = try #require(probe.values[site])
    // SiLU has no value below −0.28; a normalised group has mean 0 and variance 1.
    #expect(normalized.moments.min < -0.5)
    #expect(abs(normalized.moments.mean) < 1e-4 && abs(normalized.moments.std - 1) < 1e-3)
    #expect(output.maxAbsDifference(from: smallPass(model)) <= 1e-5)
  }

  @Test("records nest: the parts' cost is the whole's, and each layer begins before its parts")
  func records() throws {
    let model = try smallUNet()
    let probe = RecordingProbe()
    _ = smallPass(model, ForwardPass(probe: probe))
    let layers = probe.layers
    #expect(layers.map(\.order) == Array(layers.indices))
    let whole = layers.filter { $0.depth == 0 }
    let operations = layers.filter(\.kind.isOperation)
    #expect(whole.reduce(0) { $0 + $1.flops } == operations.reduce(0) { $0 + $1.flops })
    #expect(whole.reduce(0) { $0 + $1.parameters } == model.parameterCount)
    #expect(operations.reduce(0) { $0 + $1.parameters } == model.parameterCount)
    #expect(Set(layers.map(\.path)).count == layers.count)
    for (layer, next) in zip(layers, layers.dropFirst()) where next.depth > layer.depth {
      #expect(next.path.hasPrefix(layer.path) && next.seconds <= layer.seconds)
    }
  }

  @Test("FLOPs are two per multiply-add")
  func flops() throws {
    let model = try smallUNet()
    let probe = RecordingProbe()
    _ = smallPass(model, ForwardPass(probe: probe))
    let flops = Dictionary(uniqueKeysWithValues: probe.layers.map { ($0.path, $0.flops) })
    let (batch, pixels) = (2, 48)
    #expect(flops["conv_in"] == 2 * batch * pixels * 8 * (4 * 9))
    #expect(flops["down_blocks.0.downsamplers.0.conv"] == 2 * batch * 12 * 8 * (8 * 9))
    let attention = "down_blocks.0.attentions.0.transformer_blocks.0.attn2"
    #expect(flops["\(attention).to_k"] == 2 * batch * 5 * 6 * 8)
    #expect(flops["\(attention).product"] == 2 * 2 * batch * pixels * 5 * 8)
    #expect(flops["down_blocks.0.resnets.0.norm1"] == 0)
    #expect(
      flops[attention]
        == 2 * batch * (2 * pixels * 8 * 8 + 2 * 5 * 6 * 8 + 2 * pixels * 5 * 8))
  }
}
