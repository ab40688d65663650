import Diffusion
import Foundation
import Tensors

/// How fast each sampler nears the exact solution on a mixture in the plane.
package struct ConvergenceStudy: Sendable {
  /// How the timesteps of the schedule lie.
  package enum Grid: String, CaseIterable, Sendable {
    /// Evenly in ln σ, where orders show.
    case even
    /// As the model was trained, where samplers walk in practice.
    case model
  }

  /// One walk: a row of `convergence.csv`.
  package struct Row: Sendable {
    package let grid: Grid
    package let sampler: SamplerName
    /// S, as asked for.
    package let steps: Int
    package let modelCalls: Int
    /// From the exact solution where only the noise of timestep 0 is left: half of the particles lie
    /// nearer.
    package let distanceToExact: Double
    /// From the same sampler's finest walk, likewise; nil for that walk itself.
    package let distanceToFinest: Double?
  }

  /// The order of one sampler: a row of `orders.csv`.
  package struct Order: Sendable {
    package let grid: Grid
    package let sampler: SamplerName
    package let fit: OrderFit
    /// The steps of the walks that it was fitted to: the finest ones above the rounding of Float32.
    package let steps: [Int]

    /// How far the fit is from what the formula promises; 0 where it may be more and is.
    package var departure: Double? {
      sampler.promisedOrder.map {
        sampler.mayExceedPromise ? max($0 - fit.order, 0) : abs(fit.order - $0)
      }
    }
  }

  package let rows: [Row]
  package let orders: [Order]
  /// The largest error of the exact solution.
  package let referenceError: Double

  /// Divisors of 1000, so that whole timesteps lie evenly.
  package static let steps = [5, 10, 20, 25, 40, 50, 100, 125, 200, 250, 500, 1000]

  /// The start, the end and what lies between, in x̃.
  private struct Problem {
    let schedule: NoiseSchedule
    let flow: ProbabilityFlow
    let start: [PlaneMixture.Point]
    let exact: [PlaneMixture.Point]

    var top: NoiseLevel { schedule.level(at: schedule.count - 1) }
  }

  /// - Parameters:
  ///   - samplers: which of them walk.
  ///   - noise: x_T in DDPM's space, one row for each particle.
  ///   - schedule: the model's, of 1000 timesteps.
  ///   - make: makes a sampler; a test breaks one here.
  package init(
    _ samplers: [SamplerName], noise: [PlaneMixture.Point], schedule: NoiseSchedule,
    mixture: PlaneMixture = .clouds, seed: UInt64, grids: [Grid] = Grid.allCases,
    make: (SamplerName, NoiseSchedule, Int, TimestepSpacing) throws -> any Sampler = {
      try ToySampler.make($0, $1, steps: $2, spacing: $3)
    }
  ) throws {
    let flow = ProbabilityFlow(mixture)
    let (top, bottom) = (schedule.level(at: schedule.count - 1), schedule.level(at: 0))
    let start = noise.map { $0 / top.signalScale }
    let exact = flow.carry(start, from: top.sigma, to: bottom.sigma)
    referenceError = flow.error(of: start, from: top.sigma, to: bottom.sigma)
    let problems = grids.map { grid in
      Problem(
        schedule: grid == .even ? schedule.evenInLogSigma : schedule, flow: flow, start: start,
        exact: exact)
    }
    let found = try Threads.map(grids.count * samplers.count) { index in
      let (grid, name) = (index / samplers.count, samplers[index % samplers.count])
      let walks = try Self.steps.map { steps in
        let sampler = try make(
          name, problems[grid].schedule, steps, grids[grid] == .even ? .leading : .linspace)
        return Self.walk(sampler, problems[grid], TorchGenerator(seed: seed))
      }
      return Self.rows(name, grids[grid], walks, exact: exact)
    }
    (rows, orders) = (found.flatMap { $0 }, found.compactMap(Self.order))
  }

  /// A walk that begins on the exact solution where its plan begins, so that the sampler's errors are
  /// all there are.
  private static func walk(
    _ sampler: any Sampler, _ problem: Problem, _ generator: TorchGenerator
  ) -> ToyWalk {
    let start = problem.flow.carry(
      problem.start, from: problem.top.sigma, to: sampler.plan[0].from.sigma)
    return ToyWalk(
      sampler, from: start,
      predictor: PlanePredictor(problem.flow.mixture, schedule: problem.schedule),
      generator: generator)
  }

  private static func rows(
    _ name: SamplerName, _ grid: Grid, _ walks: [ToyWalk], exact: [PlaneMixture.Point]
  ) -> [Row] {
    let finest = walks[walks.count - 1].atLeastNoise
    return zip(steps, walks).map { steps, walk in
      Row(
        grid: grid, sampler: name, steps: steps, modelCalls: walk.modelCalls,
        distanceToExact: medianDistance(walk.atLeastNoise, exact),
        distanceToFinest: steps == Self.steps.last
          ? nil : medianDistance(walk.atLeastNoise, finest))
    }
  }

  /// Below this, rounding to 24 bits at each step speaks louder than the method.
  package static let roundingFloor = 8e-6

  private static func order(_ rows: [Row]) -> Order? {
    guard let first = rows.first, !first.sampler.drawsNoise else { return nil }
    let fitted = rows.filter { $0.distanceToExact > roundingFloor }.suffix(6)
    guard fitted.count > 2 else { return nil }
    return Order(
      grid: first.grid, sampler: first.sampler,
      fit: OrderFit(
        calls: fitted.map { Double($0.modelCalls) }, errors: fitted.map(\.distanceToExact)),
      steps: fitted.map(\.steps))
  }
}

/// How far apart two sets of points lie in pairs: half of the pairs lie nearer.
///
/// A mean would be that of the few points that start between two clouds and end in the other one.
package func medianDistance(_ a: [PlaneMixture.Point], _ b: [PlaneMixture.Point]) -> Double {
  let sorted = zip(a, b).map { distance($0, $1) }.sorted()
  return sorted[sorted.count / 2]
}
