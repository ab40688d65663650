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
      ("latent", model.encode(try golden.tensor("image")).mean), ("decoded", model.decode(latent)),
      ("unquantized", model.decode(quantized: latent)),
    ] {
      let error = try golden.error(value, key)
      #expect(error <= 1e-5, "\(key): max |Δ| \(error)")
    }
  }

  @Test("decoding codes is decoding the latent they stand for")
  func codes() throws {
    let golden = try GoldenNetwork("vq-f4")
    let model = try golden.network(VQModel.self)
    let latent = try golden.tensor("latent")
    let decoded = model.decode(
      codes: model.codes(of: latent), height: latent.shape[2], width: latent.shape[3])
    #expect(decoded.elements == model.decode(latent).elements)
    #expect(decoded.maxAbsDifference(from: model.decode(quantized: latent)) > 1e-3)
  }
}
