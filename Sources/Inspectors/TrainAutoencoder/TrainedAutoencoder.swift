import Checkpoints
import Networks
import Tensors

/// A network of either kind.
package enum TrainedAutoencoder: Sendable {
  case kl(AutoencoderKL)
  case vq(VQModel)

  package var parameters: [Parameter] {
    switch self {
    case .kl(let network): network.parameters
    case .vq(let network): network.parameters
    }
  }

  /// What a latent is before it is scaled: the mean of a KL autoencoder's Gaussian, or what a VQ
  /// autoencoder quantises.
  package func latents(of images: Tensor) -> Tensor {
    switch self {
    case .kl(let network): network.encode(images).mode
    case .vq(let network): network.encode(images)
    }
  }

  /// There and back; a KL autoencoder by its mean.
  package func reconstruction(of images: Tensor) -> Tensor {
    switch self {
    case .kl(let network): network.decode(network.encode(images).mode)
    case .vq(let network): network.decode(network.encode(images))
    }
  }
}

extension TrainedAutoencoder {
  private var architecture: AutoencoderArchitecture {
    switch self {
    case .kl(let network): network.configuration.architecture
    case .vq(let network): network.configuration.architecture
    }
  }

  var latentChannels: Int { architecture.latentChannels }
  package var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// 1/std of the latents of `images`: what makes their variance 1 (arXiv:2112.10752, §G). A KL
  /// autoencoder's are drawn from their Gaussians, as a diffusion model will see them.
  package func latentScale(over images: Tensor, generator: TorchGenerator) -> Double {
    let parts = stride(from: 0, to: images.shape[0], by: 8).map { first in
      let part = images.rows(first..<min(first + 8, images.shape[0]))
      guard case .kl(let network) = self else { return latents(of: part) }
      let posterior = network.encode(part)
      return posterior.sample(noise: generator.normal(posterior.mean.shape))
    }
    return 1 / max(Tensor.concatenated(parts, along: 0).moments.std, 1e-6)
  }

  /// `config.json` as diffusers has it, with the measured scale.
  func configuration(latentScale: Double) -> JSONValue {
    switch self {
    case .kl(let network):
      var configuration = network.configuration
      configuration.architecture.scalingFactor = latentScale
      return configuration.json
    case .vq(let network):
      var configuration = network.configuration
      configuration.architecture.scalingFactor = latentScale
      return configuration.json
    }
  }

  var weights: NetworkWeights {
    switch self {
    case .kl(let network): NetworkWeights(network)
    case .vq(let network): NetworkWeights(network)
    }
  }
}
