import Networks
import Tensors
import Testing
import Training

@Suite("KL(q(z | x) ‖ N(0, I))") struct DivergenceLossTests {
  @Test("the value is the posterior's, averaged over pictures; the gradient its slope")
  func gradient() {
    let moments = TorchGenerator(seed: 2).normal([3, 4, 2, 5])
    let (value, gradient) = DivergenceLoss.of(moments)
    let each = DiagonalGaussian(moments: moments).divergenceFromPrior
    #expect(abs(value - each.reduce(0, +) / 3) < 1e-9)
    #expect(slopeError(at: moments, gradient: gradient) { DivergenceLoss.of($0).value } < 1e-3)
  }

  @Test("a standard normal has none, and nothing flows where ln σ² is limited")
  func zeroes() {
    let (value, gradient) = DivergenceLoss.of(.zeros([1, 2, 3, 3]))
    #expect(value == 0 && gradient.maxAbs == 0)
    let limited = Tensor([1, 2, 1, 2], [0.5, 0.5, 25, -35])
    #expect(DivergenceLoss.of(limited).gradient.elements == [0.5, 0.5, 0, 0])
  }
}
