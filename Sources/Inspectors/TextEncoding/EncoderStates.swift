import Networks
import Tensors

/// What one pass through the text encoder computes, layer by layer.
///
/// Notation: N tokens, D features, H heads, L layers.
public struct EncoderStates: Sendable {
  /// E[id], the row of the token table for each position, shape [N, D].
  public let tokenEmbeddings: Tensor
  /// P, the row of the position table for each position, shape [N, D].
  public let positionEmbeddings: Tensor
  /// h⁰ = E[id] + P, then h¹ … h^L after each layer, shape [N, D] each.
  public let hidden: [Tensor]
  /// What each layer's attention adds to the stream, shape [N, D].
  public let attentionOutputs: [Tensor]
  /// What each layer's network adds to the stream, shape [N, D].
  public let networkOutputs: [Tensor]
  /// softmax(QKᵀ/√d + mask) of each layer, shape [H, N, N].
  public let attention: [Tensor]
  /// τ_θ(y) = LayerNorm(h^L), shape [N, D].
  public let final: Tensor

  /// h⁰ … h^L and τ_θ(y): what the layers of a page stand for.
  public var all: [Tensor] { hidden + [final] }

  /// Runs the encoder on one prompt and keeps everything.
  /// - Parameter change: may replace values on the way, for tests of what is claimed about them.
  public init(
    _ network: CLIPTextModel, ids: [Int],
    changing change: @escaping (inout Tensor, ProbeSite) -> Void = { _, _ in }
  ) {
    let probe = StateProbe(change: change)
    let output = network([ids], ForwardPass(probe: probe))
    func rows(_ path: String, _ quantity: ProbeSite.Quantity = .output) -> Tensor {
      guard let value = probe.values[ProbeSite(path, quantity)] else {
        preconditionFailure("the text encoder shows no \(path)")
      }
      return value.reshaped(Array(value.shape.dropFirst()))
    }
    let layers = (0..<network.configuration.layers).map { "text_model.encoder.layers.\($0)" }
    tokenEmbeddings = rows("text_model.embeddings.token_embedding")
    positionEmbeddings = rows("text_model.embeddings.position_embedding")
    hidden = [rows("text_model.embeddings")] + layers.map { rows($0) }
    attentionOutputs = layers.map { rows("\($0).self_attn") }
    networkOutputs = layers.map { rows("\($0).mlp") }
    attention = layers.map { rows("\($0).self_attn", .attentionWeights) }
    final = output.reshaped(Array(output.shape.dropFirst()))
  }

  private final class StateProbe: Probe {
    private(set) var values: [ProbeSite: Tensor] = [:]
    private let change: (inout Tensor, ProbeSite) -> Void

    init(change: @escaping (inout Tensor, ProbeSite) -> Void) { self.change = change }

    private static let kept: Set<Substring> = [
      "embeddings", "token_embedding", "position_embedding", "self_attn", "mlp",
      "final_layer_norm",
    ]

    func wants(_ site: ProbeSite) -> Bool {
      guard let name = site.path.split(separator: ".").last else { return false }
      return site.quantity == .attentionWeights || Int(name) != nil || Self.kept.contains(name)
    }

    func visit(_ value: inout Tensor, at site: ProbeSite) {
      change(&value, site)
      values[site] = value
    }
  }
}

extension EncoderStates {
  /// cos(h_i, h_j) for all positions, shape [N, N].
  public static func similarity(_ states: Tensor) -> Tensor {
    let (count, width) = (states.shape[0], states.shape[1])
    // Squares of larger numbers may overflow; angles do not depend on size.
    let states = states.maxAbs > 1e15 ? states / states.maxAbs : states
    let norms = norms(states)
    let products = Tensor.matrixProduct(
      states, states.permuted([1, 0]).reshaped([width, count]))
    return Tensor([count, count]) { out in
      products.withUnsafeElements { products in
        for i in 0..<count {
          for j in 0..<count {
            let scale = norms[i] * norms[j]
            let cosine = scale > 0 ? Double(products[i * count + j]) / scale : 0
            out[i * count + j] = Float(min(max(cosine, -1), 1))
          }
        }
      }
    }
  }

  /// ‖h_i‖ for each position.
  public static func norms(_ states: Tensor) -> [Double] {
    (0..<states.shape[0]).map { states.rows($0..<$0 + 1).norm }
  }
}
