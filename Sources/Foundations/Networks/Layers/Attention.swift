import Tensors

/// Multi-head attention, Attention(Q, K, V) = softmax(QKᵀ/√d)·V (Vaswani et al. 2017,
/// arXiv:1706.03762, Eq. 1): self-attention over tokens, or cross-attention to a context.
///
///     Q = x·W_Q,  K = τ·W_K,  V = τ·W_V        LDM (arXiv:2112.10752) §3.3; τ = x for self
///
/// Its matrix [B, heads, N, M] is the probe site `.attentionWeights` at this layer's path.
public struct Attention: Sendable {
  /// The diffusers module path.
  public let path: String
  /// How many heads share the features, d = C/heads each.
  public let heads: Int
  /// W_Q: [C, C].
  public let toQ: Linear
  /// W_K: [C, contextFeatures].
  public let toK: Linear
  /// W_V: [C, contextFeatures].
  public let toV: Linear
  /// What the heads' outputs go through, [C, C].
  public let toOut: Linear

  /// - Parameters:
  ///   - features: of the tokens that ask, C.
  ///   - contextFeatures: of the tokens that are asked, when these are others.
  ///   - heads: how many, each with its share of the features.
  ///   - bias: whether Q, K and V have one; the output always has.
  ///   - scope: where its parameters lie.
  /// - Precondition: `heads` divides `features`.
  public init(
    _ features: Int, context contextFeatures: Int? = nil, heads: Int, bias: Bool = false,
    in scope: ParameterScope
  ) throws {
    path = scope.path
    self.heads = heads
    let asked = contextFeatures ?? features
    toQ = try Linear(features, features, bias: bias, in: scope["to_q"])
    toK = try Linear(asked, features, bias: bias, in: scope["to_k"])
    toV = try Linear(asked, features, bias: bias, in: scope["to_v"])
    toOut = try Linear(features, features, in: scope["to_out"][0])
  }

  /// - Parameters:
  ///   - x: [B, N, C]
  ///   - context: [B, M, contextFeatures]; x itself when nil.
  ///   - residual: [B, N, C], added to the layer's output.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, N, C]
  public func callAsFunction(
    _ x: Tensor, context: Tensor? = nil, adding residual: Tensor? = nil, _ pass: ForwardPass
  ) -> Tensor {
    pass.layer(path, .attention, x.shape, adding: residual) { residual in
      attend(x, to: context, adding: residual, pass)
    }
  }

  fileprivate func attend(
    _ x: Tensor, to context: Tensor?, adding residual: Tensor?, _ pass: ForwardPass
  ) -> Tensor {
    let q = toQ(x, pass)
    let (k, v) =
      if let context { pass.keysAndValues(self, of: context) } else { (toK(x, pass), toV(x, pass)) }
    return toOut(pass.attention(q, k, v, heads: heads, at: path), adding: residual, pass)
  }
}

/// Self-attention over the pixels of an image with one head, as in the autoencoders:
/// x + to_out(attention(group_norm(x))).
public struct ImageAttention: Sendable {
  /// The diffusers module path.
  public let path: String
  /// What the pixels are normalised by.
  public let groupNorm: GroupNorm
  /// One head over all channels; each of its four projections has a bias.
  public let attention: Attention

  /// Makes the layer at `scope`.
  /// - Throws: `CheckpointError`.
  public init(
    _ channels: Int, groups: Int, epsilon: Float, in scope: ParameterScope
  ) throws {
    path = scope.path
    groupNorm = try GroupNorm(
      channels, groups: groups, epsilon: epsilon, in: scope["group_norm"])
    attention = try Attention(channels, heads: 1, bias: true, in: scope)
  }

  /// - Parameters:
  ///   - x: [B, H, W, C]
  ///   - pass: which probe looks on and which tape records.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .attention, x.shape) {
      let shape = [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]
      let tokens = groupNorm(x, pass).reshaped(shape)
      return attention.attend(tokens, to: nil, adding: x.reshaped(shape), pass)
        .reshaped(x.shape)
    }
  }
}
