import Foundation
import Networks
import Tensors

/// What keeps the latents of a KL autoencoder near a standard normal (arXiv:2112.10752, §G):
///
///     L = mean over images of KL(q(z | x) ‖ N(0, I)) = ½ Σ (μ² + σ² − 1 − ln σ²)
public enum DivergenceLoss {
  /// - Parameter moments: μ and ln σ² as the encoder gives them, shape [B, 2z, h, w].
  /// - Returns: L in nats and its gradient with respect to the moments: μ and ½ (σ² − 1), divided
  ///   by B. Where ln σ² lies outside the limits of `DiagonalGaussian` nothing flows.
  public static func of(_ moments: Tensor) -> (value: Double, gradient: Tensor) {
    let divergences = DiagonalGaussian(moments: moments).divergenceFromPrior
    let images = max(moments.shape[0], 1)
    let half = moments.count / images / 2
    let share = 1 / Float(images)
    let gradient = Tensor(moments.shape) { out in
      moments.withUnsafeElements { moments in
        for image in 0..<images {
          let start = 2 * image * half
          for i in start..<start + half { out[i] = share * moments[i] }
          for i in start + half..<start + 2 * half {
            let log = moments[i]
            out[i] = (-30...20).contains(log) ? 0.5 * share * (exp(log) - 1) : 0
          }
        }
      }
    }
    return (divergences.reduce(0, +) / Double(images), gradient)
  }
}
