import Tensors

/// What a model was trained to say about x_t.
public enum PredictionType: String, CaseIterable, Sendable {
  /// ε, the noise in x_t.
  case noise = "epsilon"
  /// x_0, the image behind x_t.
  case original = "sample"
  /// v = √ᾱ·ε − √(1 − ᾱ)·x_0.
  case velocity = "v_prediction"
}

extension PredictionType {
  /// What a model is to say about x_t = √ᾱ·x_0 + √(1 − ᾱ)·ε.
  /// - Parameters:
  ///   - original: x_0.
  ///   - noise: ε, same shape.
  ///   - level: ᾱ.
  package func target(original: Tensor, noise: Tensor, at level: NoiseLevel) -> Tensor {
    switch self {
    case .noise: noise
    case .original: original
    case .velocity: level.velocity(original: original, noise: noise)
    }
  }

  /// x̂_0 from a model's output for x_t.
  func original(saidBy output: Tensor, of x: Tensor, at level: NoiseLevel) -> Tensor {
    switch self {
    case .noise: level.original(of: x, noise: output)
    case .original: output
    case .velocity: level.original(of: x, velocity: output)
    }
  }

  /// ε̂ from a model's output for x_t.
  func noise(saidBy output: Tensor, of x: Tensor, at level: NoiseLevel) -> Tensor {
    switch self {
    case .noise: output
    case .original: level.noise(of: x, original: output)
    case .velocity: level.noise(of: x, velocity: output)
    }
  }
}

/// What a model said at one x_t, and for a guided model its two halves.
public struct Prediction: Sendable {
  /// The output that the sampler uses, same shape as x_t.
  public let output: Tensor
  /// The two outputs that classifier-free guidance combined into `output`.
  public let guidance: Guidance?

  /// What a model said.
  /// - Parameters:
  ///   - output: shape as x_t; ε, x_0 or v, as the model's `predictionType` says.
  ///   - guidance: its two halves; nil for a model without guidance.
  public init(output: Tensor, guidance: Guidance? = nil) {
    self.output = output
    self.guidance = guidance
  }
}

/// Anything that predicts the noise in x_t: a network, or a formula that knows the data.
///
/// A sampler knows nothing more of a model than this.
public protocol NoisePredictor {
  /// What the output means.
  var predictionType: PredictionType { get }

  /// ε_θ(x_t, t), or x_0 or v in its place.
  /// - Parameters:
  ///   - x: x_t = √ᾱ·x_0 + √(1 − ᾱ)·ε, shape [B, …].
  ///   - t: 0-based timestep; some samplers stop between two timesteps.
  /// - Returns: a prediction of the same shape.
  func predict(_ x: Tensor, at t: Double) -> Prediction

  /// Asks at one noise level and gives the answer as both x̂_0 and ε̂.
  ///
  /// Most predictors leave this to the default, which derives one from the other; a predictor that
  /// knows the data also knows x̂_0 at ᾱ = 0, where ε̂ says nothing of it.
  func evaluate(_ x: Tensor, at level: NoiseLevel) -> Evaluation
}

extension NoisePredictor {
  /// The noise ε, unless a predictor says otherwise.
  public var predictionType: PredictionType { .noise }

  /// Asks once, at `level.t`, and derives x̂_0 and ε̂ from the answer.
  /// - Precondition: the answer has the shape of `x`.
  public func evaluate(_ x: Tensor, at level: NoiseLevel) -> Evaluation {
    derivedEvaluation(x, at: level)
  }

  /// x̂_0 and ε̂ from what `predict` says.
  fileprivate func derivedEvaluation(_ x: Tensor, at level: NoiseLevel) -> Evaluation {
    let prediction = predict(x, at: level.t)
    let output = prediction.output
    precondition(
      output.shape == x.shape, "a prediction of shape \(output.shape) for an x_t of \(x.shape)")
    return Evaluation(
      input: x, level: level, prediction: prediction,
      predictedOriginal: predictionType.original(saidBy: output, of: x, at: level),
      predictedNoise: predictionType.noise(saidBy: output, of: x, at: level))
  }
}

/// A predictor that knows the data, and so what to expect of x_0 even where x_t is pure noise.
public protocol ExactPredictor: NoisePredictor {
  /// E[x_0 | x_t]
  func expectedOriginal(_ x: Tensor, at level: NoiseLevel) -> Tensor
}

extension ExactPredictor {
  /// At ᾱ = 0 x_t is the noise itself, and x̂_0 is what is to be expected of the data; at all other
  /// levels both are derived from the prediction.
  public func evaluate(_ x: Tensor, at level: NoiseLevel) -> Evaluation {
    guard level.alphaCumprod == 0 else { return derivedEvaluation(x, at: level) }
    return Evaluation(
      input: x, level: level, prediction: predict(x, at: level.t),
      predictedOriginal: expectedOriginal(x, at: level), predictedNoise: x)
  }
}

/// One call of the model: what it was shown, what it said, and what that means.
public struct Evaluation: Sendable {
  /// x_t as the model saw it, √ᾱ·x_0 + √(1 − ᾱ)·ε.
  public let input: Tensor
  /// How much noise there is in `input`.
  public let level: NoiseLevel
  /// What the model said: ε, x_0 or v, as its `predictionType` says.
  public let prediction: Prediction
  /// x̂_0, not clipped.
  public let predictedOriginal: Tensor
  /// ε̂.
  public let predictedNoise: Tensor

  /// What a predictor that knows the noise at any level, between two timesteps as well, says of it.
  /// - Parameters:
  ///   - input: x_t, shape [B, …].
  ///   - level: how much noise there is in `input`.
  ///   - predictedNoise: ε̂, the same shape; x̂_0 follows from it.
  /// - Precondition: `level` holds some signal: ᾱ is above 0.
  public init(input: Tensor, level: NoiseLevel, predictedNoise: Tensor) {
    self.init(
      input: input, level: level, prediction: Prediction(output: predictedNoise),
      predictedOriginal: level.original(of: input, noise: predictedNoise),
      predictedNoise: predictedNoise)
  }

  init(
    input: Tensor, level: NoiseLevel, prediction: Prediction, predictedOriginal: Tensor,
    predictedNoise: Tensor
  ) {
    (self.input, self.level, self.prediction) = (input, level, prediction)
    (self.predictedOriginal, self.predictedNoise) = (predictedOriginal, predictedNoise)
  }
}
