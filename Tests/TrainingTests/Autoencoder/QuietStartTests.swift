import Networks
import Tensors
import Testing
import Training

@Suite("Quiet first values") struct QuietStartTests {
  @Test("a KL autoencoder begins with narrow Gaussians, and its blocks add nothing")
  func kl() throws {
    let network = try AutoencoderKL(AutoencoderZoo.klConfiguration(factor: 4), seed: 1)
    let images = TorchGenerator(seed: 2).normal([1, 3, 16, 16])
    func width() throws -> Double {
      try #require(network.encode(images).posterior).logVariance.moments.mean
    }
    let loud = try width()
    QuietStart.apply(to: network.parameters)
    #expect(try abs(loud) < 1 && abs(width() + 6) < 1)
    // The means still say something of the picture.
    #expect(network.encode(images).mean.moments.std > 1e-3)
    let probe = RecordingProbe { $0.path.hasSuffix("mid_block.resnets.0.conv2") }
    _ = network.encode(images, ForwardPass(probe: probe))
    #expect(probe.values.count == 1 && probe.values.values.allSatisfy { $0.maxAbs == 0 })
  }

  @Test("a VQ autoencoder keeps what goes into its codebook")
  func vq() throws {
    let network = try VQModel(AutoencoderZoo.vqConfiguration(factor: 4), seed: 1)
    let before = network.parameters.first { $0.name == "quant_conv.bias" }?.value.elements
    QuietStart.apply(to: network.parameters)
    #expect(network.parameters.first { $0.name == "quant_conv.bias" }?.value.elements == before)
  }
}
