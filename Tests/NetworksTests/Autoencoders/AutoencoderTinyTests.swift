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

  @Test("its author's two files, and one without a configuration, are the same network")
  func files() throws {
    let network = try DrawnAutoencoderTiny.network()
    let z = TorchGenerator(seed: 3).normal([1, 4, 2, 3])
    let image = TorchGenerator(seed: 4).uniform([1, 3, 16, 24]).scaled(by: 2, plus: -1)
    let weights = Dictionary(
      uniqueKeysWithValues: network.parameters.map { ($0.name, $0.value) })
    try withTemporaryFolder { folder in
      func write(_ name: String, _ tensors: [String: Tensor]) throws -> String {
        let path = folder.appendingPathComponent(name).path
        try SafetensorsFile.write(tensors, to: path)
        return path
      }
      let whole = try write("whole.safetensors", weights)
      let encoder = try write("taesd_encoder.safetensors", Self.published("encoder", weights))
      let decoder = try write("taesd_decoder.safetensors", Self.published("decoder", weights))
      for path in [whole, encoder, decoder] {
        let part = try #require(ModelFiles.open(path, parts: [.autoencoder]).autoencoder)
        let again = try AutoencoderTiny(part)
        #expect(again.configuration == network.configuration)
        #expect(again.decode(z).elements == network.decode(z).elements)
        #expect(again.encode(image).mean.elements == network.encode(image).mean.elements)
      }
      let alone = try write("decoder-alone.safetensors", Self.published("decoder", weights))
      let error = #expect(throws: CheckpointError.self) {
        try ModelFiles.open(alone, parts: [.autoencoder])
      }
      #expect(error?.description.contains("expected its encoder beside it") == true)
      var torn = Self.published("decoder", weights)
      torn["3.conv.2.weight"] = nil
      _ = try write("taesd_decoder.safetensors", torn)
      #expect(throws: CheckpointError.self) {
        let part = try #require(ModelFiles.open(encoder, parts: [.autoencoder]).autoencoder)
        _ = try AutoencoderTiny(part)
      }
    }
  }

  /// One half under its author's names, whose decoder counts from the clamp on.
  private static func published(_ half: String, _ weights: [String: Tensor]) -> [String: Tensor] {
    let prefix = "\(half).layers."
    let named = weights.filter { $0.key.hasPrefix(prefix) }.map { name, value in
      let words = name.dropFirst(prefix.count).split(separator: ".", maxSplits: 1)
      let number = (Int(words[0]) ?? 0) + (half == "decoder" ? 1 : 0)
      return ("\(number).\(words[1])", value)
    }
    return Dictionary(uniqueKeysWithValues: named)
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
