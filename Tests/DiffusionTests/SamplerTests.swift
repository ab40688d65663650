import Tensors
import Testing

import Diffusion

/// A problem whose answers are known: what the sampler tests walk on.
enum KnownProblem {
  static let schedule = NamedSchedule.scaledLinear.schedule()
  static var configuration: SchedulerConfiguration {
    get throws {
      try SchedulerConfigurationTests.configuration(SchedulerConfigurationTests.stableDiffusion)
    }
  }
  static let original = DDPMSamplerTests.original
  static let trueNoise = TrueNoise(original: original, schedule: schedule)
  /// Three broad Gaussians in the plane.
  static let mixture = MixtureDenoiser(
    GaussianMixture(
      means: Tensor([3, 2], [0.9, 0, -0.5, 0.7, -0.4, -0.8]),
      variances: .isotropic([0.1, 0.2, 0.1])), schedule: schedule)

  /// Standard normal noise at the sampler's own scale.
  static func start(_ sampler: any Sampler, shape: [Int], seed: UInt64 = 3) -> Tensor {
    sampler.initialNoise(shape, generator: TorchGenerator(seed: seed))
  }

  /// Every step of a walk from noise.
  static func walk(
    _ sampler: any Sampler, _ predictor: any NoisePredictor, shape: [Int], seed: UInt64 = 3
  ) -> [DenoisingStep] {
    Array(
      DenoisingTrajectory(
        from: start(sampler, shape: shape, seed: seed), sampler: sampler, predictor: predictor,
        generator: TorchGenerator(seed: seed + 1)))
  }
}

/// Counts how often it is asked.
final class CountingPredictor: NoisePredictor {
  let base: any NoisePredictor
  var calls = 0
  init(_ base: any NoisePredictor) { self.base = base }
  var predictionType: PredictionType { base.predictionType }
  func predict(_ x: Tensor, at t: Double) -> Prediction {
    calls += 1
    return base.predict(x, at: t)
  }
}

@Suite("every sampler") struct SamplerTests {
  @Test("with the true noise, each ends at the image", arguments: SamplerName.allCases)
  func endsAtImage(name: SamplerName) throws {
    for steps in [2, 5, 20] {
      let sampler = try KnownProblem.configuration.sampler(name, steps: steps)
      let walk = KnownProblem.walk(
        sampler, KnownProblem.trueNoise, shape: KnownProblem.original.shape)
      let last = try #require(walk.last)
      #expect(last.predictedOriginal.maxAbsDifference(from: KnownProblem.original) <= 2e-4)
      #expect(last.previousT == -1 && walk.count == sampler.plan.count)
      // Those that go to ᾱ_0 keep a trace of noise.
      let rest = Float(last.transition.to.noiseScale)
      #expect(last.next.maxAbsDifference(from: KnownProblem.original) <= 2e-4 + 6 * rest)
    }
  }

  @Test("it calls the model as often as it says", arguments: SamplerName.allCases)
  func calls(name: SamplerName) throws {
    for steps in [1, 2, 20] {
      let sampler = try KnownProblem.configuration.sampler(name, steps: steps)
      for first in [0, 1, steps] where first <= sampler.plan.count {
        let predictor = CountingPredictor(KnownProblem.mixture)
        let trajectory = DenoisingTrajectory(
          from: KnownProblem.start(sampler, shape: [4, 2]), sampler: sampler,
          predictor: predictor, generator: TorchGenerator(seed: 1), firstIndex: first)
        let evaluations = trajectory.reduce(0) { $0 + $1.evaluations.count }
        #expect(
          predictor.calls == sampler.modelCalls(from: first) && evaluations == predictor.calls)
      }
    }
  }

  @Test(
    "a step's terms make its sample, and one step begins where the last ended",
    arguments: SamplerName.allCases)
  func terms(name: SamplerName) throws {
    let settings = WalkSettings(eta: name.takesEta ? 0.7 : nil)
    let sampler = try KnownProblem.configuration.sampler(name, steps: 12, settings: settings)
    let walk = KnownProblem.walk(sampler, KnownProblem.mixture, shape: [4, 2])
    for (step, following) in zip(walk, walk.dropFirst()) {
      #expect(step.next.elements == following.current.elements)
      #expect(step.transition == sampler.plan[step.index] && step.t >= step.previousT)
      let scale = Float(sampler.space.inputScale(at: step.transition.from))
      #expect((scale * step.current).maxAbsDifference(from: step.evaluations[0].input) == 0)
      #expect((step.noise == nil) == (step.std == 0))
      guard let noise = step.noise else {
        #expect(step.next.elements == step.mean.elements)
        continue
      }
      let sum = Tensor.combination(1, step.mean, step.std, noise)
      #expect(step.next.elements == sum.elements)
    }
  }

  @Test("nothing is computed before it is asked for, and a second walk starts afresh")
  func lazy() throws {
    for name in SamplerName.allCases {
      let sampler = try KnownProblem.configuration.sampler(name, steps: 10)
      let predictor = CountingPredictor(KnownProblem.mixture)
      let trajectory = DenoisingTrajectory(
        from: KnownProblem.start(sampler, shape: [4, 2]), sampler: sampler, predictor: predictor,
        generator: TorchGenerator(seed: 1))
      var iterator = trajectory.makeIterator()
      #expect(predictor.calls == 0)
      let first = iterator.next()
      #expect(predictor.calls == first?.evaluations.count)
      _ = iterator.next()
      // The first step draws nothing but in the ancestral samplers, and remembers nothing.
      var again = trajectory.makeIterator()
      #expect(again.next()?.mean.elements == first?.mean.elements)
    }
  }

  @Test("the higher orders come closer in as many calls") func order() throws {
    // The probability flow of one Gaussian N(0, s²) is known: x/√(ᾱ·s² + 1 − ᾱ) stays constant.
    let variance = 0.25
    let gaussian = MixtureDenoiser(
      GaussianMixture(means: Tensor([1, 1], [0]), variances: .isotropic([variance])),
      schedule: KnownProblem.schedule)
    // Seen before the last step, which the solvers make long and of first order.
    func error(_ name: SamplerName, steps: Int) throws -> Double {
      let sampler = try KnownProblem.configuration.sampler(name, steps: steps)
      let start = KnownProblem.start(sampler, shape: [64, 1])
      let step = try #require(
        KnownProblem.walk(sampler, gaussian, shape: [64, 1]).dropLast().last)
      func scale(_ level: NoiseLevel) -> Double {
        (level.alphaCumprod * variance + 1 - level.alphaCumprod).squareRoot()
          / sampler.space.inputScale(at: level)
      }
      let (from, to) = (sampler.plan[0].from, step.transition.to)
      let exact = Float(scale(to) / scale(from)) * start
      return Double(step.next.maxAbsDifference(from: exact))
    }
    let firstOrder = try [error(.ddim, steps: 40), error(.euler, steps: 40)]
    for name in [
      SamplerName.plms, .pndm, .lms, .dpmSolver, .dpmSolver3M, .dpmSolver2S, .dpmSolver3S, .unipc,
    ] {
      let error = try error(name, steps: 40)
      #expect(firstOrder.allSatisfy { error < $0 / 3 }, "\(name): \(error), not \(firstOrder)")
    }
    // Half as many steps of Heun ask the model as often.
    #expect(try error(.heun, steps: 20) < firstOrder[1] / 3)
    let midpoint = try error(.kdpm2, steps: 20)
    #expect(midpoint < firstOrder[1], "\(midpoint), not \(firstOrder)")
  }
}
