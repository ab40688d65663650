import Tensors

/// Classifier-free guidance: away from what the model says without the condition.
///
///     ε = ε_u + s · (ε_c − ε_u)                                   Ho, Salimans (arXiv:2207.12598)
///
/// The paper's w is s − 1: it writes (1 + w)·ε_c − w·ε_u.
public struct Guidance: Sendable {
  /// ε_u: the output without the condition.
  public let unconditional: Tensor
  /// ε_c: the output with it.
  public let conditional: Tensor
  /// s; 1 is no guidance.
  public let scale: Double

  /// Two outputs of one shape, to be combined.
  public init(unconditional: Tensor, conditional: Tensor, scale: Double) {
    self.unconditional = unconditional
    self.conditional = conditional
    self.scale = scale
  }

  /// ε_u + s · (ε_c − ε_u).
  public var combined: Tensor {
    .combination(1, unconditional, scale, conditional - unconditional)
  }
}

/// A predictor that asks its model for both halves in one batch and combines them.
public struct GuidedPredictor: NoisePredictor {
  /// Sees x_t twice, shape [2B, …]: the first half without the condition, the second half with it.
  public let model: any NoisePredictor
  /// s; 1 is no guidance.
  public let guidanceScale: Double

  /// A model that is asked with and without its condition.
  public init(_ model: any NoisePredictor, guidanceScale: Double) {
    self.model = model
    self.guidanceScale = guidanceScale
  }

  /// What the output means: as the guided model's.
  public var predictionType: PredictionType { model.predictionType }

  /// ε_u + s · (ε_c − ε_u), with both halves.
  public func predict(_ x: Tensor, at t: Double) -> Prediction {
    let both = model.predict(.concatenated([x, x], along: 0), at: t).output
    let batch = x.shape[0]
    let guidance = Guidance(
      unconditional: both.rows(0..<batch), conditional: both.rows(batch..<2 * batch),
      scale: guidanceScale)
    return Prediction(output: guidance.combined, guidance: guidance)
  }
}
