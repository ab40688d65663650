import Tensors

/// The predictor that knows x_0: what a perfect model would say if there were only this one image.
///
///     ε = (x_t − √ᾱ_t · x_0) / √(1 − ᾱ_t)
public struct TrueNoise: ExactPredictor, Sendable {
  /// x_0, the same shape as every x_t it is asked about.
  public let original: Tensor
  /// How much noise each timestep holds.
  public let schedule: NoiseSchedule

  /// The predictor for one image.
  /// - Parameters:
  ///   - original: x_0, shape as each x_t that it will be asked about.
  ///   - schedule: how much of it is left at each timestep.
  public init(original: Tensor, schedule: NoiseSchedule) {
    self.original = original
    self.schedule = schedule
  }

  /// The ε that made `x` of x_0, same shape; t is 0-based and may lie between two timesteps.
  public func predict(_ x: Tensor, at t: Double) -> Prediction {
    Prediction(output: schedule.level(at: t).noise(of: x, original: original))
  }

  /// x_0 itself, whatever `x` is.
  public func expectedOriginal(_ x: Tensor, at level: NoiseLevel) -> Tensor { original }
}
