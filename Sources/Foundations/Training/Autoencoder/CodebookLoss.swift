import Tensors

/// What draws codes and latents to each other (arXiv:1711.00937, Eq. 3):
///
///     L = mean (e − sg[z])² + β · mean (z − sg[e])²
///
/// sg stops the gradient: the first term moves the codes e towards the latents, the second commits
/// the encoder to the codes it has chosen.
public struct CodebookLoss: Sendable {
  /// β
  public var commitment: Double

  /// - Parameter commitment: β; the papers' ¼.
  public init(commitment: Double = 0.25) { self.commitment = commitment }

  /// - Parameters:
  ///   - latents: z before quantisation, any shape.
  ///   - vectors: e, the nearest code of each, same shape.
  /// - Returns: L and its gradients with respect to both.
  public func callAsFunction(
    _ latents: Tensor, _ vectors: Tensor
  ) -> (value: Double, latentGradient: Tensor, vectorGradient: Tensor) {
    let difference = latents - vectors
    let scale = 2 / Float(max(difference.count, 1))
    return (
      (1 + commitment) * difference.moments.meanSquare,
      difference.scaled(by: Float(commitment) * scale), difference.scaled(by: -scale)
    )
  }
}
