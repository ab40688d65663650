import Diffusion
import Tensors

/// What a step of diffusion training asks about: latents at timesteps drawn at random, and the noise
/// that is to be told (DDPM, arXiv:2006.11239, Algorithm 1).
package struct NoisyBatch {
  /// z_t, [B, z, h, w].
  package let noisy: Tensor
  /// ε, same shape.
  package let noise: Tensor
  /// 0-based, one for each row.
  package let timesteps: [Int]

  /// - Parameters:
  ///   - latents: z_0, [B, z, h, w].
  ///   - schedule: how much noise each timestep adds.
  ///   - timesteps: how they are drawn.
  ///   - generator: the random numbers.
  package init(
    _ latents: Tensor, _ schedule: NoiseSchedule, timesteps choice: TimestepChoice = .uniform,
    generator: TorchGenerator
  ) {
    let timesteps = choice.draw(latents.shape[0], of: schedule, generator: generator)
    let noise = generator.normal(latents.shape)
    noisy = .concatenated(
      timesteps.enumerated().map { row, t in
        schedule.level(at: t).noisy(
          original: latents.rows(row..<row + 1), noise: noise.rows(row..<row + 1))
      }, along: 0)
    (self.noise, self.timesteps) = (noise, timesteps)
  }
}
