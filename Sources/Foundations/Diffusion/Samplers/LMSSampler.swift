import Tensors

/// A linear multistep method: the tangent between two σ as the polynomial through the last four.
///
///     x ← x + Σ_k c_k · d_{i−k},   c_k = ∫ from σ_i to σ_{i+1} of Π_{j≠k} (τ − σ_{i−j})/(σ_{i−k} − σ_{i−j}) dτ
///
/// Source: k-diffusion's `sample_lms` (Adams–Bashforth with uneven steps, order 4). A walk that begins
/// in the middle of the plan takes the coefficients of that place, with the tangents that it has: the
/// missing ones count as 0, as in diffusers.
public struct LMSSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// The standard deviation of the noise to start from.
  public let initialNoiseScale: Double
  /// How x is scaled between steps.
  public var space: SampleSpace { .varianceExploding }
  /// The last tangents, newest first.
  private var derivatives: [Tensor] = []

  private static let order = 4

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0,
    sigmas: SigmaSpacing = .timesteps
  ) throws {
    let plan = try SigmaPlan(
      schedule, steps: steps, spacing: spacing, offset: offset, endsClean: true,
      sigmas: sigmas)
    self.plan = plan.transitions
    initialNoiseScale = plan.initialNoiseScale
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let from = plan[index].from
    let evaluation = evaluate(predictor, x, at: from)
    let d = derivative(x, original: evaluation.predictedOriginal, at: from)
    derivatives = [d] + derivatives.prefix(Self.order - 1)
    let nodes = (0..<min(index + 1, Self.order)).map { plan[index - $0].from.sigma }
    let coefficients = Self.coefficients(nodes: nodes, to: plan[index].to.sigma)
    let mean = zip(coefficients, derivatives).reduce(x) { .combination(1, $0, $1.0, $1.1) }
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation], mean: mean)
  }

  /// The integral of each Lagrange polynomial over the nodes, from the first node to `end`.
  ///
  /// Gauss–Legendre with two points is exact up to degree 3, hence for the four nodes at most here.
  package static func coefficients(nodes: [Double], to end: Double) -> [Double] {
    let (middle, half) = ((nodes[0] + end) / 2, (end - nodes[0]) / 2)
    let points = [-1, 1].map { middle + $0 * half / 3.0.squareRoot() }
    return nodes.indices.map { k in
      points.reduce(0) { sum, tau in
        let product = nodes.indices.filter { $0 != k }.reduce(1.0) { product, j in
          product * (tau - nodes[j]) / (nodes[k] - nodes[j])
        }
        return sum + half * product
      }
    }
  }
}
