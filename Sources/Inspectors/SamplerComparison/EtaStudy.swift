import Diffusion
import Foundation
import Tensors

/// From DDIM to DDPM: how much fresh noise a walk draws, and what that does to where it ends.
package struct EtaStudy: Sendable {
  /// One walk of all particles: a row of `eta.csv`.
  package struct Row: Sendable {
    /// η
    package let eta: Double
    package let steps: Int
    /// From where the exact solution takes the same noise: half of the particles lie nearer.
    package let distanceToExact: Double
    /// Between what is drawn and what the exact solution draws.
    package let energyDistance: Double
  }

  package let rows: [Row]
  /// The largest difference between the points of DDIM with η = 1 and of DDPM, same noise throughout.
  package let ddpmDifference: Double

  /// η, from DDIM to DDPM.
  package static let etas = [0, 0.25, 0.5, 0.75, 1]
  /// Divisors of 1000.
  package static let steps = [5, 10, 20, 50, 200]

  /// - Parameters:
  ///   - noise: x_T in DDPM's space, one row for each particle.
  ///   - schedule: the model's, of 1000 timesteps.
  package init(noise: [PlaneMixture.Point], schedule: NoiseSchedule, seed: UInt64) throws {
    let flow = ProbabilityFlow(.clouds, density: 40)
    let top = schedule.level(at: schedule.count - 1)
    let exact = flow.carry(noise.map { $0 / top.signalScale }, from: top.sigma, to: 0)
    let walks = Self.etas.flatMap { eta in Self.steps.map { (eta: eta, steps: $0) } }
    rows = try Threads.map(walks.count) { index in
      let (eta, steps) = walks[index]
      let points = try Self.end(
        DDIMSampler(schedule, steps: steps, eta: eta, clipRange: nil), noise, schedule, seed)
      return Row(
        eta: eta, steps: steps, distanceToExact: medianDistance(points, exact),
        energyDistance: energyDistance(points, exact))
    }
    ddpmDifference = try Self.ddpmDifference(eta: 1, noise: noise, schedule, seed: seed)
  }

  /// Where a sampler takes the noise.
  private static func end(
    _ sampler: any Sampler, _ noise: [PlaneMixture.Point], _ schedule: NoiseSchedule, _ seed: UInt64
  ) -> [PlaneMixture.Point] {
    ToyWalk(
      sampler, from: noise.map { $0 / sampler.plan[0].from.signalScale },
      predictor: PlanePredictor(.clouds, schedule: schedule),
      generator: TorchGenerator(seed: seed)
    ).end
  }

  /// The largest difference between the points of DDIM and of DDPM after 50 steps.
  /// - Parameter eta: 1, unless a test wants another one.
  package static func ddpmDifference(
    eta: Double, noise: [PlaneMixture.Point], _ schedule: NoiseSchedule, seed: UInt64
  ) throws -> Double {
    let ddim = try end(
      DDIMSampler(schedule, steps: 50, eta: eta, clipRange: nil), noise, schedule, seed)
    let ddpm = try end(DDPMSampler(schedule, steps: 50, clipRange: nil), noise, schedule, seed)
    return zip(ddim, ddpm).map { distance($0, $1) }.max() ?? 0
  }
}

/// How different two clouds of points are as distributions; 0 when they are the same.
///
///     √( 2·E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖ )                      Székely, Rizzo (2013)
package func energyDistance(_ a: [PlaneMixture.Point], _ b: [PlaneMixture.Point]) -> Double {
  func mean(_ a: [PlaneMixture.Point], _ b: [PlaneMixture.Point]) -> Double {
    a.reduce(0) { sum, p in sum + b.reduce(0) { $0 + distance(p, $1) } }
      / Double(a.count * b.count)
  }
  return max(2 * mean(a, b) - mean(a, a) - mean(b, b), 0).squareRoot()
}
