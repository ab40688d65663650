import Checkpoints
import JSON
import Networks
import Testing

@Suite("Configuration of a network") struct NetworkConfigurationTests {
  private func unet(_ members: [String: JSONValue]) throws -> UNetConfiguration {
    try UNetConfiguration(JSONNode(.object(members), file: "unet/config.json"))
  }

  private func failure(_ members: [String: JSONValue]) -> String {
    do {
      _ = try unet(members)
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test("an unknown class is refused by name")
  func unknownClass() throws {
    #expect(
      throws: CheckpointError.unknownModelClass(
        file: "unet/config.json", name: "UNet3DConditionModel", expected: ["UNet2DConditionModel"])
    ) {
      try unet(["_class_name": .string("UNet3DConditionModel")])
    }
  }

  @Test(
    "a setting that would change the result is refused by key",
    arguments: [
      ("act_fn", JSONValue.string("mish")), ("center_input_sample", .bool(true)),
      ("dual_cross_attention", .bool(true)), ("class_embed_type", .string("timestep")),
      ("resnet_time_scale_shift", .string("scale_shift")), ("time_cond_proj_dim", .integer(3)),
      ("conv_in_kernel", .integer(1)), ("mid_block_scale_factor", .number(1.5)),
      ("num_attention_heads", .integer(8)), ("a_setting_of_tomorrow", .string("on")),
      ("mid_block_type", .string("UNetMidBlock2DSimpleCrossAttn")),
    ])
  func refused(key: String, value: JSONValue) {
    let message = failure([key: value])
    #expect(message.hasPrefix("unet/config.json: \(key): expected "), "\(message)")
  }

  @Test(
    "settings that contradict one another are refused",
    arguments: [
      ["block_out_channels": JSONValue.integers([320, 640])],
      ["block_out_channels": .integers([330, 640, 1280, 1280])],
      ["attention_head_dim": .integer(7)], ["layers_per_block": .integers([2, 2])],
      ["block_out_channels": .integers([])], ["norm_num_groups": .integer(0)],
      ["block_out_channels": .integers([320, -640, 1280, 1280])],
      ["block_out_channels": .integers([1 << 40, 640, 1280, 1280])],
      ["down_block_types": .array([.string("CrossAttnDownBlock2D")])],
      ["norm_eps": .number(0)], ["in_channels": .string("4")],
    ])
  func contradictory(members: [String: JSONValue]) {
    #expect(failure(members).hasPrefix("unet/config.json: "), "\(failure(members))")
  }

  @Test("what is written is read back")
  func roundTrip() throws {
    for name in ["unet-sd", "unet-inpainting", "unet-classes", "unet-odd-size"] {
      let read = try UNetConfiguration(GoldenNetwork(name).configuration)
      #expect(try UNetConfiguration(JSONNode(read.json, file: name)) == read)
    }
    for name in ["kl-f2", "kl-f4", "kl-f8", "kl-f16"] {
      let read = try AutoencoderKLConfiguration(GoldenNetwork(name).configuration)
      #expect(try AutoencoderKLConfiguration(JSONNode(read.json, file: name)) == read)
    }
    for name in ["vq-f4", "vq-f8"] {
      let read = try VQModelConfiguration(GoldenNetwork(name).configuration)
      #expect(try VQModelConfiguration(JSONNode(read.json, file: name)) == read)
    }
    for name in ["clip-gelu", "clip-quick-gelu"] {
      let read = try CLIPTextConfiguration(GoldenNetwork(name).configuration)
      #expect(try CLIPTextConfiguration(JSONNode(read.json, file: name)) == read)
    }
  }

  @Test("a configuration made in code is held to the same rules")
  func inCode() {
    var configuration = UNetConfiguration()
    configuration.attentionHeads = [8, 8, 8, 7]
    #expect(throws: JSONError.self) {
      try UNet2DConditionModel(configuration, seed: 1)
    }
  }
}

extension JSONValue {
  static func integers(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }
}
