import JSON
import Networks
import Testing

@Suite("U-Net configuration") struct UNetConfigurationTests {
  @Test("the file of Stable Diffusion v1 gives the architecture of that name")
  func stableDiffusion() throws {
    let text = """
      {"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu",
       "attention_head_dim": 8, "block_out_channels": [320, 640, 1280, 1280],
       "center_input_sample": false, "cross_attention_dim": 768,
       "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
         "CrossAttnDownBlock2D", "DownBlock2D"],
       "downsample_padding": 1, "flip_sin_to_cos": true, "freq_shift": 0, "in_channels": 4,
       "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-05,
       "norm_num_groups": 32, "out_channels": 4, "sample_size": 64,
       "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D",
         "CrossAttnUpBlock2D"]}
      """
    let read = try UNetConfiguration(JSONNode(parsing: Array(text.utf8), file: "config.json"))
    var expected = UNetConfiguration()
    expected.sampleSize = [64, 64]
    #expect(read == expected)
  }

  @Test("null stands for no middle block, and an absent key for the usual one")
  func midBlock() throws {
    func mid(_ members: [String: JSONValue]) throws -> UNetBlockKind? {
      try UNetConfiguration(JSONNode(.object(members), file: "config.json")).midBlock
    }
    #expect(try mid(["mid_block_type": .null]) == nil)
    #expect(try mid([:]) == .crossAttention)
    #expect(try mid(["mid_block_type": .string("UNetMidBlock2D")]) == .plain)
  }
}
