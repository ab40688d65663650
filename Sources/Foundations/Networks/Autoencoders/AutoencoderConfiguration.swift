import JSON

/// What KL and VQ autoencoders have in common: the shape of encoder and decoder.
///
/// Both are stacks of levels, one resolution each; all but the last halve (encoder) or double
/// (decoder) height and width, so that f = 2^(levels − 1).
public struct AutoencoderArchitecture: Sendable, Equatable {
  /// Height and width of the images that the model was trained on; any size works.
  public var sampleSize: [Int]?
  /// Channels of the images: 3 for red, green and blue.
  public var inChannels = 3
  /// Channels of what the decoder gives.
  public var outChannels = 3
  /// Per level, finest first, as are all lists here.
  public var blockOutChannels = [128, 256, 512, 512]
  /// The levels whose ResNet blocks are each followed by attention, in the encoder.
  public var encoderAttention = [false, false, false, false]
  /// The same for the decoder, coarsest first: the order in which its blocks run.
  public var decoderAttention = [false, false, false, false]
  /// ResNet blocks per level of the encoder; the decoder has one more.
  public var layersPerBlock = 2
  /// Channels of the latent.
  public var latentChannels = 4
  /// The number of groups in every group normalisation; divides all of `blockOutChannels`.
  public var normGroups = 32
  /// Whether there is attention between the two ResNet blocks of the coarsest level.
  public var midBlockAttention = true
  /// What the diffusion model multiplies latents with, so that their variance is near 1.
  public var scalingFactor = usualScalingFactor
  /// That of Stable Diffusion v1, also where a configuration names none.
  public static let usualScalingFactor = 0.18215
  /// What is taken from latents before that, so that their mean is near 0; 0 but in Stable Diffusion
  /// 3 and its kin.
  public var shiftFactor = 0.0

  /// Stable Diffusion v1's first stage, kl-f8.
  public init() {}

  /// The number of levels, one resolution each.
  public var levels: Int { blockOutChannels.count }
  /// f: how many pixels of the image lie along one of the latent's.
  public var downsamplingFactor: Int { 1 << max(levels - 1, 0) }
}

extension AutoencoderArchitecture {
  private static let encoderNames = [false: "DownEncoderBlock2D", true: "AttnDownEncoderBlock2D"]
  private static let decoderNames = [false: "UpDecoderBlock2D", true: "AttnUpDecoderBlock2D"]
  /// diffusers' defaults where a setting is absent.
  private static let absent = [false]

  init(_ settings: inout SettingsReader, latentChannels defaultLatent: Int) throws {
    sampleSize = try settings.imageSize("sample_size")
    inChannels = try settings.channels("in_channels") ?? 3
    outChannels = try settings.channels("out_channels") ?? 3
    blockOutChannels = try settings.list("block_out_channels") ?? [64]
    encoderAttention =
      try settings.kinds("down_block_types", Self.encoderNames) ?? Self.absent
    decoderAttention = try settings.kinds("up_block_types", Self.decoderNames) ?? Self.absent
    layersPerBlock =
      try settings.integer("layers_per_block", in: 1...SettingsReader.mostLayers) ?? 1
    latentChannels = try settings.channels("latent_channels") ?? defaultLatent
    normGroups = try settings.channels("norm_num_groups") ?? 32
    midBlockAttention = try settings.flag("mid_block_add_attention") ?? true
    scalingFactor = try settings.number("scaling_factor") ?? scalingFactor
    shiftFactor = try settings.number("shift_factor") ?? 0
    try settings.require("act_fn", .string("silu"), .string("swish"))
    // Everything is computed in single precision.
    settings.ignore("force_upcast")
  }

  func validate<C: NetworkConfiguration>(file: String, for owner: C.Type) throws {
    try C.require(levels >= 1, "block_out_channels", "at least one level", "none", file)
    try C.require(
      levels <= 16, "block_out_channels", "at most 16 levels", "\(levels)", file)
    for (key, count) in [
      ("down_block_types", encoderAttention.count), ("up_block_types", decoderAttention.count),
    ] {
      try C.require(count == levels, key, "\(levels) values, one per level", "\(count)", file)
    }
    for channels in blockOutChannels {
      try C.require(
        normGroups > 0 && channels > 0 && channels % normGroups == 0, "block_out_channels",
        "multiples of norm_num_groups (\(normGroups))", "\(channels)", file)
    }
    try C.require(
      scalingFactor.isFinite && scalingFactor > 0, "scaling_factor", "a positive number",
      "\(scalingFactor)", file)
  }

