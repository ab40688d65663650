import Foundation

/// How wrong a prediction was at one timestep: what a term of the bound is made of.
public struct PredictionError: Sendable, Equatable {
  /// 0-based.
  public let t: Int
  /// The mean over dimensions of (ε − ε̂)².
  public let noise: Double
  /// The mean over dimensions of (x_0 − x̂_0)², x̂_0 as the bound uses it.
  public let original: Double

  /// The errors of one timestep.
  /// - Parameters:
  ///   - t: 0-based.
  ///   - noise: mean of (ε − ε̂)².
  ///   - original: mean of (x_0 − x̂_0)².
  public init(t: Int, noise: Double, original: Double) {
    (self.t, self.noise, self.original) = (t, noise, original)
  }
}

/// The bound of some data under one model: every term, and what it buys on the way from noise to
/// picture (progressive coding, DDPM §4.3).
///
/// Timesteps that were not asked borrow their errors from their neighbours: what x̂_0 misses, in units
/// of the noise, changes slowly with ln(t + 1). The weights of their terms are their own.
public struct BoundProfile: Sendable {
  /// One timestep of the chain, 0-based.
  public struct Step: Sendable {
    /// 0-based.
    public let t: Int
    /// The term of the step from x_t to x_{t−1} in bits per dimension; at t = 0 L_0.
    public let bits: Double
    /// The bits that a squared error of ε̂ of 1 costs.
    public let weight: Double
    /// The mean of (ε − ε̂)².
    public let noiseError: Double
    /// The mean of (x_0 − x̂_0)².
    public let originalError: Double
    /// The bits per dimension spent until x_t is known: L_T and the terms of all later timesteps.
    public let rate: Double
    /// The root mean square of x_0 − x̂_0 on the scale 0…255: what x̂_0 still misses then.
    public var distortion: Double { 127.5 * originalError.squareRoot() }
  }

  /// The bound whose terms these are.
  public let bound: LikelihoodBound
  /// The mean square of x_0.
  public let meanSquare: Double
  /// L_T
  public let prior: Double
  /// Every timestep, t = 0 first.
  public let steps: [Step]
  /// The timesteps whose errors were measured, rising.
  public let measured: [Int]

  /// L_0
  public var decoder: Double { steps[0].bits }
  /// Σ L_{t−1}
  public var chain: Double { steps.dropFirst().reduce(0) { $0 + $1.bits } }
  /// L, in bits per dimension.
  public var total: Double { prior + chain + decoder }

  /// - Parameters:
  ///   - bound: whose terms are wanted.
  ///   - meanSquare: the mean over dimensions of x_0².
  ///   - decoder: L_0, as `LikelihoodBound.decoderTerm` gives it.
  ///   - errors: of some timesteps, rising; the first is t = 0.
  /// - Precondition: t = 0 is among them, none twice, all in the schedule.
  public init(
    _ bound: LikelihoodBound, meanSquare: Double, decoder: Double, errors: [PredictionError]
  ) {
    precondition(
      errors.first?.t == 0 && zip(errors, errors.dropFirst()).allSatisfy { $0.t < $1.t }
        && errors.allSatisfy { $0.t < bound.schedule.count },
      "errors at \(errors.map(\.t)) of \(bound.schedule.count) timesteps")
    (self.bound, self.meanSquare) = (bound, meanSquare)
    measured = errors.map(\.t)
    prior = bound.priorTerm(meanSquare: meanSquare)
    let all = Self.everywhere(errors, bound.schedule)
    var rate = prior
    var steps: [Step] = []
    for error in all.reversed() {
      let t = error.t
      let bits = t == 0 ? decoder : bound.stepTerm(at: t, originalError: error.original)
      steps.append(
        Step(
          t: t, bits: bits, weight: bound.noiseWeight(at: t), noiseError: error.noise,
          originalError: error.original, rate: rate))
      rate += bits
    }
    self.steps = steps.reversed()
  }

  /// The errors of every timestep; those between two that were measured on a straight line in
  /// ln(t + 1), x̂_0's in units of the noise.
  private static func everywhere(
    _ errors: [PredictionError], _ schedule: NoiseSchedule
  ) -> [PredictionError] {
    var above = 0
    return (0..<schedule.count).map { t in
      while above < errors.count - 1, errors[above].t < t { above += 1 }
      let (right, left) = (errors[above], errors[max(above - 1, 0)])
      guard left.t < t, t < right.t else {
        return t == right.t ? right : at(t, right, right, 0, schedule)
      }
      let share =
        log(Double(t + 1) / Double(left.t + 1)) / log(Double(right.t + 1) / Double(left.t + 1))
      return at(t, left, right, share, schedule)
    }
  }

  private static func at(
    _ t: Int, _ left: PredictionError, _ right: PredictionError, _ share: Double,
    _ schedule: NoiseSchedule
  ) -> PredictionError {
    func inNoise(_ error: PredictionError) -> Double {
      error.original * schedule.level(at: error.t).snr
    }
    func between(_ a: Double, _ b: Double) -> Double { a + share * (b - a) }
    return PredictionError(
      t: t, noise: between(left.noise, right.noise),
      original: between(inNoise(left), inNoise(right)) / schedule.level(at: t).snr)
  }
}

// MARK: - Rate and distortion

extension BoundProfile {
  /// Where the semantic stage ends and the perceptual one begins, read off the rate–distortion curve:
  /// its point farthest below the chord between its ends (Satopaa et al., "Finding a 'Kneedle' in a
  /// haystack", ICDCS workshops 2011).
  ///
  /// The curve begins with nothing but L_T spent and ends where all is spent and nothing is missing.
  /// - Returns: the timestep, 0-based.
  public var bend: Int {
    guard let first = steps.last, total > first.rate, first.distortion > 0 else { return 0 }
    func below(_ step: Step) -> Double {
      1 - (step.rate - first.rate) / (total - first.rate) - step.distortion / first.distortion
    }
    return steps.max { below($0) < below($1) }?.t ?? 0
  }
}
