import Foundation
import Tensors
import Testing

import Diffusion

@Suite("E[ε | x_t] of known data") struct GaussianMixtureTests {
  static let schedule = NamedSchedule.linear.schedule()
  static let isotropic = GaussianMixture(
    means: Tensor([3, 2], [0.9, 0, -0.5, 0.7, -0.4, -0.8]),
    variances: .isotropic([0.01, 0.04, 0.09]), weights: [1, 2, 3])
  static let diagonal = GaussianMixture(
    means: isotropic.means, variances: .diagonal([[0.01, 0.2], [0.3, 0.04], [0.09, 0.09]]),
    weights: [1, 2, 3])

  @Test("it is −√(1 − ᾱ) times the gradient of ln q(x_t)", arguments: [5, 100, 500, 999])
  func score(t: Int) {
    let level = Self.schedule.level(at: t)
    for mixture in [Self.isotropic, Self.diagonal] {
      let x = level.noisy(
        original: mixture.sample(6, generator: TorchGenerator(seed: 1)),
        noise: TorchGenerator(seed: 2).normal([6, 2]))
      let noise = mixture.expectedNoise(x, at: level)
      for row in 0..<6 {
        for axis in 0..<2 {
          var (above, below) = (x, x)
          above[row, axis] += 1e-3
          below[row, axis] -= 1e-3
          let width = Double(above[row, axis] - below[row, axis])
          let slope =
            (mixture.logDensity(above, at: level)[row]
              - mixture.logDensity(below, at: level)[row]) / width
          let expected = -level.noiseScale * slope
          #expect(
            abs(Double(noise[row, axis]) - expected) <= 2e-3 * max(1, abs(expected)), "t = \(t)")
        }
      }
    }
  }

  @Test("it is the mean over the posterior, integrated") func integrated() {
    // One dimension: E[ε | x] = ∫ ε(x_0) q(x_0) N(x; …) dx_0 / ∫ q(x_0) N(x; …) dx_0.
    let (means, variances, weights) = ([-0.8, 0.6], [0.02, 0.1], [0.3, 0.7])
    let mixture = GaussianMixture(
      means: Tensor([2, 1], means.map { Float($0) }), variances: .isotropic(variances),
      weights: weights)
    let level = Self.schedule.level(at: 300)
    for x in [-1.5, -0.2, 0.1, 2.0] {
      var (numerator, denominator) = (0.0, 0.0)
      for i in -40000...40000 {
        let x0 = Double(i) / 10000
        let prior = (0..<2).reduce(0.0) { sum, k in
          let d = x0 - Double(Float(means[k]))
          return sum + weights[k] / variances[k].squareRoot() * exp(-d * d / (2 * variances[k]))
        }
        let noise = (x - level.signalScale * x0) / level.noiseScale
        let joint = prior * exp(-noise * noise / 2)
        numerator += noise * joint
        denominator += joint
      }
      let predicted = mixture.expectedNoise(Tensor([1, 1], [Float(x)]), at: level)
      #expect(abs(Double(predicted[0, 0]) - numerator / denominator) <= 1e-5, "x = \(x)")
    }
  }

  @Test("equal variances on every axis are the isotropic case") func agreement() {
    let spread = GaussianMixture(
      means: Self.isotropic.means, variances: .diagonal([0.01, 0.04, 0.09].map { [$0, $0] }),
      weights: [1, 2, 3])
    let x = TorchGenerator(seed: 3).normal([50, 2])
    for t in [0, 10, 500, 999] {
      let level = Self.schedule.level(at: t)
      let (a, b) = (Self.isotropic.expectedNoise(x, at: level), spread.expectedNoise(x, at: level))
      #expect(a.maxAbsDifference(from: b) <= 1e-6 * a.maxAbs)
      for (p, q) in zip(
        Self.isotropic.responsibilities(x, at: level), spread.responsibilities(x, at: level))
      {
        #expect(abs(p.reduce(0, +) - 1) <= 1e-12)
        #expect(zip(p, q).allSatisfy { abs($0 - $1) <= 1e-9 })
      }
    }
  }

  @Test("samples have the mixture's moments") func moments() {
    let points = Self.isotropic.sample(20_000, generator: TorchGenerator(seed: 4))
    let means = [(0.9 - 1.0 - 1.2) / 6, (1.4 - 2.4) / 6]
    for axis in 0..<2 {
      let m = points.slice(axis..<axis + 1, along: 1).moments
      #expect(abs(m.mean - means[axis]) <= 0.02)
    }
  }

  @Test("the whole chain draws from the mixture") func chain() throws {
    let generator = TorchGenerator(seed: 5)
    let sampler = try DDPMSampler(Self.schedule, steps: 200, clipRange: nil)
    let trajectory = DenoisingTrajectory(
      from: generator.normal([2000, 2]), sampler: sampler,
      predictor: MixtureDenoiser(Self.isotropic, schedule: Self.schedule), generator: generator)
    var points = trajectory.start
    for step in trajectory { points = step.next }
    var counts = [0.0, 0, 0]
    for row in Self.isotropic.responsibilities(points, at: Self.schedule.level(at: 0)) {
      for k in 0..<3 { counts[k] += row[k] / 2000 }
    }
    for (count, weight) in zip(counts, Self.isotropic.weights) {
      #expect(abs(count - weight) <= 0.04)
    }
  }
}

