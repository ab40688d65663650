import Diffusion
import ReverseStep
import Tensors
import Testing

@Suite("One reverse step, and a walk of them") struct ReverseExperimentTests {
  private static let schedule = NamedSchedule.scaledLinear.schedule()
  private static let pictures = (0..<3).map { k in
    TorchGenerator(seed: UInt64(k)).normal([1, 3, 8, 8]).clamped(to: -1...1)
  }

  private func step(
    at t: Int, variance: FixedVariance = .small, clip: ClosedRange<Float>? = nil,
    predictor: (any NoisePredictor)? = nil
  ) throws -> ReverseExperiment {
    let image = Self.pictures[0]
    let generator = TorchGenerator(seed: 9)
    let sampler = try DDPMSampler(Self.schedule, variance: variance, clipRange: clip)
    return ReverseExperiment(
      single: t, image: image, noise: generator.normal(image.shape), schedule: Self.schedule,
      sampler: sampler, predictor: predictor ?? TrueNoise(original: image, schedule: Self.schedule),
      generator: generator)
  }

  @Test("ε-form mean = posterior mean without clipping", arguments: [0, 1, 500, 999])
  func means(t: Int) throws {
    let ledger = try #require(step(at: t).ledgers.first)
    #expect(ledger.t == t && ledger.previousT == t - 1)
    #expect((ledger.meanResidual ?? .nan) <= 1e-6)
    #expect(ledger.epsilonMSE < 1e-10)
  }

  /// Says everything twice as strongly as it should.
  private struct Exaggerating: NoisePredictor {
    let truth: TrueNoise
    func predict(_ x: Tensor, at t: Double) -> Prediction {
      Prediction(output: 2 * truth.predict(x, at: t).output)
    }
  }

  @Test("clipping is what makes the two forms differ, and the ledger says how much was clipped")
  func clipping() throws {
    let predictor = Exaggerating(
      truth: TrueNoise(original: Self.pictures[0], schedule: Self.schedule))
    let ledger = try #require(step(at: 900, clip: -1...1, predictor: predictor).ledgers.first)
    #expect(ledger.clippedFraction > 0.5)
    #expect((ledger.meanResidual ?? .nan) > 1e-3)
    #expect((ledger.unclippedMeanResidual ?? .nan) <= 1e-6)
    #expect(ledger.epsilonMSE > 0.5)
  }

  @Test("the last step adds no noise, whichever variance", arguments: FixedVariance.allCases)
  func lastStep(variance: FixedVariance) throws {
    let experiment = try step(at: 0, variance: variance)
    let ledger = try #require(experiment.ledgers.first)
    #expect(ledger.sigma == 0 && ledger.previousT == -1)
    #expect(experiment.result.maxAbsDifference(from: Self.pictures[0]) < 1e-4)
    #expect(try step(at: 1, variance: variance).ledgers[0].sigma > 0)
  }

  @Test("β is the larger variance, and far from t = 0 the two agree")
  func variances() throws {
    func sigma(_ t: Int, _ variance: FixedVariance) throws -> Double {
      try step(at: t, variance: variance).ledgers[0].sigma
    }
    #expect(try sigma(1, .large) > 1.3 * sigma(1, .small))
    #expect(try abs(sigma(900, .large) / sigma(900, .small) - 1) < 1e-3)
  }

  @Test("the comparison timesteps see the same ε and z")
  func sameNoise() throws {
    let frames = try step(at: 500).frames
    #expect(frames.count == 22)
    let noises = frames.compactMap(\.step.noise)
    #expect(noises.count == 21)
    #expect(noises.allSatisfy { $0.maxAbsDifference(from: noises[0]) == 0 })
  }

  @Test("the true reverse chain of an image set ends at one of its images", arguments: [1, 2, 3])
  func walk(seed: UInt64) throws {
    let mixture = GaussianMixture.images(.concatenated(Self.pictures, along: 0))
    let generator = TorchGenerator(seed: seed)
    let sampler = try DDPMSampler(Self.schedule, clipRange: nil)
    let walk = ReverseExperiment(
      from: generator.normal([1, 3, 8, 8]), sampler: sampler,
      kept: ReverseExperiment.kept(of: 1000),
      predictor: MixtureDenoiser(mixture, schedule: Self.schedule), generator: generator,
      image: Self.pictures[0])
    #expect(walk.ledgers.count == 1000)
    let distances = Self.pictures.map { walk.result.maxAbsDifference(from: $0) }
    #expect(distances.filter { $0 < 1e-3 }.count == 1)
  }
}
