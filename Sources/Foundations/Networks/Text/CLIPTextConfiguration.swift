import Checkpoints
import JSON

/// The architecture of a CLIP text encoder: the settings of `text_encoder/config.json`.
public struct CLIPTextConfiguration: NetworkConfiguration {
  /// As transformers names the class.
  public static let className = "CLIPTextModel"

  /// The function between the two layers of each block's network.
  public enum Activation: String, Sendable {
    /// x·σ(1.702x)
    case quickGELU = "quick_gelu"
    /// x·Φ(x)
    case gelu
  }

  /// How many tokens there are.
  public var vocabularySize = 49408
  /// Features of each token.
  public var width = 768
  /// How many transformer blocks.
  public var layers = 12
  /// Attention heads in each block; divides `width`.
  public var heads = 12
  /// Features inside each block's network.
  public var innerWidth = 3072
  /// The longest prompt, start and end included.
  public var positions = 77
  /// Between the two layers of each block's network.
  public var activation = Activation.quickGELU
  /// What layer normalisation adds to the variance.
  public var normEpsilon = 1e-5
  /// The id of the token that opens a prompt, as the file states it.
  public var startToken: Int? = 49406
  /// The id of the token that closes a prompt, as the file states it.
  public var endToken: Int? = 49407

  /// CLIP ViT-L/14's text half, as in Stable Diffusion v1: 123,060,480 parameters.
  public init() {}

  /// Checks that the settings agree with each other.
  /// - Throws: `JSONError.unexpected`, which names `file`.
  public func validate(file: String) throws {
    try Self.require(
      width > 0 && heads > 0 && width % heads == 0, "num_attention_heads",
      "a number of heads that divides hidden_size (\(width))", "\(heads)", file)
    try Self.require(
      vocabularySize > 0 && positions > 0, "max_position_embeddings",
      "a vocabulary and positions", "none", file)
  }
}

extension CLIPTextConfiguration {
  /// Reads the settings of a text encoder as transformers writes them.
  /// - Throws: `JSONError` for a setting that is wrong or not honoured here.
  public init(_ node: JSONNode) throws {
    var settings = try SettingsReader(
      node, className: "clip_text_model", classKey: "model_type")
    if let names = try settings.find("architectures")?.strings(), names != [Self.className] {
      throw CheckpointError.unknownModelClass(
        file: node.file, name: names.joined(separator: ", "), expected: [Self.className])
    }
    vocabularySize = try settings.integer("vocab_size", in: 1...1 << 24) ?? vocabularySize
    width = try settings.channels("hidden_size") ?? 512
    layers = try settings.integer("num_hidden_layers", in: 0...SettingsReader.mostLayers) ?? 12
    heads = try settings.channels("num_attention_heads") ?? 8
    innerWidth = try settings.channels("intermediate_size") ?? 2048
    positions = try settings.channels("max_position_embeddings") ?? positions
    if let name = try settings.find("hidden_act") {
      guard let known = Activation(rawValue: try name.string()) else {
        throw name.failure(expected: "quick_gelu or gelu")
      }
      activation = known
    }
    normEpsilon = try settings.epsilon("layer_norm_eps") ?? normEpsilon
    startToken = try settings.integer("bos_token_id", in: 0...1 << 24)
    endToken = try settings.integer("eos_token_id", in: 0...1 << 24)
    // How it was trained and how files were written; the projection belongs to another class.
    settings.ignore(
      "attention_dropout", "dropout", "initializer_factor", "initializer_range", "pad_token_id",
      "projection_dim", "torch_dtype", "dtype", "transformers_version")
    try settings.finish()
    try validate(file: node.file)
  }

  /// The settings as transformers writes them.
  public var json: JSONValue {
    .object([
      "architectures": .array([.string(Self.className)]),
      "model_type": .string("clip_text_model"), "vocab_size": .integer(vocabularySize),
      "hidden_size": .integer(width), "num_hidden_layers": .integer(layers),
      "num_attention_heads": .integer(heads), "intermediate_size": .integer(innerWidth),
      "max_position_embeddings": .integer(positions),
      "hidden_act": .string(activation.rawValue), "layer_norm_eps": .number(normEpsilon),
      "projection_dim": .integer(width),
      "bos_token_id": startToken.map { .integer($0) } ?? .null,
      "eos_token_id": endToken.map { .integer($0) } ?? .null,
    ])
  }
}
