import Foundation
import Tensors
import Testing

import Diffusion

@Suite("q(x_{t−1} | x_t, x_0)") struct PosteriorTests {
  static let schedule = NamedSchedule.linear.schedule()

  @Test("Bayes' rule gives its mean and variance", arguments: [1, 10, 500, 999])
  func bayes(t: Int) {
    // N(x_t; √α x, β) · N(x; √ᾱ_{t−1} x_0, 1 − ᾱ_{t−1}) as one Gaussian in x.
    let posterior = Self.schedule.posterior(at: t)
    let previous = Self.schedule.level(at: t - 1)
    let (alpha, beta) = (Self.schedule.alphas[t], Self.schedule.betas[t])
    let precision = alpha / beta + 1 / (1 - previous.alphaCumprod)
    let fromX = alpha.squareRoot() / beta / precision
    let fromOriginal = previous.signalScale / (1 - previous.alphaCumprod) / precision
    #expect(abs(posterior.variance * precision - 1) <= 1e-9)
    #expect(abs(posterior.currentCoefficient - fromX) <= 1e-9)
    #expect(abs(posterior.originalCoefficient - fromOriginal) <= 1e-9)
    #expect(abs(posterior.beta / beta - 1) <= 1e-9)
  }

  @Test("the last step ends at x_0 with no variance") func last() {
    let posterior = Self.schedule.posterior(at: 0)
    #expect(posterior.variance == 0 && posterior.currentCoefficient == 0)
    #expect(abs(posterior.originalCoefficient - 1) <= 1e-12)
  }

  @Test("a move over many steps is the product of the single ones") func skipping() {
    // Averaging x_{499} over q(x_{499} | x_{500}, x_0) inside q(x_{498} | x_{499}, x_0).
    let (outer, inner) = (Self.schedule.posterior(at: 500), Self.schedule.posterior(at: 499))
    let both = Posterior(
      Transition(from: Self.schedule.level(at: 500), to: Self.schedule.level(at: 498)))
    let current = inner.currentCoefficient * outer.currentCoefficient
    let original =
      inner.originalCoefficient + inner.currentCoefficient * outer.originalCoefficient
    let variance =
      inner.variance + inner.currentCoefficient * inner.currentCoefficient * outer.variance
    #expect(abs(both.currentCoefficient - current) <= 1e-12)
    #expect(abs(both.originalCoefficient - original) <= 1e-12)
    #expect(abs(both.variance / variance - 1) <= 1e-9)
    #expect(abs(both.variance / outer.variance - 1) > 0.1)
  }

  @Test("the mean from ε is the mean from x_0", arguments: [0, 1, 100, 500, 900, 999])
  func noiseForm(t: Int) {
    let generator = TorchGenerator(seed: 1)
    let (original, noise) = (generator.uniform([4, 64]), generator.normal([4, 64]))
    let posterior = Self.schedule.posterior(at: t)
    let x = posterior.transition.from.noisy(original: original, noise: noise)
    let fromOriginal = posterior.mean(original: original, current: x)
    #expect(
      posterior.mean(noise: noise, current: x).maxAbsDifference(from: fromOriginal) <= 1e-6)
    // With the schedule's neighbour the two disagree.
    let wrong = Self.schedule.posterior(at: t == 0 ? 1 : t - 1)
    #expect(wrong.mean(noise: noise, current: x).maxAbsDifference(from: fromOriginal) > 1e-6)
  }
}
