import COpenBLAS

extension Tensor {
  /// The matrix product of two rank-2 tensors on OpenBLAS.
  /// - Parameters:
  ///   - a: shape [M, K], or [K, M] with `transposeA`.
  ///   - b: shape [K, N], or [N, K] with `transposeB`.
  ///   - transposeA: whether `a` is stored as its transpose.
  ///   - transposeB: whether `b` is stored as its transpose.
  /// - Returns: shape [M, N].
  public static func matrixProduct(
    _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false
  ) -> Tensor {
    precondition(a.rank == 2 && b.rank == 2, "matrices expected: \(a.shape) and \(b.shape)")
    let (m, k) = transposeA ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let (kb, n) = transposeB ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
    precondition(k == kb, "inner extents differ: \(a.shape) and \(b.shape)")
    return Tensor([m, n]) { out in
      guard k > 0 else { return out.update(repeating: 0) }
      a.withUnsafeElements { a in
        b.withUnsafeElements { b in
          guard let a = a.baseAddress, let b = b.baseAddress, let out = out.baseAddress else {
            return
          }
          multiply(
            Matrix(a, stride: transposeA ? m : k, isTransposed: transposeA),
            Matrix(b, stride: transposeB ? k : n, isTransposed: transposeB), rows: m, inner: k,
            columns: n,
            to: out, stride: n)
        }
      }
    }
  }
}

/// A matrix in memory, row by row.
struct Matrix: @unchecked Sendable {
  let base: UnsafePointer<Float>
  /// Floats from one stored row to the next.
  let stride: Int
  /// Whether what is stored is the transpose.
  let isTransposed: Bool

  init(_ base: UnsafePointer<Float>, stride: Int, isTransposed: Bool = false) {
    (self.base, self.stride, self.isTransposed) = (base, stride, isTransposed)
  }

  fileprivate func fromRow(_ row: Int) -> UnsafePointer<Float> {
    base + (isTransposed ? row : row * stride)
  }
}

/// scale · a · b on OpenBLAS, blocks of rows on the threads of `Threads`.
///
/// OpenBLAS itself keeps to the thread that calls it, and blocks of one size give the same bits with any
/// number of threads.
func multiply(
  _ a: Matrix, _ b: Matrix, rows: Int, inner: Int, columns: Int, scale: Float = 1,
  to out: UnsafeMutablePointer<Float>, stride: Int
) {
  let block = max(64, (1 << 20) / max(inner * columns, 1))
  Threads.each((rows + block - 1) / block) { index in
    let first = index * block
    openblas_sgemm(
      a.isTransposed ? 1 : 0, b.isTransposed ? 1 : 0, Int32(min(block, rows - first)),
      Int32(columns), Int32(inner), scale, a.fromRow(first), Int32(a.stride), b.base,
      Int32(b.stride), out + first * stride, Int32(stride))
  }
}
