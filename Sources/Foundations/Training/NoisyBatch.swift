import Diffusion
import Tensors

/// What a step of diffusion training asks about: latents at timesteps drawn at random, and the noise
/// that is to be told (DDPM, arXiv:2006.11239, Algorithm 1).
package struct NoisyBatch {
  /// z_t, [B, z, h, w].
  package let noisy: Tensor
  /// What the model is to say about it: ε, x_0 or v, same shape.
  package let target: Tensor
  /// 0-based, one for each row.
  package let timesteps: [Int]

  /// - Parameters:
  ///   - latents: z_0, [B, z, h, w].
  ///   - schedule: how much noise each timestep adds.
  ///   - type: what the model says.
  ///   - timesteps: how they are drawn.
  ///   - generator: the random numbers.
  package init(
    _ latents: Tensor, _ schedule: NoiseSchedule, predicting type: PredictionType = .noise,
    timesteps choice: TimestepChoice = .uniform, generator: TorchGenerator
  ) {
    let timesteps = choice.draw(latents.shape[0], of: schedule, generator: generator)
    let noise = generator.normal(latents.shape)
    func each(_ value: (NoiseLevel, _ original: Tensor, _ noise: Tensor) -> Tensor) -> Tensor {
      .concatenated(
        timesteps.enumerated().map { row, t in
          value(
            schedule.level(at: t), latents.rows(row..<row + 1), noise.rows(row..<row + 1))
        }, along: 0)
    }
    noisy = each { $0.noisy(original: $1, noise: $2) }
    target = type == .noise ? noise : each { type.target(original: $1, noise: $2, at: $0) }
    self.timesteps = timesteps
  }
}
