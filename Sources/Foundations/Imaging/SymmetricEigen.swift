/// Eigenvalues and eigenvectors of a real symmetric matrix, by Jacobi's rotations.
///
///     A = V · diag(λ) · Vᵀ
///
/// Each rotation makes one element off the diagonal zero; a few sweeps over all of them leave nothing
/// but rounding. Slow for thousands of rows and hard to beat in accuracy for hundreds.
/// Source: Golub, Van Loan, Matrix Computations, §8.5 (cyclic Jacobi).
public struct SymmetricEigen: Sendable {
  /// Rows of the matrix.
  public let size: Int
  /// λ, in no order.
  public let values: [Double]
  /// V, row-major: column j belongs to λ_j.
  public let vectors: [Double]

  /// - Parameter matrix: row-major, size × size; only symmetric matrices make sense.
  /// - Complexity: O(n³) for each of about ten sweeps.
  public init(_ matrix: [Double], size: Int) {
    precondition(matrix.count == size * size, "\(matrix.count) elements are no \(size)² matrix")
    var rotations = JacobiRotations(matrix, size: size)
    // Convergence is quadratic: the limit is never reached by numbers that are finite.
    var sweeps = 0
    while sweeps < 60, rotations.sweep() { sweeps += 1 }
    self.size = size
    values = (0..<size).map { rotations.matrix[$0 * size + $0] }
    vectors = rotations.transposedVectors.transposed(size: size)
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

private struct JacobiRotations {
  let size: Int
  var matrix: [Double]
  /// Row j is the eigenvector of λ_j.
  var transposedVectors: [Double]

  init(_ matrix: [Double], size: Int) {
    (self.matrix, self.size) = (matrix, size)
    transposedVectors = [Double](repeating: 0, count: size * size)
    for i in 0..<size { transposedVectors[i * size + i] = 1 }
  }

  /// Rotates every element off the diagonal away once.
  /// - Returns: false when there was nothing left to rotate.
  mutating func sweep() -> Bool {
    let scale = (0..<size).reduce(0) { $0 + abs(matrix[$1 * size + $1]) } / Double(max(size, 1))
    var found = false
    for p in 0..<size {
      for q in (p + 1)..<max(size, p + 1) where abs(matrix[p * size + q]) > 1e-16 * scale {
        found = true
        rotate(p, q)
      }
    }
    return found
  }

  private mutating func rotate(_ p: Int, _ q: Int) {
    let (app, aqq, apq) = (
      matrix[p * size + p], matrix[q * size + q], matrix[p * size + q]
    )
    // t = tan of the smaller angle that makes a_pq zero.
    let theta = (aqq - app) / (2 * apq)
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    matrix.withUnsafeMutableBufferPointer { a in
      for k in 0..<size {
        let (x, y) = (a[k * size + p], a[k * size + q])
        a[k * size + p] = c * x - s * y
        a[k * size + q] = s * x + c * y
      }
      Self.rotateRows(a, p, q, c, s, size)
    }
    matrix[p * size + q] = 0
    matrix[q * size + p] = 0
    transposedVectors.withUnsafeMutableBufferPointer { Self.rotateRows($0, p, q, c, s, size) }
  }

  private static func rotateRows(
    _ a: UnsafeMutableBufferPointer<Double>, _ p: Int, _ q: Int, _ c: Double, _ s: Double,
    _ size: Int
  ) {
    for k in 0..<size {
      let (x, y) = (a[p * size + k], a[q * size + k])
      a[p * size + k] = c * x - s * y
      a[q * size + k] = s * x + c * y
    }
  }
}

extension [Double] {
  fileprivate func transposed(size: Int) -> [Double] {
    indices.map { self[$0 % size * size + $0 / size] }
  }
}
