import Tensors

/// The two-layer network of a transformer block, gated: W₂·(a ⊙ GELU(b)) with [a, b] = W₁·x
/// (GEGLU, Shazeer 2020, arXiv:2002.05202), four times as wide inside.
public struct FeedForward: Sendable {
  /// The diffusers module path.
  public let path: String
  /// W₁: from C to 8C, both halves of the gate.
  public let projectionIn: Linear
  /// W₂: from 4C back to C.
  public let projectionOut: Linear

  /// Makes the layer at `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ features: Int, in scope: ParameterScope) throws {
    path = scope.path
    projectionIn = try Linear(features, 8 * features, in: scope["net"][0]["proj"])
    projectionOut = try Linear(4 * features, features, in: scope["net"][2])
  }

  /// - Parameters:
  ///   - x: [B, N, C]
  ///   - residual: [B, N, C], added to the layer's output.
  ///   - pass: which probe looks on and which tape records.
  public func callAsFunction(
    _ x: Tensor, adding residual: Tensor? = nil, _ pass: ForwardPass
  ) -> Tensor {
    pass.layer(path, .feedForward, x.shape, adding: residual) { residual in
      let gated = pass.gatedLinear(x, projectionIn, at: "\(path).net.0")
      return projectionOut(gated, adding: residual, pass)
    }
  }
}

/// Self-attention, cross-attention and feed-forward, each on normalised tokens and added to them.
public struct TransformerBlock: Sendable {
  /// The diffusers module path.
  public let path: String
  /// Before self-attention.
  public let norm1: LayerNorm
  /// Self-attention.
  public let attn1: Attention
  /// Before cross-attention.
  public let norm2: LayerNorm
  /// Cross-attention to the context.
  public let attn2: Attention
  /// Before the feed-forward network.
  public let norm3: LayerNorm
  /// The network after both attentions.
  public let feedForward: FeedForward

  /// Makes the block at `scope`.
  /// - Parameters:
  ///   - features: of each token, C.
  ///   - context: features of each context token, D.
  ///   - heads: of each attention.
  ///   - scope: where its parameters lie.
  /// - Throws: `CheckpointError`.
  public init(
    _ features: Int, context: Int, heads: Int, in scope: ParameterScope
  ) throws {
    path = scope.path
    norm1 = try LayerNorm(features, in: scope["norm1"])
    attn1 = try Attention(features, heads: heads, in: scope["attn1"])
    norm2 = try LayerNorm(features, in: scope["norm2"])
    attn2 = try Attention(features, context: context, heads: heads, in: scope["attn2"])
    norm3 = try LayerNorm(features, in: scope["norm3"])
    feedForward = try FeedForward(features, in: scope["ff"])
  }

  /// - Parameters:
  ///   - x: [B, N, C]; or [B/n, N, C], the same images under each n-th part of the context.
  ///   - context: [B, M, D]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, N, C]
  public func callAsFunction(_ x: Tensor, context: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .transformerBlock, x.shape) {
      var h = attn1(norm1(x, pass), adding: x, pass)
      h = pass.repeated(h, to: context.shape[0])
      h = attn2(norm2(h, pass), context: context, adding: h, pass)
      return feedForward(norm3(h, pass), adding: h, pass)
    }
  }
}

/// Transformer blocks over the pixels of an image (diffusers' `Transformer2DModel`): normalise,
/// project, treat pixels as tokens, project back, add the input.
public struct SpatialTransformer: Sendable {
  /// The diffusers module path.
  public let path: String
  /// Before the projection in.
  public let norm: GroupNorm
  /// A 1×1 convolution or a linear layer: on channels-last pixels these are the same.
  public let projectionIn: Projection
  /// One after the other.
  public let blocks: [TransformerBlock]
  /// Back to the image's channels.
  public let projectionOut: Projection

  /// Makes the transformer at `scope`.
  /// - Parameters:
  ///   - channels: of the image, C.
  ///   - context: features of each context token, D.
  ///   - heads: of each attention.
  ///   - depth: how many blocks.
  ///   - groups: of the group norm.
  ///   - linearProjection: whether linear layers lead in and out; otherwise convolutions of 1×1.
  ///   - scope: where its parameters lie.
  /// - Throws: `CheckpointError`.
  public init(
    _ channels: Int, context: Int, heads: Int, depth: Int, groups: Int, linearProjection: Bool,
    in scope: ParameterScope
  ) throws {
    path = scope.path
    norm = try GroupNorm(channels, groups: groups, epsilon: 1e-6, in: scope["norm"])
    projectionIn = try Projection(channels, linear: linearProjection, in: scope["proj_in"])
    blocks = try (0..<depth).map {
      try TransformerBlock(
        channels, context: context, heads: heads, in: scope["transformer_blocks"][$0])
    }
    projectionOut = try Projection(channels, linear: linearProjection, in: scope["proj_out"])
  }

  /// - Parameters:
  ///   - x: [B, H, W, C]; or [B/n, H, W, C], the same images under each n-th part of the context.
  ///   - context: [B, M, D]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, H, W, C]
  public func callAsFunction(_ x: Tensor, context: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .transformer, x.shape) {
      var tokens = projectionIn(norm(x, pass), pass)
        .reshaped([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]])
      for block in blocks { tokens = block(tokens, context: context, pass) }
      let x = pass.repeated(x, to: tokens.shape[0])
      return projectionOut(tokens.reshaped(x.shape), adding: x, pass)
    }
  }
}

/// A linear map of each pixel's channels, stored as a 1×1 convolution or as a linear layer.
public enum Projection: Sendable {
  /// Stored with weights [C, C, 1, 1].
  case convolution(Convolution2d)
  /// Stored with weights [C, C].
  case linear(Linear)

  init(_ channels: Int, linear: Bool, in scope: ParameterScope) throws {
    self =
      try linear
      ? .linear(Linear(channels, channels, in: scope))
      : .convolution(Convolution2d(channels, channels, kernel: 1, in: scope))
  }

  /// - Parameters:
  ///   - x: [B, H, W, C]
  ///   - residual: the same shape, added to the layer's output.
  ///   - pass: which probe looks on and which tape records.
  public func callAsFunction(
    _ x: Tensor, adding residual: Tensor? = nil, _ pass: ForwardPass
  ) -> Tensor {
    switch self {
    case .convolution(let layer): layer(x, adding: residual, pass)
    case .linear(let layer): layer(x, adding: residual, pass)
    }
  }
}
