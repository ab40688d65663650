import Networks
import Tensors
import Testing

@Suite("U-Net ε_θ(x_t, t, τ_θ(y))") struct UNet2DConditionModelTests {
  private func output(_ golden: GoldenNetwork, _ pass: ForwardPass = ForwardPass()) throws -> Tensor
  {
    let model = try golden.network(UNet2DConditionModel.self)
    return model(
      try golden.tensor("sample"), timesteps: try golden.tensor("timesteps").elements,
      context: try golden.tensor("context"),
      classLabels: model.configuration.classCount.map { _ in [0, 6, 3] }, pass)
  }

  @Test(
    "agrees with diffusers",
    arguments: ["unet-sd", "unet-inpainting", "unet-classes", "unet-odd-size"])
  func golden(name: String) throws {
    let golden = try GoldenNetwork(name)
    let error = try golden.error(output(golden), "output")
    #expect(error <= 1e-5, "max |Δ| \(error)")
  }

  @Test("every module has diffusers' path, and its output diffusers' moments")
  func modules() throws {
    let golden = try GoldenNetwork("unet-sd")
    let probe = RecordingProbe { $0.quantity == .output }
    _ = try output(golden, ForwardPass(probe: probe))
    let modules = probe.layers.filter { ![.attentionProduct, .skip].contains($0.kind) }
    #expect(modules.count > 250)
    for layer in modules {
      let moments = try #require(probe.values[ProbeSite(layer.path)]).moments
      let expected = try #require(golden.moments[layer.path], "\(layer.path) is no module")
      #expect(abs(moments.mean - expected[0]) <= 1e-4 * expected[1], "\(layer.path)")
      #expect(abs(moments.std - expected[1]) <= 1e-4 * expected[1], "\(layer.path)")
    }
  }

  @Test("attention matrices agree with diffusers")
  func attention() throws {
    let golden = try GoldenNetwork("unet-sd")
    let keys = golden.keys("attention/")
    #expect(keys.count == 2)
    let sites = keys.map { ProbeSite(String($0.dropFirst(10)), .attentionWeights) }
    let probe = RecordingProbe(keeping: Set(sites))
    _ = try output(golden, ForwardPass(probe: probe))
    #expect(probe.values.count == 2)
    for (key, site) in zip(keys, sites) {
      let error = try golden.error(#require(probe.values[site]), key)
      #expect(error <= 1e-5, "\(site.path): max |Δ| \(error)")
    }
  }

  @Test("Stable Diffusion v1 has 859,520,964 parameters, 686 tensors and 16 cross-attentions")
  func stableDiffusion() throws {
    let model = try UNet2DConditionModel(UNetConfiguration(), seed: 1)
    #expect(model.parameterCount == 859_520_964)
    #expect(model.parameters.count == 686)
    #expect(model.parameters.count { $0.name.hasSuffix("attn2.to_q.weight") } == 16)
  }

  @Test("nine input channels change the first convolution only")
  func inpainting() throws {
    var configuration = UNetConfiguration()
    configuration.inChannels = 9
    let model = try UNet2DConditionModel(configuration, seed: 1)
    #expect(model.parameterCount == 859_520_964 + 5 * 320 * 9)
  }

  @Test("images of a batch do not touch one another")
  func batch() throws {
    let model = try smallUNet()
    let generator = TorchGenerator(seed: 8)
    let sample = generator.normal([2, 4, 8, 6])
    let context = generator.normal([2, 5, 6])
    let both = model(sample, timesteps: [3, 800], context: context)
    for image in 0..<2 {
      let rows = image..<image + 1
      let alone = model(
        sample.rows(rows), timesteps: [[3, 800][image]], context: context.rows(rows))
      #expect(alone.maxAbsDifference(from: both.rows(rows)) < 1e-5)
    }
    #expect(both.rows(0..<1).maxAbsDifference(from: both.rows(1..<2)) > 0.01)
  }
}
