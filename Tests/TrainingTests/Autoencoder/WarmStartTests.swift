import Networks
import Tensors
import Testing
import Training

@Suite("First values from another autoencoder") struct WarmStartTests {
  private func kl(_ factor: Int, seed: UInt64) throws -> AutoencoderKL {
    try AutoencoderKL(AutoencoderZoo.klConfiguration(factor: factor), seed: seed)
  }

  private func same(_ a: [Parameter], _ nameA: String, _ b: [Parameter], _ nameB: String) -> Bool {
    let first = a.first { $0.name == nameA }?.value.elements
    return first != nil && first == b.first { $0.name == nameB }?.value.elements
  }

  @Test("a model of the same shape is taken over whole")
  func whole() throws {
    let (network, source) = (try kl(4, seed: 1), try kl(4, seed: 2))
    let taken = WarmStart.apply(to: network.parameters, from: source.parameters)
    #expect(taken == network.parameterCount)
    let images = TorchGenerator(seed: 3).normal([1, 3, 16, 16])
    #expect(network.encode(images).mean.elements == source.encode(images).mean.elements)
  }

  @Test("one more level: the levels near the picture are taken, whole blocks only")
  func deeper() throws {
    let (network, source) = (try kl(16, seed: 1), try kl(8, seed: 2))
    let before = try kl(16, seed: 1).parameters
    WarmStart.apply(to: network.parameters, from: source.parameters)
    let (now, old) = (network.parameters, source.parameters)
    let conv = "resnets.0.conv1.weight"
    #expect(same(now, "encoder.conv_in.weight", old, "encoder.conv_in.weight"))
    #expect(same(now, "encoder.down_blocks.2.\(conv)", old, "encoder.down_blocks.2.\(conv)"))
    // The decoder's finest level is its last.
    #expect(same(now, "decoder.up_blocks.4.\(conv)", old, "decoder.up_blocks.3.\(conv)"))
    // 64 → 64 channels here and 64 → 96 there: none of the block, also not the tensors that fit.
    let norm = "encoder.down_blocks.3.resnets.0.norm1.weight"
    let second = "encoder.down_blocks.3.resnets.0.conv1.weight"
    #expect(same(now, norm, before, norm) && same(now, second, before, second))
    // The first level after the latent is new.
    let first = "decoder.up_blocks.0.resnets.0.conv1.weight"
    #expect(same(now, first, before, first))
    #expect(same(now, "encoder.conv_out.weight", before, "encoder.conv_out.weight"))
  }

  @Test("a codebook's encoder gives what were the means")
  func meansOnly() throws {
    let source = try kl(4, seed: 2)
    let network = try VQModel(AutoencoderZoo.vqConfiguration(factor: 4), seed: 1)
    let codebook = network.codebook.embedding.weight.value.elements
    WarmStart.apply(to: network.parameters, from: source.parameters)
    #expect(network.codebook.embedding.weight.value.elements == codebook)
    let out = try #require(network.parameters.first { $0.name == "encoder.conv_out.weight" })
    let from = try #require(source.parameters.first { $0.name == "encoder.conv_out.weight" })
    #expect(out.shape[0] * 2 == from.shape[0])
    #expect(out.value.elements[...] == from.value.elements[..<out.count])
    #expect(
      same(
        network.parameters, "decoder.conv_in.weight", source.parameters, "decoder.conv_in.weight"))
  }
}
