import Tensors

/// τ_θ(y): the text half of CLIP (Radford et al. 2021, arXiv:2103.00020), a transformer in which
/// each token sees itself and those before it.
///
/// Probe sites: `text_model.embeddings`, `text_model.encoder.layers.N` (the residual stream after
/// each block), `text_model.encoder.layers.N.self_attn` with its attention weights, and
/// `text_model.final_layer_norm`.
public struct CLIPTextModel: Network {
  /// The architecture it was built from.
  public let configuration: CLIPTextConfiguration
  /// Every trainable tensor, in the order of building.
  public let parameters: [Parameter]
  let tokenEmbedding: Embedding
  let positionEmbedding: Embedding
  let layers: [CLIPEncoderLayer]
  let finalNorm: LayerNorm

  /// transformers 5 writes the names without their common prefix; older versions saved the list of
  /// positions as a tensor.
  public static let naming = TensorNaming(
    alternatives: { $0.hasPrefix("text_model.") ? [String($0.dropFirst(11))] : [] },
    isBuffer: { $0.hasSuffix("embeddings.position_ids") })

  /// What messages call it.
  public static var role: String { "the text encoder" }

  /// Builds the encoder; each parameter is asked of `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ configuration: CLIPTextConfiguration, in scope: ParameterScope) throws {
    self.configuration = configuration
    let root = scope["text_model"]
    let small = Initializer.normal(standardDeviation: 0.02)
    tokenEmbedding = try Embedding(
      configuration.vocabularySize, configuration.width, initializer: small,
      in: root["embeddings"]["token_embedding"])
    positionEmbedding = try Embedding(
      configuration.positions, configuration.width, initializer: small,
      in: root["embeddings"]["position_embedding"])
    layers = try (0..<configuration.layers).map {
      try CLIPEncoderLayer(configuration, in: root["encoder"]["layers"][$0])
    }
    finalNorm = try LayerNorm(
      configuration.width, epsilon: Float(configuration.normEpsilon), in: root["final_layer_norm"])
    parameters = scope.parameters
  }

  /// - Parameters:
  ///   - tokens: ids, one equally long row per prompt, start and end included.
  ///   - skipped: how many of the last layers are left out; the final norm is not.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: the last hidden state after the final norm, shape [B, N, width].
  /// - Precondition: ids lie in the vocabulary, rows are no longer than there are positions, and no more
  ///   layers are skipped than there are.
  public func callAsFunction(
    _ tokens: [[Int]], skippingLast skipped: Int = 0, _ pass: ForwardPass = ForwardPass()
  ) -> Tensor {
    precondition(0...layers.count ~= skipped, "\(skipped) of \(layers.count) layers skipped")
    let length = tokens.first?.count ?? 0
    precondition(
      length > 0 && length <= configuration.positions
        && tokens.allSatisfy { $0.count == length },
      "rows of \(tokens.map(\.count)) tokens for \(configuration.positions) positions")
    var h = pass.layer("text_model.embeddings", .textEmbeddings, [tokens.count, length]) {
      embed(tokens, pass)
    }
    h = pass.layer("text_model.encoder", .textEncoder, h.shape) {
      layers.dropLast(skipped).reduce(h) { $1($0, pass) }
    }
    return watched(finalNorm(h, pass))
  }

  private func embed(_ tokens: [[Int]], _ pass: ForwardPass) -> Tensor {
    let shape = [tokens.count, tokens[0].count]
    let positions = tokens.flatMap { Array($0.indices) }
    return pass.add(
      tokenEmbedding(tokens.flatMap { $0 }, shape: shape, pass),
      positionEmbedding(positions, shape: shape, pass))
  }
}

/// One block: causal self-attention and a two-layer network, each on normalised tokens and added to
/// them.
struct CLIPEncoderLayer: Sendable {
  let path: String
  let norm1: LayerNorm
  let attention: CLIPAttention
  let norm2: LayerNorm
  let network: CLIPMLP

  init(_ configuration: CLIPTextConfiguration, in scope: ParameterScope) throws {
    path = scope.path
    let epsilon = Float(configuration.normEpsilon)
    norm1 = try LayerNorm(configuration.width, epsilon: epsilon, in: scope["layer_norm1"])
    attention = try CLIPAttention(configuration, in: scope["self_attn"])
    norm2 = try LayerNorm(configuration.width, epsilon: epsilon, in: scope["layer_norm2"])
    network = try CLIPMLP(configuration, in: scope["mlp"])
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .textEncoderLayer, x.shape) {
      let h = attention(norm1(x, pass), adding: x, pass)
      return network(norm2(h, pass), adding: h, pass)
    }
  }
}

/// Multi-head self-attention under a causal mask, with biases.
struct CLIPAttention: Sendable {
  let path: String
  let heads: Int
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear

  init(_ configuration: CLIPTextConfiguration, in scope: ParameterScope) throws {
    path = scope.path
    heads = configuration.heads
    let width = configuration.width
    let (inner, outer) = configuration.initializers
    query = try Linear(width, width, initializer: inner, in: scope["q_proj"])
    key = try Linear(width, width, initializer: inner, in: scope["k_proj"])
    value = try Linear(width, width, initializer: inner, in: scope["v_proj"])
    output = try Linear(width, width, initializer: outer, in: scope["out_proj"])
  }

  func callAsFunction(_ x: Tensor, adding residual: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .textAttention, x.shape, adding: residual) { residual in
      let product = pass.attention(
        query(x, pass), key(x, pass), value(x, pass), heads: heads, causal: true, at: path)
      return output(product, adding: residual, pass)
    }
  }
}

/// Linear, GELU, linear.
struct CLIPMLP: Sendable {
  let path: String
  let activation: CLIPTextConfiguration.Activation
  let first: Linear
  let second: Linear

  init(_ configuration: CLIPTextConfiguration, in scope: ParameterScope) throws {
    path = scope.path
    activation = configuration.activation
    let (width, inner) = (configuration.width, configuration.innerWidth)
    let wide = Initializer.normal(standardDeviation: 1 / Float(2 * width).squareRoot())
    first = try Linear(width, inner, initializer: wide, in: scope["fc1"])
    second = try Linear(
      inner, width, initializer: configuration.initializers.inner, in: scope["fc2"])
  }

  func callAsFunction(_ x: Tensor, adding residual: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .textMLP, x.shape, adding: residual) { residual in
      let h = first(x, pass)
      return second(
        activation == .gelu ? pass.gelu(h) : pass.quickGELU(h), adding: residual, pass)
    }
  }
}

extension CLIPTextConfiguration {
  /// CLIP's own initialisation: `inner` for what feeds the residual stream of 2·layers summands,
  /// `outer` for the attention's output.
  fileprivate var initializers: (inner: Initializer, outer: Initializer) {
    let scale = 1 / Float(width).squareRoot()
    let depth = 1 / Float(max(2 * layers, 1)).squareRoot()
    return (.normal(standardDeviation: scale * depth), .normal(standardDeviation: scale))
  }
}
