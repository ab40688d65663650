import Foundation
import Networks
import Tensors
import Testing

@Suite("q(z | x) = N(μ, diag σ²)") struct DiagonalGaussianTests {
  @Test("log-variance is limited to [−30, 20]")
  func limited() {
    let posterior = DiagonalGaussian(moments: Tensor([1, 2, 1, 3], [1, 2, 3, -99, 0, 99]))
    #expect(posterior.mean.elements == [1, 2, 3])
    #expect(posterior.logVariance.elements == [-30, 0, 20])
  }

  @Test("a sample is μ + σ·ε")
  func sample() {
    let posterior = DiagonalGaussian(moments: Tensor([1, 2, 1, 2], [1, 2, 0, Float(log(4.0))]))
    let sample = posterior.sample(noise: Tensor([1, 1, 1, 2], [3, -1]))
    #expect(sample.maxAbsDifference(from: Tensor([1, 1, 1, 2], [4, 0])) < 1e-6)
  }

  @Test("the divergence from the prior is 0 for the prior, and positive beside it")
  func divergence() {
    func nats(_ mean: Float, _ logVariance: Float) -> Double {
      DiagonalGaussian(moments: Tensor([1, 2, 1, 1], [mean, logVariance])).divergenceFromPrior[0]
    }
    #expect(nats(0, 0) == 0)
    #expect(abs(nats(2, 0) - 2) < 1e-9)
    #expect(abs(nats(0, 1) - 0.5 * (M_E - 2)) < 1e-6)
    #expect(nats(0, -1) > 0 && nats(0.1, 0.1) > 0)
  }

  @Test("the divergence agrees with diffusers")
  func golden() throws {
    let golden = try GoldenNetwork("kl-f8")
    let posterior = DiagonalGaussian(moments: try golden.tensor("moments"))
    let expected = Double(try golden.tensor("kl").elements[0])
    #expect(abs(posterior.divergenceFromPrior[0] / expected - 1) < 1e-5)
  }
}
