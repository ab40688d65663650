import Networks
import Tensors
import Testing
import Training

@Suite("Quiet first values") struct QuietStartTests {
  @Test("a KL autoencoder begins with narrow Gaussians, and its blocks add nothing")
  func kl() throws {
    let network = try AutoencoderKL(AutoencoderZoo.klConfiguration(factor: 4), seed: 1)
    let images = TorchGenerator(seed: 2).normal([1, 3, 16, 16])
    let loud = network.encode(images).logVariance.moments.mean
    QuietStart.apply(to: network.parameters)
    let quiet = network.encode(images)
    #expect(abs(loud) < 1 && abs(quiet.logVariance.moments.mean + 6) < 1)
    // The means still say something of the picture.
    #expect(quiet.mean.moments.std > 1e-3)
    let probe = RecordingProbe { $0.path.hasSuffix("mid_block.resnets.0.conv2") }
    _ = network.moments(images, ForwardPass(probe: probe))
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
