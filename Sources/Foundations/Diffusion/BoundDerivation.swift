import Foundation

/// The way from −log p_θ(x_0) to the three terms of the bound, line by line as DDPM (arXiv:2006.11239)
/// goes it in appendix A, Eq. 17 to 22, each part with its number in bits per dimension.
///
/// All factors are Gaussians, and what a model adds is the error of x̂_0: so each expectation over q is
/// known in closed form, and each line can be added up by itself. All must give the same sum.
public struct BoundDerivation: Sendable {
  /// What stands in a line.
  public enum Part: String, CaseIterable, Sendable {
    /// E[−log p(x_T)]
    case prior
    /// Σ_{t>1} E[−log p_θ(x_{t−1} | x_t)]
    case reverse
    /// E[−log p_θ(x_0 | x_1)] = L_0
    case decoder
    /// E[log q(x_{1:T} | x_0)] = Σ_t E[log q(x_t | x_{t−1})]
    case forward
    /// Σ_{t>1} E[log q(x_t | x_{t−1})]
    case laterForward
    /// E[log q(x_1 | x_0)]
    case firstForward
    /// Σ_{t>1} E[log q(x_{t−1} | x_t, x_0)]
    case posterior
    /// Σ_{t>1} E[log q(x_t | x_0) − log q(x_{t−1} | x_0)]
    case marginals
    /// E[log q(x_T | x_0)]
    case lastMarginal
    /// L_T
    case priorDivergence
    /// Σ_{t>1} L_{t−1}
    case stepDivergences
  }

  /// An equation of the paper with its parts.
  public struct Line: Sendable {
    /// The paper's number.
    public let equation: Int
    /// The parts in the order in which they stand, in bits per dimension.
    public let parts: [(part: Part, bits: Double)]
    /// Their sum.
    public var total: Double { parts.reduce(0) { $0 + $1.bits } }
  }

  /// Equations 17 to 22.
  public let lines: [Line]

  /// The largest difference between the sums of two lines.
  public var residual: Double {
    let totals = lines.map(\.total)
    return (totals.max() ?? 0) - (totals.min() ?? 0)
  }

  /// The lines for the data and the model of a profile.
  public init(_ profile: BoundProfile) {
    let values = Self.values(profile)
    lines = Self.order.map { equation, parts in
      Line(equation: equation, parts: parts.map { ($0, values[$0, default: .nan]) })
    }
  }

  private static let order: [(Int, [Part])] = [
    (17, [.prior, .reverse, .decoder, .forward]),
    (18, [.prior, .reverse, .decoder, .laterForward, .firstForward]),
    (19, [.prior, .reverse, .laterForward, .decoder, .firstForward]),
    (20, [.prior, .reverse, .posterior, .marginals, .decoder, .firstForward]),
    (21, [.prior, .lastMarginal, .reverse, .posterior, .decoder]),
    (22, [.priorDivergence, .stepDivergences, .decoder]),
  ]

  private static func values(_ profile: BoundProfile) -> [Part: Double] {
    let schedule = profile.bound.schedule
    let last = schedule.level(at: schedule.count - 1)
    func sum(from first: Int = 1, _ term: (Int) -> Double) -> Double {
      (first..<schedule.count).reduce(0) { $0 + term($1) }
    }
    /// E[log N] of a Gaussian under itself: minus its entropy.
    func own(_ variance: Double) -> Double { -(log(2 * .pi * variance) + 1) / 2 }
    func marginal(_ t: Int) -> Double { own(1 - schedule.level(at: t).alphaCumprod) }
    let nats: [Part: Double] = [
      .prior:
        (log(2 * .pi) + last.alphaCumprod * profile.meanSquare + 1 - last.alphaCumprod) / 2,
      .reverse: sum { t in
        // x_{t−1} lies around μ̃ with variance β̃, and μ̃ lies c_0·(x_0 − x̂_0) off the model's mean.
        let (posterior, variance) = (schedule.posterior(at: t), profile.bound.stepVariance(at: t))
        let shift = posterior.originalCoefficient * posterior.originalCoefficient
        let square = posterior.variance + shift * profile.steps[t].originalError
        return (log(2 * .pi * variance) + square / variance) / 2
      },
      .forward: sum(from: 0) { own(schedule.betas[$0]) },
      .laterForward: sum { own(schedule.betas[$0]) },
      .firstForward: own(schedule.betas[0]),
      .posterior: sum { own(schedule.posterior(at: $0).variance) },
      .marginals: sum { marginal($0) - marginal($0 - 1) },
      .lastMarginal: marginal(schedule.count - 1),
    ]
    return nats.mapValues { $0 / M_LN2 }.merging([
      .decoder: profile.decoder, .priorDivergence: profile.prior, .stepDivergences: profile.chain,
    ]) { first, _ in first }
  }
}
