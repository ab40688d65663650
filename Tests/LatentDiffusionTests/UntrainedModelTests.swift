import LatentDiffusion
import Testing

@Suite("the untrained model") struct UntrainedModelTests {
  @Test("is of the shipped model's kind, the same for the same seed, and says that it is untrained")
  func configuration() throws {
    let vocabulary = try Models.vocabulary()
    let model = try LatentDiffusionModel.untrained(tokenizer: vocabulary)
    #expect(!model.isTrained)
    #expect(model.imageSize == (128, 128))
    #expect((model.firstStage.downsamplingFactor, model.firstStage.latentChannels) == (8, 4))
    #expect(!model.isForInpainting)
    let again = try LatentDiffusionModel.untrained(tokenizer: vocabulary)
    let other = try LatentDiffusionModel.untrained(tokenizer: vocabulary, seed: 1)
    let weights = [model, again, other].map { $0.unet.parameters[0].value.elements }
    #expect(weights[0] == weights[1])
    #expect(weights[0] != weights[2])
  }
}
