import Tensors

/// Two convolutions around the identity (diffusers' `ResnetBlock2D`):
///
///     h = conv1(SiLU(norm1(x)));  h += W·SiLU(e);  h = conv2(SiLU(norm2(h)));  y = x + h
///
/// with e the time embedding, where there is one, and x through a 1×1 convolution where the number
/// of channels changes.
public struct ResnetBlock: Sendable {
  /// The diffusers module path.
  public let path: String
  /// Before the first convolution.
  public let norm1: GroupNorm
  /// 3×3, from inputs to outputs.
  public let conv1: Convolution2d
  /// W: from the time embedding to one number per output channel; nil without time.
  public let timeProjection: Linear?
  /// Before the second convolution.
  public let norm2: GroupNorm
  /// 3×3, from outputs to outputs.
  public let conv2: Convolution2d
  /// The 1×1 convolution on x; nil where the number of channels stays.
  public let shortcut: Convolution2d?

  /// - Parameters:
  ///   - inputs: channels before the block.
  ///   - outputs: channels behind it.
  ///   - timeFeatures: of the time embedding; nil without one.
  ///   - groups: of the group norms.
  ///   - epsilon: of the group norms.
  ///   - scope: where its parameters lie.
  public init(
    _ inputs: Int, _ outputs: Int, timeFeatures: Int? = nil, groups: Int, epsilon: Float,
    in scope: ParameterScope
  ) throws {
    path = scope.path
    norm1 = try GroupNorm(inputs, groups: groups, epsilon: epsilon, in: scope["norm1"])
    conv1 = try Convolution2d(inputs, outputs, in: scope["conv1"])
    timeProjection = try timeFeatures.map { try Linear($0, outputs, in: scope["time_emb_proj"]) }
    norm2 = try GroupNorm(outputs, groups: groups, epsilon: epsilon, in: scope["norm2"])
    conv2 = try Convolution2d(outputs, outputs, in: scope["conv2"])
    shortcut =
      try inputs == outputs
      ? nil : Convolution2d(inputs, outputs, kernel: 1, in: scope["conv_shortcut"])
  }

  /// - Parameters:
  ///   - x: [B, H, W, inputs]
  ///   - activatedTime: SiLU(e), shape [B, timeFeatures]: the same for all blocks, so that it is
  ///     computed once.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, H, W, outputs]
  public func callAsFunction(
    _ x: Tensor, activatedTime: Tensor? = nil, _ pass: ForwardPass
  ) -> Tensor {
    pass.layer(path, .resnetBlock, x.shape) {
      let time = activatedTime.flatMap { timeProjection?($0, pass) }
      let h = conv1(norm1(x, thenSiLU: true, pass), addingVectors: time, pass)
      return conv2(
        norm2(h, thenSiLU: true, pass), adding: shortcut?(x, pass) ?? x, pass)
    }
  }
}
