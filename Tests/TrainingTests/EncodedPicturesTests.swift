import LatentDiffusion
import Networks
import Tensors
import Testing
import Training

@Suite("Pictures as latents to train on") struct EncodedPicturesTests {
  @Test("each draw is what the first stage itself would draw", arguments: [0, 0.2])
  func draws(shift: Double) throws {
    var configuration = AutoencoderZoo.klConfiguration(factor: 2)
    (configuration.architecture.scalingFactor, configuration.architecture.shiftFactor) = (
      1.5, shift
    )
    let stage = FirstStage.autoencoder(try AutoencoderKL(configuration, seed: 1))
    let pictures = TorchGenerator(seed: 2).normal([3, 3, 8, 8])
    let encoded = EncodedPictures(pictures, by: stage)
    #expect(encoded.count == 3)
    let drawn = encoded.latents([0, 1, 2], generator: TorchGenerator(seed: 3))
    let expected = stage.encode(pictures, generator: TorchGenerator(seed: 3))
    #expect(drawn.maxAbsDifference(from: expected) < 1e-5)
    #expect(drawn.maxAbsDifference(from: stage.meanLatent(pictures)) > 0.1)
  }
}
