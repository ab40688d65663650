import Tensors

/// How far an analytic gradient is from central differences along random directions, relative to the
/// gradient's own length.
func slopeError(
  at x: Tensor, gradient: Tensor, step: Float = 1e-2, _ loss: (Tensor) -> Double
) -> Double {
  let generator = TorchGenerator(seed: 9)
  return (0..<4).map { _ in
    let direction = generator.normal(x.shape)
    let h = step / Float(direction.norm)
    let above = loss(.weightedSum(1, x, h, direction))
    let below = loss(.weightedSum(1, x, -h, direction))
    let slope = (above - below) / Double(2 * h)
    return abs(slope - gradient.dot(direction)) / (gradient.norm * direction.norm)
  }.max() ?? .infinity
}