@Suite("a set of images") struct ImageSetTests {
  static let schedule = NamedSchedule.linear.schedule()
  static let images = TorchGenerator(seed: 1).uniform([5, 3, 8, 8]).scaled(by: 2, plus: -1)
  static let mixture = GaussianMixture.images(images)

  @Test("the weights are a softmax of the squared distances") func softmax() {
    let level = Self.schedule.level(at: 700)
    let x = level.noisy(
      original: Self.images, noise: TorchGenerator(seed: 2).normal(Self.images.shape))
    for (row, weights) in Self.mixture.responsibilities(x, at: level).enumerated() {
      let logits = (0..<5).map { k in
        let target = Float(level.signalScale) * Self.images.rows(k..<k + 1)
        return -x.rows(row..<row + 1).meanSquaredError(from: target) * 192
          / (2 * (1 - level.alphaCumprod))
      }
      let top = logits.max() ?? 0
      let total = logits.reduce(0) { $0 + exp($1 - top) }
      for k in 0..<5 { #expect(abs(weights[k] - exp(logits[k] - top) / total) <= 1e-4) }
    }
  }

  @Test("nearly no noise is one image's own noise; nearly no signal is the mean of all")
  func extremes() {
    let noise = TorchGenerator(seed: 3).normal([1, 3, 8, 8])
    let early = Self.schedule.level(at: 0)
    let x = early.noisy(original: Self.images.rows(2..<3), noise: noise)
    #expect(Self.mixture.expectedNoise(x, at: early).maxAbsDifference(from: noise) <= 1e-4)
    #expect(Self.mixture.responsibilities(x, at: early)[0][2] == 1)
    let late = NoiseLevel(t: 999, alphaCumprod: 1e-12)
    for weight in Self.mixture.responsibilities(noise, at: late)[0] {
      #expect(abs(weight - 0.2) <= 1e-4)
    }
  }

  @Test("the true reverse chain ends at one of the images, each in its turn")
  func recovers() throws {
    var reached: Set<Int> = []
    for seed in 0..<12 {
      let generator = TorchGenerator(seed: UInt64(seed))
      let trajectory = DenoisingTrajectory(
        from: generator.normal([1, 3, 8, 8]),
        sampler: try DDPMSampler(Self.schedule, steps: 250),
        predictor: MixtureDenoiser(Self.mixture, schedule: Self.schedule), generator: generator)
      var last = trajectory.start
      for step in trajectory { last = step.next }
      let distances = (0..<5).map { last.maxAbsDifference(from: Self.images.rows($0..<$0 + 1)) }
      let nearest = try #require(distances.indices.min { distances[$0] < distances[$1] })
      #expect(distances[nearest] <= 1e-4)
      reached.insert(nearest)
    }
    #expect(reached.count >= 3)
  }
}
