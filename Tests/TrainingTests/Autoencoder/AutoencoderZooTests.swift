import Networks
import Testing
import Training

@Suite("The zoo of autoencoders") struct AutoencoderZooTests {
  @Test(
    "each is valid, has its factor and the paper's latent channels",
    arguments: [
      (2, 2), (4, 3), (8, 4), (16, 8), (32, 16),
    ])
  func configurations(factor: Int, channels: Int) throws {
    let kl = AutoencoderZoo.klConfiguration(factor: factor)
    let vq = AutoencoderZoo.vqConfiguration(factor: factor)
    for architecture in [kl.architecture, vq.architecture] {
      #expect(architecture.downsamplingFactor == factor)
      #expect(architecture.latentChannels == channels)
    }
    #expect(vq.codeFeatures == channels)
    let networks = (try AutoencoderKL(kl, seed: 0), try VQModel(vq, seed: 0))
    #expect(100_000...2_500_000 ~= networks.0.parameterCount)
    #expect(100_000...2_500_000 ~= networks.1.parameterCount)
  }
}
