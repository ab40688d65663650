import Tensors
import Testing
import Training

@Suite("mean |x̂ − x| + λ mean (x̂ − x)²") struct ReconstructionLossTests {
  private let generator = TorchGenerator(seed: 1)

  @Test("value and gradient", arguments: [0, 0.5, 4])
  func gradient(weight: Double) {
    let (made, target) = (generator.normal([2, 3, 5, 4]), generator.normal([2, 3, 5, 4]))
    let loss = ReconstructionLoss(squaredWeight: weight)
    let (value, gradient) = loss(made, target)
    let differences = (made - target).elements.map(Double.init)
    let absolute = differences.reduce(0) { $0 + abs($1) } / 120
    let squared = differences.reduce(0) { $0 + $1 * $1 } / 120
    #expect(abs(value - absolute - weight * squared) < 1e-6)
    // The absolute value has kinks: a short step meets few of them.
    #expect(
      slopeError(at: made, gradient: gradient, step: 1e-3) { loss($0, target).value } < 5e-3)
  }

  @Test("another λ has another gradient")
  func wrongWeight() {
    let (made, target) = (generator.normal([2, 30]), generator.normal([2, 30]))
    let gradient = ReconstructionLoss(squaredWeight: 1.5)(made, target).gradient
    let loss = ReconstructionLoss(squaredWeight: 0.5)
    #expect(slopeError(at: made, gradient: gradient) { loss($0, target).value } > 2e-2)
  }

  @Test("a perfect reconstruction pulls nowhere")
  func perfect() {
    let target = generator.normal([4, 4])
    let loss = ReconstructionLoss(squaredWeight: 1)(target, target)
    #expect(loss.value == 0 && loss.gradient.maxAbs == 0)
  }
}
