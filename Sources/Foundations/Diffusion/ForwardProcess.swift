import Foundation
import Tensors

/// The forward process q: from an image to noise.
public struct ForwardProcess: Sendable {
  /// How much noise each timestep adds.
  public let schedule: NoiseSchedule

  /// The process of a schedule.
  public init(_ schedule: NoiseSchedule) { self.schedule = schedule }

  /// Draws x_t from q(x_t | x_0) in one jump.
  ///
  ///     x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε                       DDPM (arXiv:2006.11239) Eq. 4
  ///
  /// Notation: `alphasCumprod[t]` is ᾱ_t; `t` is 0-based (paper: 1…T).
  /// - Parameters:
  ///   - original: x_0, shape [B, C, H, W], range [−1, 1].
  ///   - noise: ε ~ N(0, I), same shape.
  ///   - t: the timestep, 0-based.
  /// - Returns: x_t, same shape; unbounded.
  /// - Precondition: the shapes match and t lies in 0 ..< T.
  public func sample(original: Tensor, noise: Tensor, at t: Int) -> Tensor {
    schedule.level(at: t).noisy(original: original, noise: noise)
  }

  /// Goes from x_0 to x_T one step at a time, each with noise of its own.
  /// - Parameters:
  ///   - original: x_0, any shape.
  ///   - generator: where the noise comes from; one normal tensor is drawn for each step.
  public func chain(from original: Tensor, generator: TorchGenerator) -> NoisingChain {
    NoisingChain(process: self, original: original, generator: generator)
  }

  /// The factors of step t of the chain, and of its check against the closed form.
  ///
  ///     x_t = √α_t · x_{t−1} + √β_t · n_t                                       DDPM Eq. 2
  ///     ε_t = ( √α_t · √(1 − ᾱ_{t−1}) · ε_{t−1} + √β_t · n_t ) / √(1 − ᾱ_t)
  ///
  /// ε_t is all the noise so far as one standard normal; with it the closed form must give x_t.
  public func factors(at t: Int) -> NoisingFactors {
    let (level, merge) = (schedule.level(at: t), noiseMerge(at: t, since: 0))
    return NoisingFactors(
      signalStep: Float(schedule.alphas[t].squareRoot()), noiseStep: Float(merge.fresh),
      composedKeep: Float(merge.earlier / merge.merged),
      composedFresh: Float(merge.fresh / merge.merged),
      signalClosed: Float(level.signalScale), noiseClosed: Float(level.noiseScale))
  }
}

/// The iterated forward chain as a sequence of its steps: x_0 … x_{T−1} (0-based), lazily.
///
/// A step is computed when it is asked for, in place: hold on to a step's tensors only if you need
/// them later. The sequence draws from its generator, so that it can be walked once.
public struct NoisingChain: Sequence, IteratorProtocol {
  /// One step of the chain.
  public struct Step: Sendable {
    /// 0-based.
    public let t: Int
    /// x_t, reached step by step.
    public let sample: Tensor
    /// ε_t: all the noise added so far as one standard normal.
    public let composedNoise: Tensor
    /// The largest difference from the closed form, and the moments of x_t.
    public let measures: NoisingMeasures
  }

  private let process: ForwardProcess
  private let original: Tensor
  private let generator: TorchGenerator
  private var sample: Tensor
  private var composedNoise: Tensor
  private var t = 0

  init(process: ForwardProcess, original: Tensor, generator: TorchGenerator) {
    self.process = process
    self.original = original
    self.generator = generator
    sample = original
    composedNoise = .zeros(original.shape)
  }

  /// Makes the next step; nil after the last.
  public mutating func next() -> Step? {
    guard t < process.schedule.count else { return nil }
    let measures = Tensor.noisingStep(
      process.factors(at: t), original: original, fresh: generator.normal(original.shape),
      chain: &sample, composed: &composedNoise)
    defer { t += 1 }
    return Step(t: t, sample: sample, composedNoise: composedNoise, measures: measures)
  }
}

// MARK: - Two Gaussians are one

/// Two independent normal noises that add up to one: the step of the derivation of the closed form.
///
///     earlier · n_1 + fresh · n_2  ~  merged · n,   merged² = earlier² + fresh²
public struct NoiseMerge: Sendable, Equatable {
  /// √α_t · √(1 − α_{t−1} ⋯ α_s): the noise added since s, shrunk by step t.
  public let earlier: Double
  /// √(1 − α_t): the noise of step t itself.
  public let fresh: Double
  /// √(1 − α_t ⋯ α_s): one noise for both.
  public let merged: Double
}

extension ForwardProcess {
  /// The merging of the noise of step t with the noise of the steps s … t−1 before it.
  ///
  ///     √α_t · √(1 − α_{t−1} ⋯ α_s) · n_1 + √(1 − α_t) · n_2 = √(1 − α_t ⋯ α_s) · n
  ///
  /// With s = t − 1 this is the first merge of the textbook derivation; with s = 0 its last, after
  /// which only √ᾱ_t and √(1 − ᾱ_t) are left.
  /// - Parameters:
  ///   - t: 0-based, the later step.
  ///   - s: 0-based, the first step whose noise is gathered.
  /// - Precondition: 0 ≤ s ≤ t < T; with s = t there is nothing earlier.
  public func noiseMerge(at t: Int, since s: Int) -> NoiseMerge {
    precondition(0 <= s && s <= t && t < schedule.count, "no steps \(s)...\(t) in the schedule")
    let kept = schedule.level(at: t - 1).alphaCumprod / schedule.level(at: s - 1).alphaCumprod
    let alpha = schedule.alphas[t]
    return NoiseMerge(
      earlier: (alpha * (1 - kept)).squareRoot(), fresh: schedule.betas[t].squareRoot(),
      merged: (1 - alpha * kept).squareRoot())
  }
}

// MARK: - How far the end is from pure noise

extension ForwardProcess {
  /// L_T, how far q(x_T | x_0) is from N(0, I), in bits per dimension.
  ///
  ///     KL = ½ · ( ᾱ_T · x_0² − ᾱ_T − ln(1 − ᾱ_T) ) / ln 2, averaged over the dimensions
  ///
  /// Source: DDPM (arXiv:2006.11239) Eq. 5, first term; the mean over dimensions as in iDDPM.
  public func priorDivergence(of original: Tensor) -> Double {
    priorDivergence(meanSquare: original.moments.meanSquare)
  }

  /// The same for data whose mean square E[x_0²] is known.
  public func priorDivergence(meanSquare: Double) -> Double {
    let alphaCumprod = schedule.level(at: schedule.count - 1).alphaCumprod
    let signal = alphaCumprod * meanSquare - alphaCumprod
    return (signal - log1p(-alphaCumprod)) / (2 * log(2))
  }
}
