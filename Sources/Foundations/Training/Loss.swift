import Tensors

/// Losses: a value, and its gradient by the prediction. The mean is over all elements.
public enum Loss {
  /// mean (prediction − target)²
  public static func meanSquaredError(
    _ prediction: Tensor, _ target: Tensor
  ) -> (value: Double, gradient: Tensor) {
    let scale = 2 / Float(max(prediction.count, 1))
    return (
      prediction.meanSquaredError(from: target),
      .weightedSum(scale, prediction, -scale, target)
    )
  }
}
