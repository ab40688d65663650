import Checkpoints
import GoldenSupport
import JSON
import Networks
import TestSupport
import Tensors
import Testing

@Suite("Tiny autoencoder (TAESD)") struct AutoencoderTinyTests {
  @Test("it encodes and decodes as diffusers' class does")
  func golden() throws {
    let golden = try Golden.load("parts")
    let tiny = try DrawnAutoencoderTiny.network()
    let generator = TorchGenerator(seed: 1)
    let images = generator.uniform([1, 3, 24, 40]).scaled(by: 2, plus: -1)
    let latents = generator.normal([1, 4, 3, 5]).scaled(by: 4)
    let (encoded, decoded) = (tiny.encode(images).mean, tiny.decode(latents))
    let expected = (try #require(golden["tiny.latents"]), try #require(golden["tiny.images"]))
    #expect(encoded.maxAbsDifference(from: expected.0) <= 1e-5)
    #expect(decoded.maxAbsDifference(from: expected.1) <= 1e-5)
    // Without bending the latents back the picture is another.
    let within = tiny.decode(latents.clamped(to: -3...3))
    #expect(within.maxAbsDifference(from: expected.1) > 1e-3)
  }

  @Test("its configuration is read as it is written, and TAESD's has TAESD's parameters")
  func configuration() throws {
    let configuration = AutoencoderTinyConfiguration()
    #expect(
      try AutoencoderTinyConfiguration(JSONNode(configuration.json, file: "x")) == configuration)
    #expect(try AutoencoderTiny(configuration, seed: 0).parameterCount == 2_445_063)
  }

  @Test(
    "settings that it does not honour are refused by name",
    arguments: [
      ("act_fn", JSONValue.string("gelu")), ("upsampling_scaling_factor", .integer(4)),
      ("num_decoder_blocks", .array([.integer(1)])),
      ("encoder_block_out_channels", .array([32, 64, 64, 64].map { .integer($0) })),
    ])
  func refusal(key: String, value: JSONValue) throws {
    guard case .object(var members) = AutoencoderTinyConfiguration().json else { return }
    members[key] = value
    let error = #expect(throws: JSONError.self) {
      try AutoencoderTinyConfiguration(JSONNode(.object(members), file: "config.json"))
    }
    #expect(error?.description.contains(key) == true)
  }
}
