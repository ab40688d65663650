import Diffusion
import Foundation
import SamplerComparison
import Tensors
import Testing

/// DDIM's move along a weighted mean of the last noises: PLMS with weights of one's own.
private struct Multisteps: Sampler {
  let inner: DDIMSampler
  let weights: [[Double]]
  private let memory = Memory()

  /// The noises so far, newest first.
  private final class Memory: @unchecked Sendable { var noises: [Tensor] = [] }

  private struct Mean: NoisePredictor {
    let inner: any NoisePredictor
    let weights: [[Double]]
    let memory: Memory

    func predict(_ x: Tensor, at t: Double) -> Prediction { inner.predict(x, at: t) }
    func evaluate(_ x: Tensor, at level: NoiseLevel) -> Evaluation {
      memory.noises = [inner.evaluate(x, at: level).predictedNoise] + memory.noises.prefix(3)
      let parts = zip(weights[memory.noises.count - 1], memory.noises).map { Float($0) * $1 }
      return Evaluation(
        input: x, level: level, predictedNoise: parts.dropFirst().reduce(parts[0]) { $0 + $1 })
    }
  }

  init(_ schedule: NoiseSchedule, steps: Int, weights: [[Double]]) throws {
    inner = try DDIMSampler(schedule, steps: steps, endsClean: false, clipRange: nil)
    self.weights = weights
  }

  var plan: [Transition] { inner.plan }
  mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    inner.step(
      index, from: x, predictor: Mean(inner: predictor, weights: weights, memory: memory),
      generator: generator)
  }
}

@Suite("The order of convergence") struct ConvergenceStudyTests {
  static let schedule = NamedSchedule.scaledLinear.schedule()

  private func order(
    _ name: SamplerName, seed: UInt64 = 1,
    make: ((NoiseSchedule, Int) throws -> any Sampler)? = nil
  ) throws -> Double {
    let study = try ConvergenceStudy(
      [name], noise: TorchGenerator(seed: seed).normal([24, 2]).points, schedule: Self.schedule,
      seed: seed, grids: [.even]
    ) { name, schedule, steps, spacing in
      try make?(schedule, steps) ?? ToySampler.make(name, schedule, steps: steps, spacing: spacing)
    }
    #expect(study.referenceError < 1e-9)
    return try #require(study.orders.first).fit.order
  }

  @Test(
    "on the mixture against its exact solution: what each promises",
    arguments: [
      (SamplerName.ddim, 1.0), (.euler, 1), (.tcd, 1), (.heun, 2), (.kdpm2, 2), (.dpmSolver, 2),
      (.dpmSolver3M, 2), (.dpmSolver2S, 2), (.deis, 2),
    ])
  func promised(name: SamplerName, order: Double) throws {
    #expect(name.promisedOrder == order && !name.mayExceedPromise)
    #expect(abs(try self.order(name) - order) < name.orderTolerance)
    #expect(abs(try self.order(name, seed: 7) - order) < name.orderTolerance)
  }

  @Test(
    "PLMS, PNDM, LMS, UniPC and DPM-Solver++ 3S: 2 or more",
    arguments: [SamplerName.plms, .pndm, .lms, .unipc, .dpmSolver3S])
  func multistep(name: SamplerName) throws {
    #expect(try order(name) > 2 - 0.15)
  }

  @Test("Heun without its correction, and DPM-Solver++ with a constant x̂_0, are of order 1")
  func crippled() throws {
    let heun = try order(.heun) {
      try EulerSampler($0, steps: $1, spacing: .leading, endsClean: false)
    }
    let solver = try order(.dpmSolver) {
      try DPMSolverSampler($0, steps: $1 - 1, spacing: .leading, order: 1, endsClean: false)
    }
    #expect(abs(heun - 1) < 0.15 && abs(solver - 1) < 0.15)
  }

  @Test("one changed coefficient of PLMS gives another order")
  func coefficients() throws {
    func order(_ last: [Double]) throws -> Double {
      let weights = Array(Multistep.coefficients.dropLast()) + [last]
      return try self.order(.plms) { try Multisteps($0, steps: $1, weights: weights) }
    }
    #expect(try order([55, -59, 37, -9].map { $0 / 24 }) > 2 - 0.15)
    // The weights still sum to 1, but the noises are weighed for another place in the step.
    #expect(abs(try order([54, -58, 37, -9].map { $0 / 24 }) - 1) < 0.15)
    // They do not sum to 1: the walk nears something else.
    #expect(try order([56, -59, 37, -9].map { $0 / 24 }) < 0.3)
  }

