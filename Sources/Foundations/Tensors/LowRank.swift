import COpenBLAS

extension Tensor {
  /// The singular values of a product of two thin matrices, without the product.
  ///
  ///     σ(a·b)² = λ( S · b·bᵀ · S ),    S = (aᵀ·a)^½
  ///
  /// All matrices are r × r and in double precision; what is below 1e-8 of the largest is rounding.
  /// - Parameters:
  ///   - a: shape [M, r].
  ///   - b: shape [r, N].
  /// - Returns: r values, largest first; not numbers where the matrices are not finite.
  /// - Complexity: O(r² (M + N) + r³).
  public static func singularValues(ofProduct a: Tensor, _ b: Tensor) -> [Double] {
    precondition(
      a.rank == 2 && b.rank == 2 && a.shape[1] == b.shape[0],
      "inner extents differ: \(a.shape) and \(b.shape)")
    let r = a.shape[1]
    let root = SymmetricEigen(a.gram(ofColumns: true), size: r).apply { max($0, 0).squareRoot() }
    let inner = product(product(root, b.gram(ofColumns: false), r), root, r)
    return SymmetricEigen(inner, size: r).values.reversed().map { max($0, 0).squareRoot() }
  }

  /// xᵀ·x, or x·xᵀ, in double precision; row-major, whole.
  private func gram(ofColumns isOfColumns: Bool) -> [Double] {
    let values = elements.map(Double.init)
    let (rows, columns) = (shape[0], shape[1])
    let size = isOfColumns ? columns : rows
    var gram = [Double](repeating: 0, count: size * size)
    guard size > 0 else { return gram }
    openblas_dsyrk(
      isOfColumns ? 1 : 0, Int32(size), Int32(isOfColumns ? rows : columns), values,
      Int32(max(columns, 1)), &gram)
    for i in 0..<size { for j in 0..<i { gram[i * size + j] = gram[j * size + i] } }
    return gram
  }
}

/// The product of two square matrices, row-major.
private func product(_ a: [Double], _ b: [Double], _ size: Int) -> [Double] {
  var product = [Double](repeating: 0, count: size * size)
  if size > 0 { openblas_dgemm(Int32(size), a, b, &product) }
  return product
}
