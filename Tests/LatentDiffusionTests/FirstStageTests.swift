import LatentDiffusion
import Networks
import Tensors
import Testing

@Suite("between pixels and latents") struct FirstStageTests {
  @Test("a KL latent is the scaled draw from the posterior")
  func kl() throws {
    let stage = try Models.golden().firstStage
    let autoencoder = try #require(stage.autoencoder)
    let posterior = try #require(autoencoder.encode(Models.picture).posterior)
    let generator = TorchGenerator(seed: 3)
    let latent = stage.encode(Models.picture, generator: generator)
    let noise = TorchGenerator(seed: 3).normal([1, 4, 6, 6])
    let expected = posterior.sample(noise: noise) * 0.18215
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
    let stage = FirstStage.autoencoder(autoencoder)
    let generator = TorchGenerator(seed: 3)
    let latent = stage.encode(Models.picture, generator: generator)
    #expect(latent.maxAbsDifference(from: autoencoder.encode(Models.picture).mean * 0.5) < 1e-6)
    #expect(generator.normal([4]).elements == TorchGenerator(seed: 3).normal([4]).elements)
    #expect((stage.downsamplingFactor, stage.latentChannels, stage.latentScale) == (2, 4, 0.5))
    #expect(stage.decode(latent).maxAbsDifference(from: autoencoder.decode(latent / 0.5)) < 1e-5)
  }

  @Test("a shift is taken from latents before they are scaled, and put back")
  func shift() throws {
    var configuration = try #require(Models.golden().firstStage.autoencoder as? AutoencoderKL)
      .configuration
    (configuration.architecture.scalingFactor, configuration.architecture.shiftFactor) = (1.5, 0.1)
    let autoencoder = try AutoencoderKL(configuration, seed: 1)
    let stage = FirstStage.autoencoder(autoencoder)
    let (mean, latent) = (autoencoder.encode(Models.picture).mean, stage.meanLatent(Models.picture))
    #expect(latent.maxAbsDifference(from: mean.map { ($0 - 0.1) * 1.5 }) < 1e-5)
    #expect(stage.decode(latent).maxAbsDifference(from: autoencoder.decode(mean)) < 1e-4)
  }

  @Test("without an autoencoder pixels are latents")
  func pixels() {
    let stage = FirstStage.pixels(channels: 3)
    let latent = stage.encode(Models.picture, generator: TorchGenerator(seed: 0))
    #expect(stage.decode(latent).elements == Models.picture.elements)
    #expect((stage.downsamplingFactor, stage.latentChannels, stage.latentScale) == (1, 3, 1))
  }
}