  @Test("the model's own timesteps cost DPM-Solver++ its second order within 1000 steps")
  func modelGrid() throws {
    let study = try ConvergenceStudy(
      [.dpmSolver], noise: TorchGenerator(seed: 1).normal([24, 2]).points,
      schedule: Self.schedule, seed: 1, grids: [.model])
    #expect(try #require(study.orders.first).fit.order < 1.85)
  }

  @Test("fresh noise takes a walk away from the exact solution, however many steps there are")
  func ancestral() throws {
    let study = try ConvergenceStudy(
      [.ddpm], noise: TorchGenerator(seed: 1).normal([24, 2]).points, schedule: Self.schedule,
      seed: 1, grids: [.even])
    #expect(study.orders.isEmpty)
    #expect(study.rows.allSatisfy { $0.distanceToExact > 0.3 })
  }
}

@Suite("η from DDIM to DDPM") struct EtaStudyTests {
  static let noise = TorchGenerator(seed: 1).normal([60, 2]).points

  @Test("with η = 1 it is DDPM, with η = 0.9 it is not, with η = 0 it nears the exact solution")
  func ends() throws {
    let schedule = ConvergenceStudyTests.schedule
    #expect(try EtaStudy.ddpmDifference(eta: 1, noise: Self.noise, schedule, seed: 3) < 1e-3)
    #expect(try EtaStudy.ddpmDifference(eta: 0.9, noise: Self.noise, schedule, seed: 3) > 1e-2)
    let study = try EtaStudy(noise: Self.noise, schedule: schedule, seed: 3)
    let finest = study.rows.filter { $0.steps == 200 }
    #expect(finest.first { $0.eta == 0 }.map { $0.distanceToExact < 0.02 } == true)
    #expect(finest.first { $0.eta == 1 }.map { $0.distanceToExact > 0.5 } == true)
    #expect(study.rows.count == EtaStudy.etas.count * EtaStudy.steps.count)
  }

  @Test("the energy distance of a cloud to itself is 0, and to a shifted one it is not")
  func energy() {
    #expect(energyDistance(Self.noise, Self.noise) == 0)
    #expect(energyDistance(Self.noise, Self.noise.map { $0 + 1 }) > 0.5)
  }
}

@Suite("PLMS's limits") struct MultistepTests {
  @Test(
    "an error neither grows nor fades at 2/Σ|b|: 2, 1, 6/11, 3/10",
    arguments: zip(0..<4, [2, 1, 6.0 / 11, 0.3]))
  func limit(index: Int, expected: Double) {
    let weights = Multistep.coefficients[index]
    #expect(abs(weights.reduce(0, +) - 1) < 1e-12)
    #expect(abs(Multistep.limit(weights) - expected) < 1e-12)
    #expect(abs(Multistep.growth(weights, z: expected) - 1) < 1e-3)
    #expect(Multistep.growth(weights, z: 0.8 * expected) < 1)
    #expect(Multistep.growth(weights, z: 1.2 * expected) > 1.05)
  }

  @Test("the house's PLMS walks along these weights; others are noticed")
  func weights() throws {
    let schedule = ConvergenceStudyTests.schedule
    let walk = DenoisingTrajectory(
      from: TorchGenerator(seed: 1).normal([8, 2]),
      sampler: try PLMSSampler(schedule, steps: 10, spacing: .trailing, endsClean: true),
      predictor: PlanePredictor(.clouds, schedule: schedule), generator: TorchGenerator(seed: 1))
    let steps = PLMSStep.steps(of: Array(walk))
    #expect(steps.count == 10 && steps[9].weights == Multistep.coefficients[3])
    for step in steps { #expect(step.residual < 1e-4, "step \(step.index)") }
    #expect(steps[8].residual(weights: [1, 0, 0, 0]) > 1e-3)
  }
}

@Suite("Main axes") struct MainAxesTests {
  @Test("points of a plane in many dimensions keep their distances, and the axes hold all")
  func plane() {
    let generator = TorchGenerator(seed: 1)
    let (u, v) = (generator.normal([1, 4, 8, 8]), generator.normal([1, 4, 8, 8]))
    let points = (0..<9).map { i in
      Float(cos(Double(i))) * u + Float(0.3 * sin(Double(i * i))) * v
    }
    let axes = MainAxes(Array(points.prefix(5)), others: Array(points.dropFirst(5)))
    #expect(abs(axes.shares.reduce(0, +) - 1) < 1e-6 && axes.shares[0] > axes.shares[1])
    for i in 0..<9 {
      for j in 0..<9 {
        let expected = (points[i] - points[j]).norm
        #expect(abs(distance(axes.coordinates[i], axes.coordinates[j]) - expected) < 1e-3)
      }
    }
  }
}
