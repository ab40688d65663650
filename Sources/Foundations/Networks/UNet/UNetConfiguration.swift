import JSON

/// What a U-Net's blocks on one level hold.
public enum UNetBlockKind: Sendable, Equatable {
  /// ResNet blocks only.
  case plain
  /// ResNet blocks, each followed by a transformer that attends to the context.
  case crossAttention
}

/// The architecture of a `UNet2DConditionModel`: the settings of diffusers' `unet/config.json`.
///
/// A level is one resolution. Lists hold one value per level, finest first, also for the up blocks,
/// which run the other way.
public struct UNetConfiguration: NetworkConfiguration {
  /// As diffusers names the class.
  public static let className = "UNet2DConditionModel"

  /// Height and width of the latent that the model was trained on; any size works.
  public var sampleSize: [Int]?
  /// Of the sample, with the channels of any concatenated condition.
  public var inChannels = 4
  /// Channels of what it predicts.
  public var outChannels = 4
  /// Channels of each level.
  public var blockOutChannels = [320, 640, 1280, 1280]
  /// What each level holds on the way down.
  public var downBlocks: [UNetBlockKind] = [
    .crossAttention, .crossAttention, .crossAttention, .plain,
  ]
  /// The up blocks in the order in which they run, coarsest first, as diffusers lists them.
  public var upBlocks: [UNetBlockKind] = [
    .plain, .crossAttention, .crossAttention, .crossAttention,
  ]
  /// The middle block; nil when there is none.
  public var midBlock: UNetBlockKind? = .crossAttention
  /// ResNet blocks per down block; an up block has one more.
  public var layersPerBlock = [2, 2, 2, 2]
  /// Attention heads. diffusers calls this `attention_head_dim` for historical reasons.
  public var attentionHeads = [8, 8, 8, 8]
  /// Features of each context token.
  public var crossAttentionDimensions = [768, 768, 768, 768]
  /// Transformer blocks per transformer.
  public var transformerLayers = [1, 1, 1, 1]
  /// Whether the transformers' projections are stored as linear layers, not as 1×1 convolutions.
  public var usesLinearProjection = false
  /// The number of groups in every group normalisation; divides all of `blockOutChannels`.
  public var normGroups = 32
  /// What group normalisation in ResNet blocks adds to the variance.
  public var normEpsilon = 1e-5
  /// Whether the timestep embedding is [cos, sin], not [sin, cos].
  public var flipsSineToCosine = true
  /// What is subtracted from the number of frequencies when they are spread out.
  public var frequencyShift = 0
  /// 1 pads all sides before halving, 0 below and to the right only.
  public var downsamplePadding = 1
  /// The number of class labels that are added to the time embedding; nil for none.
  public var classCount: Int?
  /// Features in which the network is told its guidance scale, as those distilled for latent
  /// consistency models are (diffusers' `time_cond_proj_dim`); nil for a network that is not told.
  public var guidanceFeatures: Int?

  /// Stable Diffusion v1: 859,520,964 parameters.
  public init() {}
}

extension UNetConfiguration {
  /// The number of levels, one resolution each.
  public var levels: Int { blockOutChannels.count }
  /// Features of the time embedding: four times the first level's channels.
  public var timeFeatures: Int { 4 * (blockOutChannels.first ?? 0) }
  /// Whether any block attends to a context.
  public var usesContext: Bool {
    midBlock == .crossAttention || (downBlocks + upBlocks).contains(.crossAttention)
  }
  /// How much smaller the coarsest level is.
  public var downsamplingFactor: Int { 1 << max(levels - 1, 0) }

  /// Checks that the settings agree with each other.
  /// - Throws: `JSONError.unexpected`, which names `file`.
  public func validate(file: String) throws {
    let lists: [(String, Int)] = [
      ("down_block_types", downBlocks.count), ("up_block_types", upBlocks.count),
      ("layers_per_block", layersPerBlock.count), ("attention_head_dim", attentionHeads.count),
      ("cross_attention_dim", crossAttentionDimensions.count),
      ("transformer_layers_per_block", transformerLayers.count),
    ]
    try Self.require(levels >= 1, "block_out_channels", "at least one level", "none", file)
    for (key, count) in lists {
      try Self.require(count == levels, key, "\(levels) values, one per level", "\(count)", file)
    }
    for channels in blockOutChannels {
      try Self.require(
        channels > 0 && channels % max(normGroups, 1) == 0 && normGroups > 0, "block_out_channels",
        "multiples of norm_num_groups (\(normGroups))", "\(channels)", file)
    }
    try Self.require(
      blockOutChannels[0] % 2 == 0, "block_out_channels", "an even first value",
      "\(blockOutChannels[0])", file)
    for level in 0..<levels where attends(at: level) {
      try Self.require(
        attentionHeads[level] > 0 && blockOutChannels[level] % attentionHeads[level] == 0,
        "attention_head_dim", "a number of heads that divides \(blockOutChannels[level]) channels",
        "\(attentionHeads[level])", file)
    }
    if let guidanceFeatures {
      try Self.require(
        guidanceFeatures >= 4 && guidanceFeatures % 2 == 0, "time_cond_proj_dim",
        "an even number from 4 on", "\(guidanceFeatures)", file)
    }
    try Self.require(
      blockOutChannels[0] / 2 > frequencyShift, "freq_shift",
      "less than the number of frequencies", "\(frequencyShift)", file)
  }

