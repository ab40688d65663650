import Checkpoints
import JSON
import Networks
import Tensors

extension Autoencoder {
  /// 1/std of the latents of `images`: what makes their variance 1 (arXiv:2112.10752, §G). A KL
  /// autoencoder's are drawn from their Gaussians, as a diffusion model will see them.
  package func latentScale(over images: Tensor, generator: TorchGenerator) -> Double {
    let parts = stride(from: 0, to: images.shape[0], by: 8).map { first in
      encode(images.rows(first..<min(first + 8, images.shape[0]))).sample(generator)
    }
    return 1 / max(Tensor.concatenated(parts, along: 0).moments.std, 1e-6)
  }

  /// `config.json` as diffusers has it, with the measured scale.
  func settings(latentScale: Double) -> JSONValue {
    var configuration = configuration
    configuration.architecture.scalingFactor = latentScale
    return configuration.json
  }
}
