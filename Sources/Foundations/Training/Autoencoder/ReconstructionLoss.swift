import Tensors

/// How far a reconstruction is from its picture, pixel by pixel:
///
///     L = mean |x̂ − x| + λ · mean (x̂ − x)²
///
/// The first term is the one of latent diffusion (arXiv:2112.10752, §3.1); the second raises the
/// PSNR early, when large errors are what is wrong.
public struct ReconstructionLoss: Sendable {
  /// λ
  public var squaredWeight: Double

  /// - Parameter squaredWeight: λ; 0 leaves the first term alone.
  public init(squaredWeight: Double = 0) { self.squaredWeight = squaredWeight }

  /// - Parameters:
  ///   - reconstruction: x̂, any shape.
  ///   - target: x, same shape.
  /// - Returns: L and ∂L/∂x̂.
  public func callAsFunction(
    _ reconstruction: Tensor, _ target: Tensor
  ) -> (value: Double, gradient: Tensor) {
    precondition(
      reconstruction.shape == target.shape,
      "shapes differ: \(reconstruction.shape) and \(target.shape)")
    let difference = reconstruction - target
    let count = Float(max(difference.count, 1))
    let (unit, slope) = (1 / count, 2 * Float(squaredWeight) / count)
    var absolute = 0.0
    let gradient = Tensor(difference.shape) { out in
      difference.withUnsafeElements { d in
        for i in d.indices {
          absolute += Double(abs(d[i]))
          out[i] = (d[i] > 0 ? unit : d[i] < 0 ? -unit : 0) + slope * d[i]
        }
      }
    }
    let value = absolute / Double(count) + squaredWeight * difference.moments.meanSquare
    return (value, gradient)
  }
}
