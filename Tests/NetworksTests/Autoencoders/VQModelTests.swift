import Networks
import Tensors
import Testing

@Suite("VQ autoencoder") struct VQModelTests {
  @Test("agrees with diffusers", arguments: ["vq-f4", "vq-f8"])
  func golden(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(VQModel.self)
    let latent = try golden.tensor("latent")
    #expect(model.codes(of: latent) == (try golden.integers("codes")))
    for (key, value) in [
      ("latent", model.encode(try golden.tensor("image"))), ("decoded", model.decode(latent)),
      ("unquantized", model.decode(latent, quantizing: false)),
    ] {
      let error = try golden.error(value, key)
      #expect(error <= 1e-5, "\(key): max |Δ| \(error)")
    }
  }
}
