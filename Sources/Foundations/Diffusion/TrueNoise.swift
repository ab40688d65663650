import Tensors

/// The predictor that knows x_0: what a perfect model would say if there were only this one image.
///
///     ε = (x_t − √ᾱ_t · x_0) / √(1 − ᾱ_t)
public struct TrueNoise: ExactPredictor, Sendable {
  /// x_0, the same shape as every x_t it is asked about.
  public let original: Tensor
  public let schedule: NoiseSchedule

  public init(original: Tensor, schedule: NoiseSchedule) {
    self.original = original
    self.schedule = schedule
  }

  public func predict(_ x: Tensor, at t: Double) -> Prediction {
    Prediction(output: schedule.level(at: t).noise(of: x, original: original))
  }

  public func expectedOriginal(_ x: Tensor, at level: NoiseLevel) -> Tensor { original }
}
