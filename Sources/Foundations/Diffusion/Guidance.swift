import Tensors

/// Classifier-free guidance: away from what the model says without the condition.
///
///     ε = ε_u + s · (ε_c − ε_u)                                   Ho, Salimans (arXiv:2207.12598)
///
/// The paper's w is s − 1: it writes (1 + w)·ε_c − w·ε_u.
public struct Guidance: Sendable {
  /// ε_u: the output without the condition, shape [B, …].
  public let unconditional: Tensor
  /// ε_c: the output with it, same shape.
  public let conditional: Tensor
  /// s; 1 is no guidance.
  public let scale: Double
  /// φ, how far the spread of the result goes back to that of ε_c; see `GuidanceRefinements`.
  public let rescale: Double

  /// Two outputs of one shape, to be combined.
  public init(unconditional: Tensor, conditional: Tensor, scale: Double, rescale: Double = 0) {
    self.unconditional = unconditional
    self.conditional = conditional
    self.scale = scale
    self.rescale = rescale
  }

  /// ε_u + s · (ε_c − ε_u), its spread brought back as far as `rescale` says.
  public var combined: Tensor {
    let guided = Tensor.combination(1, unconditional, scale, conditional - unconditional)
    guard rescale != 0 else { return guided }
    let rows = (0..<guided.shape[0]).map { row in
      let (guided, own) = (guided.rows(row..<row + 1), conditional.rows(row..<row + 1))
      let ratio = own.moments.std / guided.moments.std
      return ratio.isFinite ? guided.scaled(by: Float(rescale * ratio + 1 - rescale)) : guided
    }
    return .concatenated(rows, along: 0)
  }
}

/// What was found to make large scales bearable. By default nothing of it.
public struct GuidanceRefinements: Sendable, Equatable {
  /// φ: the result is moved towards one with the spread of ε_c, each picture by itself.
  ///
  ///     ε' = φ · ε · std(ε_c)/std(ε) + (1 − φ) · ε        Lin et al. (arXiv:2305.08891) Eq. 15, 16
  ///
  /// 0 is no rescaling; the paper takes 0.7. As diffusers' `guidance_rescale`.
  public var rescale: Double
  /// Where guidance acts; nil for everywhere.
  public var interval: GuidanceInterval?

  /// - Parameters:
  ///   - rescale: φ, 0 for none.
  ///   - interval: where guidance acts; nil for everywhere.
  public init(rescale: Double = 0, interval: GuidanceInterval? = nil) {
    (self.rescale, self.interval) = (rescale, interval)
  }

  /// Whether guidance acts at a noise level.
  public func act(at level: NoiseLevel) -> Bool { interval?.contains(level) ?? true }
}

/// The noise levels at which guidance acts; at all others the condition alone is asked.
///
///     σ_low < σ ≤ σ_high,   σ = √((1 − ᾱ)/ᾱ)          Kynkäänniemi et al. (arXiv:2404.07724) §3
public struct GuidanceInterval: Sendable, Equatable {
  /// σ_low, outside the interval.
  public let low: Double
  /// σ_high, inside it.
  public let high: Double

  /// - Precondition: 0 ≤ low < high.
  public init(low: Double, high: Double) {
    precondition(0 <= low && low < high, "no interval from \(low) to \(high)")
    (self.low, self.high) = (low, high)
  }

  /// Whether a noise level lies in it.
  public func contains(_ level: NoiseLevel) -> Bool { low < level.sigma && level.sigma <= high }
}
