import COpenBLAS

/// Eigenvalues and eigenvectors of a real symmetric matrix, by LAPACK's `dsyevd`.
///
///     A = V · diag(λ) · Vᵀ
///
/// Any number of threads may decompose at once: the routine keeps no state.
/// Source: LAPACK Users' Guide, §2.3.4.1 (Householder's reduction to a tridiagonal matrix, then
/// divide and conquer). The rounding grows with ‖A‖, not with each λ.
public struct SymmetricEigen: Sendable {
  /// Rows of the matrix.
  public let size: Int
  /// λ, smallest first; not a number where the matrix is not finite.
  public let values: [Double]
  /// V, row-major: column j belongs to λ_j. Each column's sign is free.
  public let vectors: [Double]

  /// - Parameters:
  ///   - matrix: row-major, size × size; only its upper triangle is read.
  ///   - size: its rows.
  /// - Complexity: O(n³) time, O(n²) memory.
  public init(_ matrix: [Double], size: Int) {
    precondition(matrix.count == size * size, "\(matrix.count) elements are no \(size)² matrix")
    var columns = matrix
    let values = matrix.allSatisfy(\.isFinite) ? decompose(&columns, size: size) : nil
    self.size = size
    self.values = values ?? [Double](repeating: .nan, count: size)
    vectors = columns.indices.map { columns[$0 % size * size + $0 / size] }
  }

  /// f(A) = V · diag(f(λ)) · Vᵀ, row-major.
  public func apply(_ f: (Double) -> Double) -> [Double] {
    let scaled = values.map(f)
    var product = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      for j in i..<size {
        var sum = 0.0
        for k in 0..<size { sum += vectors[i * size + k] * scaled[k] * vectors[j * size + k] }
        product[i * size + j] = sum
        product[j * size + i] = sum
      }
    }
    return product
  }
}

/// Replaces a finite symmetric matrix by its eigenvectors, one after the other.
/// - Returns: the eigenvalues, smallest first; nil when LAPACK did not converge.
private func decompose(_ matrix: inout [Double], size: Int) -> [Double]? {
  guard size > 0 else { return [] }
  var values = [Double](repeating: 0, count: size)
  var work = [Double](repeating: 0, count: 1 + 6 * size + 2 * size * size)
  var integerWork = [Int32](repeating: 0, count: 3 + 5 * size)
  let status = openblas_dsyevd(Int32(size), &matrix, &values, &work, &integerWork)
  return status == 0 ? values : nil
}
