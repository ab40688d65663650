import Foundation

/// How the noise levels of a walk are spread between the noisiest and the cleanest.
public enum SigmaSpacing: String, CaseIterable, Sendable {
  /// At the timesteps that the model was trained with.
  case timesteps = "model"
  /// In equal steps of σ^{1/7}: many small steps near the image.
  ///
  ///     σ_i = ( σ_max^{1/ρ} + i/(S − 1) · (σ_min^{1/ρ} − σ_max^{1/ρ}) )^ρ,  ρ = 7
  ///
  /// Source: Karras et al. (arXiv:2206.00364) Eq. 5.
  case karras
  /// In equal steps of ln σ.
  case exponential
  /// At the quantiles of a beta distribution: small steps at both ends.
  ///
  ///     σ_i = σ_min + Q(1 − i/(S − 1)) · (σ_max − σ_min),  Q the quantile of Beta(0.6, 0.6)
  ///
  /// Source: Lee et al. (arXiv:2407.12173) §3.2, whose timesteps diffusers makes σ.
  case beta

  /// What a scheduler file of diffusers calls it; nil for the model's own timesteps.
  var key: String? {
    switch self {
    case .timesteps: nil
    case .karras: "use_karras_sigmas"
    case .exponential: "use_exponential_sigmas"
    case .beta: "use_beta_sigmas"
    }
  }

  /// σ of S steps, noisiest first; nil where the timesteps decide.
  func sigmas(_ steps: Int, from highest: Double, to lowest: Double) -> [Double]? {
    let (there, back): ((Double) -> Double, (Double) -> Double)
    switch self {
    case .timesteps: return nil
    case .karras: (there, back) = ({ pow($0, 1 / 7) }, { pow($0, 7) })
    case .exponential: (there, back) = ({ log($0) }, { exp($0) })
    case .beta:
      let (width, distribution) = (highest - lowest, BetaDistribution(alpha: 0.6, beta: 0.6))
      (there, back) = ({ $0 }, { lowest + width * distribution.quantile(($0 - lowest) / width) })
    }
    let (first, last) = (there(highest), there(lowest))
    return (0..<steps).map { i in
      back(first + (steps > 1 ? Double(i) / Double(steps - 1) : 0) * (last - first))
    }
  }
}

/// Ends of spread noise levels that a configuration names; nil for the schedule's own.
public struct SigmaRange: Sendable, Equatable {
  /// σ of the cleanest and of the noisiest level.
  public var lowest, highest: Double?

  /// Ends as a scheduler file's `sigma_min` and `sigma_max` give them.
  public init(lowest: Double? = nil, highest: Double? = nil) {
    (self.lowest, self.highest) = (lowest, highest)
  }
}

extension NoiseSchedule {
  /// The timestep at which the noise is `sigma` times the signal, ln σ interpolated linearly;
  /// 0-based, between 0 and T − 1.
  func timestep(ofSigma sigma: Double) -> Double {
    let above = (0..<count).first { level(at: $0).sigma > sigma } ?? count - 1
    guard above > 0 else { return 0 }
    let (low, high) = (log(level(at: above - 1).sigma), log(level(at: above).sigma))
    return Double(above - 1) + min(max((log(sigma) - low) / (high - low), 0), 1)
  }

  /// The noise levels of these σ.
  /// - Parameter seen: the timestep that the model is told, from the one that σ lies at.
  func levels(
    ofSigmas sigmas: [Double], seen: (Double) -> Double = { $0 }
  ) -> [NoiseLevel] {
    sigmas.map { NoiseLevel(t: seen(timestep(ofSigma: $0)), sigma: $0) }
  }
}
