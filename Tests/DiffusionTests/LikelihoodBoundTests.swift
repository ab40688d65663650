import Diffusion
import Foundation
import JSON
import Tensors
import TestSupport
import Testing

@Suite("L = L_T + Σ L_{t−1} + L_0") struct LikelihoodBoundTests {
  private static let schedule = NamedSchedule.linear.schedule()

  /// `fixtures/golden/variational-bound.py`
  @Test("every term is improved-diffusion's", arguments: FixedVariance.allCases)
  func golden(variance: FixedVariance) throws {
    let golden = try JSONNode(
      contentsOf: Repository.path("fixtures/golden/variational-bound.json"))
    func tensor(_ node: JSONNode) throws -> Tensor {
      Tensor([1, 3, 4, 4], try node.numbers().map { Float($0) })
    }
    let bound = LikelihoodBound(Self.schedule, variance: variance)
    let original = try tensor(golden["original"])
    let prior = bound.priorTerm(meanSquare: original.moments.meanSquare)
    #expect(try abs(prior - golden["prior"].number()) < 1e-9)
    for node in try golden["cases"].elements() {
      let t = try node["t"].integer(in: 0...999)
      let level = Self.schedule.level(at: t)
      let x = level.noisy(original: original, noise: try tensor(node["noise"]))
      let guess = level.original(of: x, noise: try tensor(node["predicted"]))
      let bits =
        t == 0
        ? bound.decoderTerm(original: original, predicted: guess)
        : bound.stepTerm(at: t, originalError: guess.meanSquaredError(from: original))
      let expected = try node[variance.rawValue].number()
      #expect(abs(bits - expected) < 1e-4, "t = \(t): \(bits) and \(expected)")
      // A neighbouring step, or the decoder of the other kind, would be seen.
      if t > 0 {
        let error = guess.meanSquaredError(from: original)
        let other = bound.stepTerm(at: t < 999 ? t + 1 : t - 1, originalError: error)
        #expect(abs(other - expected) > 1e-4 || t >= 100)
      } else {
        let smooth = LikelihoodBound(
          Self.schedule, decoder: .gaussian(variance: bound.decoder.variance))
        #expect(abs(smooth.decoderTerm(original: original, predicted: guess) - expected) > 1e-2)
      }
    }
  }

  @Test("a step's term is the KL divergence of its two Gaussians", arguments: [1, 7, 300, 999])
  func divergence(t: Int) {
    let generator = TorchGenerator(seed: 5)
    let (original, noise) = (generator.normal([1, 40]), generator.normal([1, 40]))
    let predicted = noise + generator.normal([1, 40]) * 0.2
    let level = Self.schedule.level(at: t)
    let current = level.noisy(original: original, noise: noise)
    let posterior = Self.schedule.posterior(at: t)
    let truth = posterior.mean(original: original, current: current)
    let model = posterior.mean(noise: predicted, current: current)
    for variance in FixedVariance.allCases {
      let bound = LikelihoodBound(Self.schedule, variance: variance)
      let (own, other) = (bound.stepVariance(at: t), posterior.variance)
      let divergence =
        (log(own / other) + other / own - 1 + truth.meanSquaredError(from: model) / own) / 2
      let error = level.original(of: current, noise: predicted).meanSquaredError(from: original)
      let term = bound.stepTerm(at: t, originalError: error)
      #expect(abs(term - divergence / M_LN2) < 2e-4 * max(term, 1), "\(term)")
      // Eq. 12: the same with the error of the noise.
      let simple =
        bound.floor(at: t) + bound.noiseWeight(at: t) * predicted.meanSquaredError(from: noise)
      #expect(abs(term - simple) < 1e-4 * max(term, 1))
    }
  }

  @Test("with the small variance a step's weight is half the signal-to-noise ratio that it wins")
  func weights() {
    let (small, large) = (
      LikelihoodBound(Self.schedule), LikelihoodBound(Self.schedule, variance: .large)
    )
    for t in 1..<1000 {
      let won = Self.schedule.level(at: t - 1).snr - Self.schedule.level(at: t).snr
      let weight = small.originalWeight(at: t) * M_LN2
      #expect(abs(weight - won / 2) < 1e-9 * won)
      #expect(small.floor(at: t) == 0)
      #expect(large.floor(at: t) > 0 && large.originalWeight(at: t) < small.originalWeight(at: t))
    }
  }

  @Test("the probabilities of all 256 values add up to 1")
  func decoder() {
    for mean in [-1.0, -0.3, 0.123, 1] {
      for variance in [1e-6, 5e-5, 1e-2] {
        let bound = LikelihoodBound(Self.schedule, decoder: .discretized(variance: variance))
        let total = (0...255).reduce(0.0) { sum, level in
          let x = Tensor([1], [Float(level) / 127.5 - 1])
          let bits = bound.decoderTerm(original: x, predicted: Tensor([1], [Float(mean)]))
          return sum + exp2(-bits)
        }
        #expect(abs(total - 1) < 1e-3, "\(mean), \(variance): \(total)")
      }
    }
  }

  @Test("with narrow bins the discretised Gaussian is the density times their width")
  func density() {
    let x = Tensor([1, 4], [-0.4, 0.1, 0.3, 0.62])
    let predicted = Tensor([1, 4], [-0.3, 0.1, 0.5, 0.6])
    func bits(_ decoder: LikelihoodBound.Decoder) -> Double {
      LikelihoodBound(Self.schedule, decoder: decoder)
        .decoderTerm(original: x, predicted: predicted)
    }
    #expect(abs(bits(.gaussian(variance: 0.04)) - bits(.discretized(variance: 0.04))) < 1e-2)
    #expect(abs(bits(.gaussian(variance: 0.04)) - bits(.discretized(variance: 0.05))) > 2e-2)
  }
}
