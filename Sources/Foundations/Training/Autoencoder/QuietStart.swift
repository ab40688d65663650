import Networks
import Tensors

/// First values with which an autoencoder learns faster than with PyTorch's.
///
/// Every residual block and every attention begins by adding nothing (as in Ho et al. 2020,
/// arXiv:2006.11239, whose code draws the last layer of a block at zero), so that gradients reach
/// all levels at once. And the latents of a KL autoencoder begin with little noise, ln σ² = −6: with
/// PyTorch's values σ is near 1, more than the signal, and the first hundreds of steps are spent
/// in the dark.
public enum QuietStart {
  static let logVariance: Float = -6

  /// Sets the first values of an untrained KL or VQ autoencoder.
  public static func apply(to parameters: [Parameter]) {
    for parameter in parameters {
      if parameter.name.contains(".conv2.") || parameter.name.contains(".to_out.") {
        parameter.value = .zeros(parameter.shape)
      }
      // Only where the encoder gives means and log-variances: the decoder takes half of them.
      if parameter.name == "quant_conv.bias", givesMoments(parameters) {
        let half = parameter.count / 2
        parameter.value = Tensor(
          parameter.shape, (0..<parameter.count).map { $0 < half ? 0 : logVariance })
      }
    }
  }

  private static func givesMoments(_ parameters: [Parameter]) -> Bool {
    let outputs = parameters.first { $0.name == "quant_conv.bias" }?.count
    let inputs = parameters.first { $0.name == "post_quant_conv.weight" }?.shape[1]
    return inputs.map { outputs == 2 * $0 } ?? false
  }
}
