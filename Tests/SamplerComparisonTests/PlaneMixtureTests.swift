import Diffusion
import Foundation
import SamplerComparison
import Tensors
import Testing

@Suite("The exact noise of data in the plane") struct PlaneMixtureTests {
  static let schedule = NamedSchedule.scaledLinear.schedule()

  @Test(
    "is that of the house's mixture, and x̂_0 with it", arguments: [0, 50, 500, 999],
    [PlaneMixture.clouds, .spiral])
  func agreement(t: Int, mixture: PlaneMixture) {
    let level = Self.schedule.level(at: t)
    let x = TorchGenerator(seed: 1).normal([20, 2])
    let predictor = PlanePredictor(mixture, schedule: Self.schedule)
    let own = predictor.evaluate(x, at: level)
    let other = MixtureDenoiser(mixture.gaussianMixture, schedule: Self.schedule)
      .evaluate(x, at: level)
    #expect(own.predictedNoise.maxAbsDifference(from: other.predictedNoise) < 2e-3)
    #expect(
      level.noisy(original: own.predictedOriginal, noise: own.predictedNoise)
        .maxAbsDifference(from: x) < 1e-5)
    #expect(
      predictor.predict(x, at: Double(t)).output.maxAbsDifference(from: own.predictedNoise) < 1e-6)
  }

  @Test("its score is the gradient of ln q(x_t)", arguments: [30, 400, 900])
  func score(t: Int) {
    let (level, mixture) = (Self.schedule.level(at: t), PlaneMixture.clouds)
    for point in TorchGenerator(seed: 2).normal([10, 2]).points {
      let score = mixture.score(at: point, level: level)
      for axis in 0..<2 {
        let h = 1e-5
        var (above, below) = (point, point)
        above[axis] += h
        below[axis] -= h
        let slope =
          (log(mixture.density(at: above, level: level))
            - log(mixture.density(at: below, level: level))) / (2 * h)
        #expect(abs(score[axis] - slope) <= 1e-6 * max(1, abs(slope)))
      }
    }
  }

  @Test("an exact predictor heeds the noise level, not the timestep that it was rounded to")
  func rounded() {
    let x = TorchGenerator(seed: 3).normal([5, 2])
    let between = Self.schedule.level(at: 200.4)
    let rounded = NoiseLevel(t: 200, alphaCumprod: between.alphaCumprod)
    let denoiser = MixtureDenoiser(PlaneMixture.clouds.gaussianMixture, schedule: Self.schedule)
    let (a, b) = (denoiser.evaluate(x, at: between), denoiser.evaluate(x, at: rounded))
    #expect(a.predictedNoise.elements == b.predictedNoise.elements)
    let there = denoiser.evaluate(x, at: Self.schedule.level(at: 200))
    #expect(there.predictedNoise.maxAbsDifference(from: a.predictedNoise) > 1e-5)
  }
}

@Suite("The exact solution of the probability flow") struct ProbabilityFlowTests {
  @Test("is the closed form for one Gaussian, down to σ = 0", arguments: [0, 0.03, 1])
  func closedForm(end: Double) {
    let (center, s): (PlaneMixture.Point, Double) = ([0.4, -0.7], 0.3)
    let flow = ProbabilityFlow(PlaneMixture(centers: [center], deviations: [s], weights: [1]))
    let start: [PlaneMixture.Point] = [[12, -3], [-20, 5], [0.1, 0.2]]
    let shrink = ((s * s + end * end) / (s * s + 196)).squareRoot()
    for (from, to) in zip(start, flow.carry(start, from: 14, to: end)) {
      #expect(distance(to, center + shrink * (from - center)) < 1e-9)
    }
  }

  @Test("on the mixture its error is below 1e-9, and of fourth order")
  func error() {
    let start = TorchGenerator(seed: 4).normal([12, 2]).points.map { 14.6 * $0 }
    let errors = [20, 40, 160].map {
      ProbabilityFlow(.clouds, density: $0).error(of: start, from: 14.6, to: 0.03)
    }
    #expect(errors[2] < 1e-9)
    #expect(abs(log2(errors[0] / errors[1]) - 4) < 0.6, "\(errors)")
  }
}

@Suite("The fitted order") struct OrderFitTests {
  @Test("is the exponent of a power law, with an interval that shrinks to it")
  func powerLaw() {
    let calls = [10.0, 20, 50, 100]
    let fit = OrderFit(calls: calls, errors: calls.map { 3 * pow($0, -1.7) })
    #expect(abs(fit.order - 1.7) < 1e-12 && fit.halfWidth < 1e-10)
    #expect(abs(fit.error(at: 200) / (3 * pow(200, -1.7)) - 1) < 1e-9)
  }

  @Test("of scattered points holds the truth in its interval about 95 times of 100")
  func coverage() {
    let generator = TorchGenerator(seed: 5)
    let calls = [10.0, 20, 40, 80, 160, 320]
    let hits = (0..<400).count { _ in
      let noise = generator.normal([6]).elements
      let fit = OrderFit(
        calls: calls, errors: zip(calls, noise).map { pow($0, -2) * exp(0.2 * Double($1)) })
      return abs(fit.order - 2) <= fit.halfWidth
    }
    #expect((368...394).contains(hits), "\(hits)")
  }

  @Test("takes Student's quantiles", arguments: [(1, 12.706), (2, 4.303), (4, 2.776), (30, 2.042)])
  func quantile(freedom: Int, expected: Double) {
    #expect(abs(OrderFit.quantile(freedom: freedom) - expected) < 6e-4)
  }
}