  var json: [String: JSONValue] {
    func names(_ kinds: [Bool], _ names: [Bool: String]) -> JSONValue {
      .array(kinds.compactMap { names[$0] }.map { .string($0) })
    }
    var members: [String: JSONValue] = [
      "sample_size": .imageSize(sampleSize), "in_channels": .integer(inChannels),
      "out_channels": .integer(outChannels), "block_out_channels": .integers(blockOutChannels),
      "down_block_types": names(encoderAttention, Self.encoderNames),
      "up_block_types": names(decoderAttention, Self.decoderNames),
      "layers_per_block": .integer(layersPerBlock), "latent_channels": .integer(latentChannels),
      "norm_num_groups": .integer(normGroups),
      "mid_block_add_attention": .bool(midBlockAttention),
      "scaling_factor": .number(scalingFactor), "act_fn": .string("silu"),
    ]
    if shiftFactor != 0 { members["shift_factor"] = .number(shiftFactor) }
    return members
  }
}

/// The architecture of an `AutoencoderKL`: the settings of diffusers' `vae/config.json`.
public struct AutoencoderKLConfiguration: AutoencoderConfiguration {
  /// As diffusers names the class.
  public static let className = "AutoencoderKL"

  /// Encoder and decoder.
  public var architecture = AutoencoderArchitecture()
  /// Whether a 1×1 convolution follows the encoder.
  public var usesQuantConvolution = true
  /// Whether a 1×1 convolution precedes the decoder.
  public var usesPostQuantConvolution = true

  /// Stable Diffusion v1's: 83,653,863 parameters.
  public init() {}

  /// Reads diffusers' settings.
  /// - Throws: `JSONError` for a setting that is missing, wrong or not honoured here.
  public init(_ node: JSONNode) throws {
    var settings = try SettingsReader(node, className: Self.className)
    architecture = try AutoencoderArchitecture(&settings, latentChannels: 4)
    usesQuantConvolution = try settings.flag("use_quant_conv") ?? true
    usesPostQuantConvolution = try settings.flag("use_post_quant_conv") ?? true
    try settings.finish()
    try validate(file: node.file)
  }

  /// The settings as diffusers writes them.
  public var json: JSONValue {
    .object(
      architecture.json.merging([
        "_class_name": .string(Self.className), "use_quant_conv": .bool(usesQuantConvolution),
        "use_post_quant_conv": .bool(usesPostQuantConvolution),
      ]) { $1 })
  }

  /// Checks that the settings agree with each other.
  /// - Throws: `JSONError.unexpected`, which names `file`.
  public func validate(file: String) throws {
    try architecture.validate(file: file, for: Self.self)
  }
}

/// The architecture of a `VQModel`: the settings of diffusers' `vqvae/config.json`.
public struct VQModelConfiguration: AutoencoderConfiguration {
  /// As diffusers names the class.
  public static let className = "VQModel"

  /// Encoder and decoder.
  public var architecture = AutoencoderArchitecture()
  /// The number of vectors in the codebook.
  public var codebookSize = 256
  /// Features of each vector.
  public var codeFeatures = 4
  /// Whether `decode` may be given codes in place of latents (diffusers' `lookup_from_codebook`).
  public var looksUpCodes = false

  /// diffusers' defaults: 256 codes of 4 features.
  public init() {}

  /// Reads diffusers' settings.
  /// - Throws: `JSONError` for a setting that is missing, wrong or not honoured here.
  public init(_ node: JSONNode) throws {
    var settings = try SettingsReader(node, className: Self.className)
    architecture = try AutoencoderArchitecture(&settings, latentChannels: 3)
    codebookSize = try settings.integer("num_vq_embeddings", in: 1...1 << 24) ?? 256
    codeFeatures = try settings.channels("vq_embed_dim") ?? architecture.latentChannels
    looksUpCodes = try settings.flag("lookup_from_codebook") ?? false
    try settings.require("norm_type", .string("group"))
    try settings.finish()
    try validate(file: node.file)
  }

  /// The settings as diffusers writes them.
  public var json: JSONValue {
    .object(
      architecture.json.merging([
        "_class_name": .string(Self.className), "num_vq_embeddings": .integer(codebookSize),
        "vq_embed_dim": .integer(codeFeatures), "lookup_from_codebook": .bool(looksUpCodes),
        "norm_type": .string("group"),
      ]) { $1 })
  }

  /// Checks that the settings agree with each other.
  /// - Throws: `JSONError.unexpected`, which names `file`.
  public func validate(file: String) throws {
    try architecture.validate(file: file, for: Self.self)
    try Self.require(
      codebookSize > 0 && codeFeatures > 0, "num_vq_embeddings", "a codebook",
      "\(codebookSize) vectors of \(codeFeatures)", file)
  }
}
