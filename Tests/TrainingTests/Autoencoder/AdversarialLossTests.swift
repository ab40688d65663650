import Tensors
import Testing
import Training

@Suite("The hinge loss of critic and autoencoder") struct AdversarialLossTests {
  private let real = TorchGenerator(seed: 5).normal([2, 3, 3, 1])
  private let fake = TorchGenerator(seed: 6).normal([2, 3, 3, 1])

  @Test("the critic's slopes")
  func discriminator() {
    let (value, byReal, byFake) = AdversarialLoss.discriminator(real: real, fake: fake)
    let expected = zip(real.elements, fake.elements).reduce(0.0) {
      $0 + 0.5 * Double(max(0, 1 - $1.0) + max(0, 1 + $1.1)) / 18
    }
    #expect(abs(value - expected) < 1e-6)
    func loss(_ real: Tensor, _ fake: Tensor) -> Double {
      AdversarialLoss.discriminator(real: real, fake: fake).value
    }
    #expect(slopeError(at: real, gradient: byReal, step: 1e-3) { loss($0, fake) } < 1e-2)
    #expect(slopeError(at: fake, gradient: byFake, step: 1e-3) { loss(real, $0) } < 1e-2)
  }

  @Test("a critic that is sure feels nothing")
  func saturated() {
    let sure = AdversarialLoss.discriminator(
      real: Tensor([2], [1.5, 2]), fake: Tensor([2], [-1.5, -3]))
    #expect(sure.value == 0)
    #expect(sure.realGradient.maxAbs == 0 && sure.fakeGradient.maxAbs == 0)
  }

  @Test("the autoencoder wants to be taken for real")
  func generator() {
    let (value, gradient) = AdversarialLoss.generator(fake: fake)
    #expect(abs(value + fake.moments.mean) < 1e-9)
    #expect(
      slopeError(at: fake, gradient: gradient) { AdversarialLoss.generator(fake: $0).value } < 1e-3)
  }

  @Test("λ makes both gradients equally long, and is limited")
  func adaptiveWeight() {
    let (ours, theirs) = (Tensor([2], [3, 4]), Tensor([2], [0, 0.5]))
    let weight = AdversarialLoss.adaptiveWeight(reconstruction: ours, adversarial: theirs)
    #expect(abs(weight * theirs.norm / ours.norm - 1) < 1e-3)
    #expect(
      AdversarialLoss.adaptiveWeight(reconstruction: ours, adversarial: .zeros([2])) == 1e4)
  }
}
