import Diagnostics
import Networks
import Tensors
import Testing

@Suite("KL autoencoder") struct AutoencoderKLTests {
  @Test("agrees with diffusers", arguments: ["kl-f2", "kl-f4", "kl-f8", "kl-f16"])
  func golden(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(AutoencoderKL.self)
    let image = try golden.tensor("image")
    let encoded = model.encode(image)
    let posterior = try #require(encoded.posterior)
    for (key, value) in [
      ("moments", encoded.parameters), ("mean", posterior.mean),
      ("logvar", posterior.logVariance), ("std", posterior.standardDeviation),
      ("decoded", model.decode(try golden.tensor("latent"))),
    ] {
      let error = try golden.error(value, key)
      #expect(error <= 1e-5, "\(key): max |Δ| \(error)")
    }
  }

  @Test("decodes side by side what it decodes by itself, and every overflow is heard")
  func each() throws {
    let model = try GoldenNetwork("kl-f8").network(AutoencoderKL.self)
    let generator = TorchGenerator(seed: 6)
    var latents = (0..<7).map { _ in generator.normal([1, model.latentChannels, 4, 5]) }
    for (one, latent) in zip(model.decode(each: latents), latents) {
      #expect(one.elements == model.decode(latent).elements)
    }
    for bad in latents.indices {
      let before = latents[bad]
      latents[bad] = before.scaled(by: .infinity)
      #expect(throws: NotFiniteError.self) {
        try Overflows.refused { _ = model.decode(each: latents) }
      }
      latents[bad] = before
    }
  }

  @Test("decodes in bands of rows what it decodes at once", arguments: ["kl-f2", "kl-f8"])
  func bands(name: String) throws {
    let model = try GoldenNetwork(name).network(AutoencoderKL.self)
    let latents = TorchGenerator(seed: 5).normal([2, model.latentChannels, 13, 6])
    func decode(above limit: Int) -> Tensor {
      model.decode(latents, ForwardPass(), inBandsAbove: limit)
    }
    let whole = decode(above: .max)
    #expect(model.decode(latents).elements == whole.elements)
    for limit in [1, 500, 2000] {
      let banded = decode(above: limit)
      let difference = banded.maxAbsDifference(from: whole)
      #expect(difference <= 1e-5 * whole.maxAbs, "\(limit): max |Δ| \(difference)")
      // The statistics of the norms are joined from several bands, which rounds otherwise.
      let isCut = banded.elements != whole.elements
      #expect(isCut, "\(limit): in one piece")
    }
  }
}
