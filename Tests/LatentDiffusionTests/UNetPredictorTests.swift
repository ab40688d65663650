import Diffusion
import LatentDiffusion
import Networks
import Tensors
import Testing

@Suite("ε_u + s·(ε_c − ε_u)") struct UNetPredictorTests {
  let model: LatentDiffusionModel
  let prompts: EncodedPrompts
  let x = TorchGenerator(seed: 1).normal([1, 4, 6, 6])

  init() throws {
    model = try Models.golden()
    prompts = model.encode(prompt: "a red boat", negativePrompt: "snow")
  }

  private func predict(
    _ scale: Double, _ batching: UNetPredictor.Batching = .together, _ probing: UNetProbing? = nil
  ) -> Prediction {
    UNetPredictor(
      model.unet, conditional: prompts.conditional, unconditional: prompts.unconditional,
      guidanceScale: scale, batching: batching, probing: probing
    ).predict(x, at: 500)
  }

  private func unet(_ context: Tensor) -> Tensor {
    model.unet(x, timesteps: [500], context: context)
  }

  @Test("a batch of two equals two passes of one")
  func batching() throws {
    let together = try #require(predict(7.5).guidance)
    let apart = try #require(predict(7.5, .apart).guidance)
    #expect(together.conditional.maxAbsDifference(from: apart.conditional) < 1e-5)
    #expect(together.unconditional.maxAbsDifference(from: apart.unconditional) < 1e-5)
    #expect(together.conditional.maxAbsDifference(from: apart.unconditional) > 1e-2)
  }

  @Test("what the halves share before the first prompt changes no number")
  func sharing() throws {
    let shared = try #require(predict(7.5).guidance)
    // Whoever may look on is shown both halves.
    let whole = try #require(predict(7.5, .together) { _ in nil }.guidance)
    #expect(shared.conditional.maxAbsDifference(from: whole.conditional) < 1e-6)
    #expect(shared.unconditional.maxAbsDifference(from: whole.unconditional) < 1e-6)
  }

  @Test("what convolutions make of their weights is kept by the network for all fast passes")
  func memory() {
    func output(_ use: MemoryUse) -> [Float] {
      UNetPredictor(model.unet, conditional: prompts.conditional, memoryUse: use)
        .predict(x, at: 500).output.elements
    }
    let lean = output(.lean)
    #expect(model.unet.weightMemory.bytes == 0)
    #expect(output(.fast) == lean)
    let kept = model.unet.weightMemory.bytes
    #expect(kept > 0)
    #expect(output(.fast) == lean && model.unet.weightMemory.bytes == kept)
  }

  @Test("s = 1 is the prompt alone, s = 0 the negative prompt alone, s between them a mean")
  func scales() {
    let (u, c) = (unet(prompts.unconditional), unet(prompts.conditional))
    #expect(predict(1).output.maxAbsDifference(from: c) < 1e-5)
    #expect(predict(0).output.maxAbsDifference(from: u) < 1e-5)
    #expect(predict(0.5).output.maxAbsDifference(from: .weightedSum(0.5, u, 0.5, c)) < 1e-5)
    #expect(predict(3).output.maxAbsDifference(from: .weightedSum(-2, u, 3, c)) < 1e-4)
  }

  @Test("with s = 1 the U-Net is asked once, with the prompt")
  func unguided() {
    var sites: [UNetPassSite] = []
    func record(_ site: UNetPassSite) -> (any Probe)? {
      sites.append(site)
      return nil
    }
    #expect(predict(1, .together, record).guidance == nil)
    #expect(sites.map(\.conditions) == [.conditional])
    _ = predict(2, .apart, record)
    #expect(sites.map(\.conditions) == [.conditional, .unconditional, .conditional])
    #expect(sites.allSatisfy { $0.step == -1 && $0.t == 500 })
  }

  @Test("what is concatenated reaches the U-Net")
  func concatenated() throws {
    let inpainting = try Models.inpainting()
    let outputs = [Float(0), 1].map { value in
      UNetPredictor(
        inpainting.unet, conditional: prompts.conditional,
        concatenated: Tensor([1, 5, 6, 6], repeating: value)
      ).predict(x, at: 500).output
    }
    #expect(outputs[0].maxAbsDifference(from: outputs[1]) > 1e-2)
  }
}

@Suite("Guidance by classes") struct ClassGuidanceTests {
  @Test("leads from the label of no class to that of a class; labels alike lead nowhere")
  func labels() throws {
    var configuration = UNetConfiguration()
    configuration.blockOutChannels = [8, 16]
    (configuration.downBlocks, configuration.upBlocks) = ([.plain, .plain], [.plain, .plain])
    configuration.midBlock = .plain
    configuration.layersPerBlock = [1, 1]
    (configuration.attentionHeads, configuration.crossAttentionDimensions) = ([1, 1], [8, 8])
    configuration.transformerLayers = [1, 1]
    (configuration.normGroups, configuration.classCount) = (4, 3)
    let unet = try UNet2DConditionModel(configuration, seed: 1)
    let x = TorchGenerator(seed: 1).normal([2, 4, 8, 8])
    func said(_ labels: [Int]) -> Tensor { unet(x, timesteps: [500, 500], classLabels: labels) }
    func guided(_ labels: [Int], from others: [Int]?) -> Tensor {
      UNetPredictor(
        unet, conditional: nil, labels: labels, unconditionalLabels: others, guidanceScale: 3
      ).predict(x, at: 500).output
    }
    let (c, u) = (said([0, 1]), said([2, 2]))
    #expect(
      guided([0, 1], from: [2, 2]).maxAbsDifference(from: .weightedSum(3, c, -2, u)) < 1e-4)
    #expect(guided([0, 1], from: nil).maxAbsDifference(from: c) < 1e-4)
    #expect(c.maxAbsDifference(from: u) > 1e-2)
  }
}
