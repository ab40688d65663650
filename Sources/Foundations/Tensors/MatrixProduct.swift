import COpenBLAS

extension Tensor {
  /// The matrix product of two rank-2 tensors on OpenBLAS.
  /// - Parameters:
  ///   - a: shape [M, K], or [K, M] with `transposeA`.
  ///   - b: shape [K, N], or [N, K] with `transposeB`.
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
          cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
            transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1,
            a.baseAddress, Int32(transposeA ? m : k), b.baseAddress, Int32(transposeB ? k : n), 0,
            out.baseAddress, Int32(n))
        }
      }
    }
  }
}
