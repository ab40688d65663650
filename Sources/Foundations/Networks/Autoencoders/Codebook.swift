import Tensors

/// The vectors that a VQ autoencoder may use: each pixel of a latent is replaced by the nearest,
/// argmin_k ‖z − e_k‖ (van den Oord et al. 2017, arXiv:1711.00937, Eq. 1–2).
public struct Codebook: Sendable {
  /// The diffusers module path.
  public let path: String
  /// The table of the vectors e_k, [size, features].
  public let embedding: Embedding
  /// How many vectors there are.
  public var size: Int { embedding.weight.shape[0] }
  /// Features of each vector.
  public var features: Int { embedding.weight.shape[1] }

  /// A codebook whose untrained entries are uniform in ±1/size, as in diffusers.
  /// - Throws: `CheckpointError`.
  public init(_ size: Int, _ features: Int, in scope: ParameterScope) throws {
    path = scope.path
    embedding = try Embedding(
      size, features, initializer: .uniform(bound: 1 / Float(size)), in: scope["embedding"])
  }

  /// - Parameters:
  ///   - z: [..., features]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: the nearest vectors, in z's shape, and the index of each.
  public func quantize(_ z: Tensor, _ pass: ForwardPass) -> (vectors: Tensor, codes: [Int]) {
    var codes: [Int] = []
    let vectors = pass.layer(path, .quantizer, z.shape) {
      codes = pass.nearestCodes(z, embedding.weight)
      return embedding(codes, shape: z.shape.dropLast(), pass)
    }
    return (vectors, codes)
  }

  /// - Returns: [codes.count, features]
  public func lookUp(_ codes: [Int], _ pass: ForwardPass) -> Tensor { embedding(codes, pass) }
}
