import LatentDiffusion
import Networks
import Tensors
import Testing

@Suite("between pixels and latents") struct FirstStageTests {
  @Test("a KL latent is the scaled draw from the posterior")
  func kl() throws {
    guard case .kl(let autoencoder) = try Models.golden().firstStage else {
      Issue.record("the golden model has a KL autoencoder")
      return
    }
    let stage = FirstStage.kl(autoencoder)
    let generator = TorchGenerator(seed: 3)
    let latent = stage.encode(Models.picture, generator: generator)
    let noise = TorchGenerator(seed: 3).normal([1, 4, 6, 6])
    let expected = autoencoder.encode(Models.picture).sample(noise: noise) * 0.18215
    #expect(latent.maxAbsDifference(from: expected) < 1e-6)
    #expect(latent.maxAbsDifference(from: expected * 1.01) > 1e-4)
    // Exactly one tensor of the latent's shape was drawn.
    let other = TorchGenerator(seed: 3)
    _ = other.normal([1, 4, 6, 6])
    #expect(generator.normal([16]).elements == other.normal([16]).elements)
    let decoded = stage.decode(latent)
    #expect(decoded.shape == [1, 3, 48, 48])
    #expect(decoded.maxAbsDifference(from: autoencoder.decode(latent / 0.18215)) < 1e-5)
  }

  @Test("a VQ latent is exact: nothing is drawn")
  func vq() throws {
    var configuration = VQModelConfiguration()
    configuration.architecture.blockOutChannels = [8, 8]
    configuration.architecture.encoderAttention = [false, false]
    configuration.architecture.decoderAttention = [false, false]
    configuration.architecture.normGroups = 4
    configuration.architecture.scalingFactor = 0.5
    let autoencoder = try VQModel(configuration, seed: 1)
    let stage = FirstStage.vq(autoencoder)
    let generator = TorchGenerator(seed: 3)
    let latent = stage.encode(Models.picture, generator: generator)
    #expect(latent.maxAbsDifference(from: autoencoder.encode(Models.picture) * 0.5) < 1e-6)
    #expect(generator.normal([4]).elements == TorchGenerator(seed: 3).normal([4]).elements)
    #expect((stage.downsamplingFactor, stage.latentChannels, stage.latentScale) == (2, 4, 0.5))
    #expect(stage.decode(latent).maxAbsDifference(from: autoencoder.decode(latent / 0.5)) < 1e-5)
  }

  @Test("without an autoencoder pixels are latents")
  func pixels() {
    let stage = FirstStage.pixels(channels: 3)
    let latent = stage.encode(Models.picture, generator: TorchGenerator(seed: 0))
    #expect(stage.decode(latent).elements == Models.picture.elements)
    #expect((stage.downsamplingFactor, stage.latentChannels, stage.latentScale) == (1, 3, 1))
  }
}
