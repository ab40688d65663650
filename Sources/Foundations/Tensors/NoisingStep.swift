import CKernels

/// The factors of one step of the forward chain; see ``Tensor/noisingStep(_:original:fresh:chain:composed:)``.
public struct NoisingFactors: Sendable {
  /// x_t = signalStep · x_{t−1} + noiseStep · n_t
  public let signalStep: Float
  /// √β_t, the factor of n_t in x_t.
  public let noiseStep: Float
  /// ε_t = composedKeep · ε_{t−1} + composedFresh · n_t
  public let composedKeep: Float
  /// √β_t / √(1 − ᾱ_t), the factor of n_t in ε_t.
  public let composedFresh: Float
  /// closed form: signalClosed · x_0 + noiseClosed · ε_t
  public let signalClosed: Float
  /// √(1 − ᾱ_t), the factor of ε_t in the closed form.
  public let noiseClosed: Float

  /// Factors in the order of the two equations.
  public init(
    signalStep: Float, noiseStep: Float, composedKeep: Float, composedFresh: Float,
    signalClosed: Float, noiseClosed: Float
  ) {
    self.signalStep = signalStep
    self.noiseStep = noiseStep
    self.composedKeep = composedKeep
    self.composedFresh = composedFresh
    self.signalClosed = signalClosed
    self.noiseClosed = noiseClosed
  }
}

/// What one step of the forward chain measured over all elements, in double precision.
public struct NoisingMeasures: Sendable, Equatable {
  /// max |x_t − closed form|; infinity when either holds a NaN.
  public let residual: Double
  /// Σ x_t / n
  public let mean: Double
  /// Σ x_t² / n
  public let meanSquare: Double
  /// Σ (x_t − x_0)² / n
  public let meanSquaredError: Double
}

extension Tensor {
  /// One step of the forward chain and its check against the closed form, in one pass over memory.
  ///
  ///     x_t    = signalStep · x_{t−1} + noiseStep · n_t              DDPM (arXiv:2006.11239) Eq. 2
  ///     ε_t    = composedKeep · ε_{t−1} + composedFresh · n_t        all noise so far as one ε
  ///     closed = signalClosed · x_0 + noiseClosed · ε_t              DDPM Eq. 4
  ///
  /// The sums are taken over fixed parts in a fixed order: the measures do not depend on how many
  /// threads there are.
  /// - Parameters:
  ///   - factors: of this step.
  ///   - original: x_0.
  ///   - fresh: n_t ~ N(0, I), the noise of this step.
  ///   - chain: x_{t−1}, which becomes x_t.
  ///   - composed: ε_{t−1}, which becomes ε_t.
  /// - Precondition: the four shapes are equal.
  public static func noisingStep(
    _ factors: NoisingFactors, original: Tensor, fresh: Tensor, chain: inout Tensor,
    composed: inout Tensor
  ) -> NoisingMeasures {
    precondition(
      original.shape == fresh.shape && original.shape == chain.shape
        && original.shape == composed.shape,
      "shapes differ: \(original.shape), \(fresh.shape), \(chain.shape), \(composed.shape)")
    let count = original.count
    let part = 1 << 14
    let factors = ck_noising_factors(
      signal_step: factors.signalStep, noise_step: factors.noiseStep,
      composed_keep: factors.composedKeep, composed_fresh: factors.composedFresh,
      signal_closed: factors.signalClosed, noise_closed: factors.noiseClosed)
    let parts = (count + part - 1) / part
    let sums = [ck_noising_sums](unsafeUninitializedCapacity: parts) { sums, written in
      original.withUnsafeElements { original in
        fresh.withUnsafeElements { fresh in
          chain.withUnsafeMutableElements { chain in
            composed.withUnsafeMutableElements { composed in
              Threads.split(parts, grain: 2) { range in
                for index in range {
                  let start = index * part
                  sums[index] = ck_noising_step(
                    factors, original.baseAddress.map { $0 + start },
                    fresh.baseAddress.map { $0 + start }, chain.baseAddress.map { $0 + start },
                    composed.baseAddress.map { $0 + start }, min(part, count - start))
                }
              }
            }
          }
        }
      }
      written = parts
    }
    let n = Double(max(count, 1))
    return NoisingMeasures(
      residual: sums.map(\.residual).max() ?? 0, mean: sums.reduce(0) { $0 + $1.sum } / n,
      meanSquare: sums.reduce(0) { $0 + $1.sum_of_squares } / n,
      meanSquaredError: sums.reduce(0) { $0 + $1.squared_distance } / n)
  }
}