  private func attends(at level: Int) -> Bool {
    downBlocks[level] == .crossAttention || upBlocks[levels - 1 - level] == .crossAttention
      || (level == levels - 1 && midBlock == .crossAttention)
  }
}

// MARK: - config.json

extension UNetConfiguration {
  private static let downNames: [UNetBlockKind: String] = [
    .plain: "DownBlock2D", .crossAttention: "CrossAttnDownBlock2D",
  ]
  private static let upNames: [UNetBlockKind: String] = [
    .plain: "UpBlock2D", .crossAttention: "CrossAttnUpBlock2D",
  ]
  private static let midNames: [UNetBlockKind: String] = [
    .plain: "UNetMidBlock2D", .crossAttention: "UNetMidBlock2DCrossAttn",
  ]

  /// Reads diffusers' settings.
  /// - Throws: `JSONError` for a setting that is missing, wrong or not honoured here.
  public init(_ node: JSONNode) throws {
    var settings = try SettingsReader(node, className: Self.className)
    sampleSize = try settings.imageSize("sample_size")
    inChannels = try settings.channels("in_channels") ?? inChannels
    outChannels = try settings.channels("out_channels") ?? outChannels
    blockOutChannels = try settings.list("block_out_channels") ?? blockOutChannels
    downBlocks = try settings.kinds("down_block_types", Self.downNames) ?? downBlocks
    upBlocks = try settings.kinds("up_block_types", Self.upNames) ?? upBlocks
    midBlock = try settings.kind("mid_block_type", Self.midNames, default: midBlock)
    layersPerBlock = try settings.perLevel("layers_per_block", levels, default: 2)
    attentionHeads = try settings.perLevel("attention_head_dim", levels, default: 8)
    crossAttentionDimensions = try settings.perLevel("cross_attention_dim", levels, default: 1280)
    transformerLayers = try settings.perLevel("transformer_layers_per_block", levels, default: 1)
    usesLinearProjection = try settings.flag("use_linear_projection") ?? false
    normGroups = try settings.channels("norm_num_groups") ?? normGroups
    normEpsilon = try settings.epsilon("norm_eps") ?? normEpsilon
    flipsSineToCosine = try settings.flag("flip_sin_to_cos") ?? true
    frequencyShift = try settings.integer("freq_shift", in: 0...1) ?? 0
    downsamplePadding = try settings.integer("downsample_padding", in: 0...1) ?? 1
    classCount = try settings.channels("num_class_embeds")
    guidanceFeatures = try settings.channels("time_cond_proj_dim")
    try settings.require("act_fn", .string("silu"), .string("swish"))
    try settings.require("time_embedding_type", .string("positional"))
    try settings.require("resnet_time_scale_shift", .string("default"))
    try settings.require("attention_type", .string("default"))
    for key in ["mid_block_scale_factor", "resnet_out_scale_factor"] {
      try settings.require(key, .integer(1), .number(1))
    }
    for key in ["conv_in_kernel", "conv_out_kernel"] { try settings.require(key, .integer(3)) }
    // Dropout acts only in training; upcasting only below float32; the last belongs to a setting
    // that is refused.
    settings.ignore("dropout", "upcast_attention", "addition_embed_type_num_heads")
    try settings.finish()
    try validate(file: node.file)
  }

  /// The settings as diffusers writes them.
  public var json: JSONValue {
    func names(_ kinds: [UNetBlockKind], _ names: [UNetBlockKind: String]) -> JSONValue {
      .array(kinds.compactMap { names[$0] }.map { .string($0) })
    }
    var settings: [String: JSONValue] = [
      "_class_name": .string(Self.className), "sample_size": .imageSize(sampleSize),
      "in_channels": .integer(inChannels), "out_channels": .integer(outChannels),
      "block_out_channels": .integers(blockOutChannels),
      "down_block_types": names(downBlocks, Self.downNames),
      "up_block_types": names(upBlocks, Self.upNames),
      "mid_block_type": midBlock.flatMap { Self.midNames[$0] }.map { .string($0) } ?? .null,
      "layers_per_block": .perLevel(layersPerBlock),
      "attention_head_dim": .perLevel(attentionHeads),
      "cross_attention_dim": .perLevel(crossAttentionDimensions),
      "transformer_layers_per_block": .perLevel(transformerLayers),
      "use_linear_projection": .bool(usesLinearProjection),
      "norm_num_groups": .integer(normGroups), "norm_eps": .number(normEpsilon),
      "act_fn": .string("silu"), "flip_sin_to_cos": .bool(flipsSineToCosine),
      "freq_shift": .integer(frequencyShift), "downsample_padding": .integer(downsamplePadding),
      "num_class_embeds": classCount.map { .integer($0) } ?? .null,
    ]
    if let guidanceFeatures { settings["time_cond_proj_dim"] = .integer(guidanceFeatures) }
    return .object(settings)
  }
}
