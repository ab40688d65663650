import Tensors

/// What varies most in where pixels look: Prompt-to-Prompt's picture of self-attention.
///
///     A − mean of each row = U · diag(s) · Vᵀ;  the first rows of Vᵀ as maps
///
/// Source: arXiv:2208.01626, `show_self_attention_comp`. Each map's sign is free: here the entry of
/// the largest magnitude is positive.
package struct SelfComponents: Sendable {
  /// s, largest first.
  package let strengths: [Double]
  /// Rows of Vᵀ, shape [H, W] each.
  package let maps: [Tensor]

  /// - Parameters:
  ///   - matrix: self-attention, shape [N, N] with N = height · width.
  ///   - height: of the grid, in pixels of the layer.
  ///   - width: of the grid, likewise.
  ///   - count: how many components to keep.
  package init(_ matrix: Tensor, height: Int, width: Int, count: Int = 6) {
    let n = height * width
    precondition(
      matrix.shape == [n, n], "\(matrix.shape) is no self-attention of \(height)×\(width)")
    var centered = matrix
    centered.withUnsafeMutableElements { a in
      for row in 0..<n {
        let mean = (0..<n).reduce(0.0) { $0 + Double(a[row * n + $1]) } / Double(n)
        for column in 0..<n { a[row * n + column] -= Float(mean) }
      }
    }
    // V holds the eigenvectors of the Gram matrix, and s² its eigenvalues.
    let gram = Tensor.matrixProduct(centered, centered, transposeA: true)
    let eigen = SymmetricEigen(gram.elements.map(Double.init), size: n)
    let order = eigen.values.indices.sorted { eigen.values[$0] > eigen.values[$1] }.prefix(count)
    strengths = order.map { max(eigen.values[$0], 0).squareRoot() }
    maps = order.map { column in
      let vector = (0..<n).map { eigen.vectors[$0 * n + column] }
      let extreme = vector.max { abs($0) < abs($1) } ?? 1
      return Tensor([height, width], vector.map { Float($0 * (extreme < 0 ? -1 : 1)) })
    }
  }
}
