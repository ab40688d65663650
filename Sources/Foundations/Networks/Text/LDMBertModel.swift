import Checkpoints
import JSON
import Tensors

/// The architecture of an `LDMBertModel`: the settings of its `config.json`.
public struct LDMBertConfiguration: NetworkConfiguration {
  /// As diffusers names the class.
  public static let className = "LDMBertModel"
  private static let modelType = "ldmbert"

  /// How many tokens there are.
  public var vocabularySize = 30522
  /// Features of each token.
  public var width = 1280
  /// How many transformer blocks.
  public var layers = 32
  /// Attention heads in each block.
  public var heads = 8
  /// Features of each head.
  public var headWidth = 64
  /// Features inside each block's network.
  public var innerWidth = 5120
  /// The longest sequence.
  public var positions = 77
  /// The token that stands where there is nothing more to say.
  public var padding = 0

  /// The text encoder of LDM's text-to-image model.
  public init() {}

  /// Reads the settings as diffusers writes them.
  /// - Throws: `JSONError` for a setting that is wrong or not honoured here.
  public init(_ node: JSONNode) throws {
    var settings = try SettingsReader(node, className: Self.modelType, classKey: "model_type")
    vocabularySize = try settings.integer("vocab_size", in: 1...1 << 24) ?? vocabularySize
    width = try settings.channels("d_model") ?? width
    layers = try settings.integer("encoder_layers", in: 0...SettingsReader.mostLayers) ?? layers
    heads = try settings.channels("encoder_attention_heads") ?? heads
    headWidth = try settings.channels("head_dim") ?? headWidth
    innerWidth = try settings.channels("encoder_ffn_dim") ?? innerWidth
    positions = try settings.channels("max_position_embeddings") ?? positions
    padding = try settings.integer("pad_token_id", in: 0...1 << 24) ?? padding
    try settings.require("activation_function", .string("gelu"))
    try settings.require("scale_embedding", .bool(false))
    settings.ignore(
      "architectures", "attention_dropout", "activation_dropout", "classifier_dropout", "dropout",
      "dtype", "encoder_layerdrop", "init_std", "num_hidden_layers", "torch_dtype",
      "transformers_version", "use_cache")
    try settings.finish()
    try validate(file: node.file)
  }

  /// The settings as diffusers writes them.
  public var json: JSONValue {
    .object([
      "architectures": .array([.string(Self.className)]), "model_type": .string(Self.modelType),
      "vocab_size": .integer(vocabularySize), "d_model": .integer(width),
      "encoder_layers": .integer(layers), "num_hidden_layers": .integer(layers),
      "encoder_attention_heads": .integer(heads), "head_dim": .integer(headWidth),
      "encoder_ffn_dim": .integer(innerWidth), "max_position_embeddings": .integer(positions),
      "pad_token_id": .integer(padding), "activation_function": .string("gelu"),
      "scale_embedding": .bool(false),
    ])
  }

  /// Checks that the settings agree with each other.
  /// - Throws: `JSONError.unexpected`, which names `file`.
  public func validate(file: String) throws {
    try Self.require(
      padding < vocabularySize, "pad_token_id", "a token of the vocabulary (\(vocabularySize))",
      "\(padding)", file)
  }
}

/// The unmasked transformer of the LDM paper (arXiv:2112.10752, §3.3 and App. E.2.1), τ_θ for words
/// and for layouts: every token sees every other, before and behind it.
///
/// Probe sites: `model.layers.N.self_attn` with its attention weights.
public struct LDMBertModel: Network {
  /// The architecture it was built from.
  public let configuration: LDMBertConfiguration
  /// Every trainable tensor, in the order of building.
  public let parameters: [Parameter]
  private let tokenEmbedding: Embedding
  private let positionEmbedding: Embedding
  private let layers: [Block]
  private let finalNorm: LayerNorm

  /// diffusers' class has a head besides, which words' likelihoods came from.
  public static let naming = TensorNaming(isBuffer: { $0.hasPrefix("to_logits.") })

  /// What messages call it.
  public static var role: String { "the layout encoder" }

  /// Builds the encoder; each parameter is asked of `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ configuration: LDMBertConfiguration, in scope: ParameterScope) throws {
    self.configuration = configuration
    let root = scope["model"]
    let small = Initializer.normal(standardDeviation: 0.02)
    tokenEmbedding = try Embedding(
      configuration.vocabularySize, configuration.width, initializer: small,
      in: root["embed_tokens"])
    positionEmbedding = try Embedding(
      configuration.positions, configuration.width, initializer: small,
      in: root["embed_positions"])
    layers = try (0..<configuration.layers).map {
      try Block(configuration, in: root["layers"][$0])
    }
    finalNorm = try LayerNorm(configuration.width, in: root["layer_norm"])
    parameters = scope.parameters
  }

  /// - Parameters:
  ///   - tokens: ids, one equally long row per picture.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: the last hidden state after the final norm, shape [B, N, width].
  /// - Precondition: ids lie in the vocabulary, and rows are no longer than there are positions.
  public func callAsFunction(_ tokens: [[Int]], _ pass: ForwardPass = ForwardPass()) -> Tensor {
    let shape = [tokens.count, tokens.first?.count ?? 0]
    precondition(
      shape[1] > 0 && shape[1] <= configuration.positions
        && tokens.allSatisfy { $0.count == shape[1] },
      "rows of \(tokens.map(\.count)) tokens for \(configuration.positions) positions")
    let embedded = pass.add(
      tokenEmbedding(tokens.flatMap { $0 }, shape: shape, pass),
      positionEmbedding(tokens.flatMap { Array($0.indices) }, shape: shape, pass))
    return watched(finalNorm(layers.reduce(embedded) { $1($0, pass) }, pass))
  }

  /// One block: self-attention over all tokens and a two-layer network, each on normalised tokens
  /// and added to them.
  private struct Block: Sendable {
    let path: String
    let heads: Int
    let norm1, norm2: LayerNorm
    let query, key, value, output, first, second: Linear

    init(_ configuration: LDMBertConfiguration, in scope: ParameterScope) throws {
      let (width, inner) = (configuration.width, configuration.heads * configuration.headWidth)
      let attention = scope["self_attn"]
      path = attention.path
      heads = configuration.heads
      norm1 = try LayerNorm(width, in: scope["self_attn_layer_norm"])
      query = try Linear(width, inner, bias: false, in: attention["q_proj"])
      key = try Linear(width, inner, bias: false, in: attention["k_proj"])
      value = try Linear(width, inner, bias: false, in: attention["v_proj"])
      output = try Linear(inner, width, in: attention["out_proj"])
      norm2 = try LayerNorm(width, in: scope["final_layer_norm"])
      first = try Linear(width, configuration.innerWidth, in: scope["fc1"])
      second = try Linear(configuration.innerWidth, width, in: scope["fc2"])
    }

    func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
      let tokens = norm1(x, pass)
      let product = pass.attention(
        query(tokens, pass), key(tokens, pass), value(tokens, pass), heads: heads, at: path)
      let h = output(product, adding: x, pass)
      return second(pass.gelu(first(norm2(h, pass), pass)), adding: h, pass)
    }
  }
}
