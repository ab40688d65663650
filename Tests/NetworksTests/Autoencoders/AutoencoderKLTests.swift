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
}
