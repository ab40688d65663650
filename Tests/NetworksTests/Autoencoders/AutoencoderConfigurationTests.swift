import JSON
import Networks
import Testing

@Suite("Autoencoder configurations") struct AutoencoderConfigurationTests {
  /// The released first stages of latent diffusion: levels, levels with attention, latent channels,
  /// codebook, parameters in units of 10,000.
  static let firstStages: [(String, [Int], [Int], Int, Int?, Int)] = [
    ("kl-f4", [1, 2, 4], [], 3, nil, 5531), ("kl-f8", [1, 2, 4, 4], [], 4, nil, 8365),
    ("kl-f16", [1, 1, 2, 2, 4], [4], 16, nil, 6961),
    ("kl-f32", [1, 1, 2, 2, 4, 4], [4, 5], 64, nil, 10388),
    ("vq-f4", [1, 2, 4], [], 3, 8192, 5532), ("vq-f8", [1, 2, 2, 4], [3], 4, 16384, 6772),
    ("vq-f16", [1, 1, 2, 2, 4], [4], 8, 16384, 6959),
  ]

  @Test("the released first stages have the parameters they should", arguments: firstStages)
  func parameterCounts(
    name: String, multipliers: [Int], attention: [Int], latent: Int, codes: Int?, expected: Int
  ) throws {
    var architecture = AutoencoderArchitecture()
    architecture.blockOutChannels = multipliers.map { 128 * $0 }
    architecture.encoderAttention = multipliers.indices.map { attention.contains($0) }
    architecture.decoderAttention = architecture.encoderAttention.reversed()
    architecture.latentChannels = latent
    let count: Int
    if let codes {
      var configuration = VQModelConfiguration()
      configuration.architecture = architecture
      configuration.codebookSize = codes
      configuration.codeFeatures = latent
      count = try VQModel(configuration, seed: 1).parameterCount
    } else {
      var configuration = AutoencoderKLConfiguration()
      configuration.architecture = architecture
      count = try AutoencoderKL(configuration, seed: 1).parameterCount
    }
    #expect((count + 5000) / 10000 == expected, "\(name): \(count)")
  }

  @Test("Stable Diffusion v1's first stage has 83,653,863 parameters")
  func stableDiffusion() throws {
    #expect(try AutoencoderKL(AutoencoderKLConfiguration(), seed: 1).parameterCount == 83_653_863)
  }

  @Test(
    "settings that change the result are refused",
    arguments: [
      ("latents_mean", JSONValue.array([.number(0)])),
      ("act_fn", .string("relu")), ("norm_num_groups", .integer(7)),
      ("scaling_factor", .integer(0)), ("up_block_types", .array([.string("UpBlock2D")])),
    ])
  func refused(key: String, value: JSONValue) {
    #expect(throws: JSONError.self) {
      try AutoencoderKLConfiguration(JSONNode(.object([key: value]), file: "vae/config.json"))
    }
  }
}
