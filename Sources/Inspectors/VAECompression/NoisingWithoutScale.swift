import Diffusion
import Imaging
import Tensors

/// What the forward process does to latents that are not scaled to variance 1: the schedule then says
/// one thing and does another.
///
///     z_t = √ᾱ_t · s·z + √(1 − ᾱ_t) · ε          SNR_t = s²·var(z) · ᾱ_t/(1 − ᾱ_t)
///
/// With s = 1/std(z) the signal-to-noise ratio is the schedule's own; with s = 1 it is var(z) times
/// that: latents that are too large still show the picture at the end, latents that are too small have
/// lost it near the beginning.
package struct NoisingWithoutScale: Sendable {
  /// The timesteps that have pictures, 0-based.
  package static let timesteps = [0, 250, 500, 750, 999]

  /// One model at every timestep of the pictures.
  package struct Film: Sendable {
    package let model: ComparedModel
    package let scale: LatentScale
    /// Decoded z_t, with the scale and without it.
    package let scaled: [Image]
    package let unscaled: [Image]
  }

  package let schedule: NoiseSchedule
  package let films: [Film]

  /// - Parameters:
  ///   - picture: [1, 3, H, W], small: it is decoded twice for every model and timestep.
  ///   - scales: of each model, which go along.
  ///   - progress: called after each model.
  package init(
    _ picture: Tensor, scales: [(model: ComparedModel, scale: LatentScale)],
    schedule: NoiseSchedule, generator: TorchGenerator, progress: () -> Void = {}
  ) {
    self.schedule = schedule
    let size = (picture.shape[2], picture.shape[3])
    films = scales.map { model, scale in
      defer { progress() }
      let generator = generator.copy()
      let latent = model.encode(picture).mean
      let noise = generator.normal(latent.shape)
      func images(_ factor: Double) -> [Image] {
        let noisy = Self.timesteps.map { t in
          schedule.level(at: t)
            .noisy(original: latent.scaled(by: Float(factor)), noise: noise)
            .scaled(by: Float(1 / factor))
        }
        return model.decode(each: noisy, height: size.0, width: size.1).map { Image($0) }
      }
      return Film(
        model: model, scale: scale, scaled: images(scale.scale), unscaled: images(1))
    }
  }

  /// The signal-to-noise ratio of latents with this standard deviation at timestep t.
  package func snr(std: Double, at t: Int) -> Double { std * std * schedule.level(at: t).snr }

  /// The first timestep at which noise outweighs latents of this standard deviation, 0-based; the
  /// number of timesteps where it never does.
  package func crossing(std: Double) -> Int {
    (0..<schedule.count).first { snr(std: std, at: $0) < 1 } ?? schedule.count
  }
}
