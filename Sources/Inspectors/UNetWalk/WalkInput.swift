import Diffusion
import Imaging
import LatentDiffusion
import Tensors

/// What the U-Net looks at: a scene that was encoded and noised, or noise alone.
package struct WalkInput: Sendable {
  /// The scene, and how much of it is left.
  package struct Scene: Sendable {
    /// x_0 at the size that fits, shape [1, 3, H, W], range [−1, 1].
    package let picture: Tensor
    /// z_0, scaled, shape [1, C, h, w].
    package let latent: Tensor
    package let level: NoiseLevel
  }

  /// z_t, shape [1, C, h, w].
  package let sample: Tensor
  package let scene: Scene?

  /// Noise alone.
  package init(noise: Tensor) { (sample, scene) = (noise, nil) }

  /// A picture's latent in closed form at a noise level.
  ///
  ///     z_t = √ᾱ_t · z_0 + √(1 − ᾱ_t) · ε                       DDPM (arXiv:2006.11239) Eq. 4
  ///
  /// - Parameters:
  ///   - picture: shape [1, 3, H, W]; it is scaled and cropped to what the noise asks for.
  ///   - noise: ε, shape [1, C, h, w].
  /// - Precondition: the first stage's latents have C channels.
  package init(picture: Tensor, noise: Tensor, firstStage: FirstStage, level: NoiseLevel) {
    let f = firstStage.downsamplingFactor
    let fitting = picture.covering(height: f * noise.shape[2], width: f * noise.shape[3])
      .clamped(to: -1...1)
    let latent = firstStage.meanLatent(fitting)
    scene = Scene(picture: fitting, latent: latent, level: level)
    sample = level.noisy(original: latent, noise: noise)
  }

  /// The channels of the sample side by side; white is 0.
  var mosaic: Image {
    let map = sample.channelMosaic
    return ColorMap.balance.image(of: map, range: -3...3)
  }
}
