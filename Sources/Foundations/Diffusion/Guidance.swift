import Tensors

/// Classifier-free guidance: away from what the model says without the condition.
///
///     ε = ε_u + s · (ε_c − ε_u)                                   Ho, Salimans (arXiv:2207.12598)
///
/// The paper's w is s − 1: it writes (1 + w)·ε_c − w·ε_u.
public struct Guidance: Sendable {
  /// ε_u: the output without the condition.
  public let unconditional: Tensor
  /// ε_c: the output with it.
  public let conditional: Tensor
  /// s; 1 is no guidance.
  public let scale: Double

  /// Two outputs of one shape, to be combined.
  public init(unconditional: Tensor, conditional: Tensor, scale: Double) {
    self.unconditional = unconditional
    self.conditional = conditional
    self.scale = scale
  }

  /// ε_u + s · (ε_c − ε_u).
  public var combined: Tensor {
    .combination(1, unconditional, scale, conditional - unconditional)
  }
}
