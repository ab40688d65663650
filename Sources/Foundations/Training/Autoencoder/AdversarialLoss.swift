import Tensors

/// The game between the autoencoder and its critic, with the hinge loss (arXiv:2012.09841, §3.1;
/// Lim, Ye 2017, arXiv:1705.02894):
///
///     L_D = ½ (mean max(0, 1 − D(x)) + mean max(0, 1 + D(x̂)))
///     L_G = −mean D(x̂)
public enum AdversarialLoss {
  /// L_D.
  /// - Parameters:
  ///   - real: D(x), any shape.
  ///   - fake: D(x̂), any shape.
  public static func discriminator(
    real: Tensor, fake: Tensor
  ) -> (value: Double, realGradient: Tensor, fakeGradient: Tensor) {
    let (onReal, onFake) = (hinge(real, sign: -1), hinge(fake, sign: 1))
    return (onReal.value + onFake.value, onReal.gradient, onFake.gradient)
  }

  /// L_G.
  public static func generator(fake: Tensor) -> (value: Double, gradient: Tensor) {
    (-fake.moments.mean, Tensor(fake.shape, repeating: -1 / Float(max(fake.count, 1))))
  }

  /// ½ mean max(0, 1 + sign · d).
  private static func hinge(_ d: Tensor, sign: Float) -> (value: Double, gradient: Tensor) {
    let step = 0.5 * sign / Float(max(d.count, 1))
    let penalties = d.map { max(0, 1 + sign * $0) }
    return (0.5 * penalties.moments.mean, penalties.map { $0 > 0 ? step : 0 })
  }

  /// How strongly the critic's opinion counts, so that at the decoder's last layer it pulls as hard
  /// as the reconstruction does (arXiv:2012.09841, Eq. 7):
  ///
  ///     λ = ‖∇ L_rec‖ / (‖∇ L_G‖ + δ)                                    limited to 0…10⁴
  ///
  /// - Parameters:
  ///   - reconstruction: ∂L_rec/∂w of the last layer's weight.
  ///   - adversarial: ∂L_G/∂w of the same.
  public static func adaptiveWeight(reconstruction: Tensor, adversarial: Tensor) -> Double {
    min(reconstruction.norm / (adversarial.norm + 1e-4), 1e4)
  }
}
