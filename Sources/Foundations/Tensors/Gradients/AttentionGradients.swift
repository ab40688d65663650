import CKernels
import COpenBLAS

extension Tensor {
  /// Of attention, see `attention(_:_:_:heads:scale:causal:)`. Its matrix P is computed again, one
  /// head at a time:
  ///
  ///     ∂V = Pᵀ∂Y,  ∂P = ∂Y·Vᵀ,  ∂S = P ⊙ (∂P − Σ P ⊙ ∂P),  ∂Q = scale·∂S·K,  ∂K = scale·∂Sᵀ·Q
  ///
  /// - Returns: shapes as q, k and v.
  public static func attentionGradients(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float, causal: Bool = false,
    outputGradient dy: Tensor
  ) -> (q: Tensor, k: Tensor, v: Tensor) {
    precondition(
      dy.shape == q.shape && k.shape == v.shape,
      "gradient \(dy.shape) does not fit queries \(q.shape), or values \(v.shape) keys \(k.shape)")
    var (dk, dv) = (Tensor.zeros(k.shape), Tensor.zeros(v.shape))
    let (n, m, width) = (q.shape[1], k.shape[1], q.shape[2])
    let d = width / heads
    let dq = Tensor(q.shape) { dq in
      let scores = Storage(count: 2 * n * m)
      let back = scores.base + n * m
      withPointers(q, k, v, dy) { q, k, v, dy in
        dk.withUnsafeMutableElements { dk in
          dv.withUnsafeMutableElements { dv in
            guard let dq = dq.baseAddress, let dk = dk.baseAddress, let dv = dv.baseAddress else {
              return
            }
            for index in 0..<q.shape[0] * heads {
              let (entry, head) = (index / heads, index % heads * d)
              let (rows, columns) = (entry * n * width + head, entry * m * width + head)
              let matrices = HeadProducts(n: n, m: m, d: d, width: width)
              matrices.weights(
                q.base + rows, k.base + columns, scale: scale, causal: causal, into: scores.base)
              matrices.times(scores.base, transposed: true, dy.base + rows, into: dv + columns)
              matrices.outer(dy.base + rows, v.base + columns, scale: 1, into: back)
              Threads.split(n, grain: 1 + (1 << 13) / max(m, 1)) { range in
                let first = range.lowerBound * m
                ck_softmax_gradient(
                  scores.base + first, back + first, scale, back + first, range.count, m)
              }
              matrices.times(back, transposed: false, k.base + columns, into: dq + rows)
              matrices.times(back, transposed: true, q.base + rows, into: dk + columns)
            }
          }
        }
      }
    }
    return (dq, dk, dv)
  }

  private typealias Pointer = (base: UnsafePointer<Float>, shape: [Int])

  private static func withPointers(
    _ a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor,
    _ body: (Pointer, Pointer, Pointer, Pointer) -> Void
  ) {
    withExtendedLifetime((a, b, c, d)) {
      body(
        (UnsafePointer(a.storage.base), a.shape), (UnsafePointer(b.storage.base), b.shape),
        (UnsafePointer(c.storage.base), c.shape), (UnsafePointer(d.storage.base), d.shape))
    }
  }
}

/// The products of one head: N queries, M keys, d features that lie `width` apart.
private struct HeadProducts {
  let n, m, d, width: Int

  /// softmax(scale · A·Bᵀ), [n, m]
  func weights(
    _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, scale: Float, causal: Bool,
    into scores: UnsafeMutablePointer<Float>
  ) {
    outer(q, k, scale: scale, into: scores)
    guard causal else { return ck_softmax(scores, scores, n, m) }
    for row in 0..<n {
      ck_softmax(scores + row * m, scores + row * m, 1, row + 1)
      (scores + row * m + row + 1).update(repeating: 0, count: m - row - 1)
    }
  }

  /// scale · A·Bᵀ, [n, m], of a [n, d] and b [m, d]
  func outer(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, scale: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(n), Int32(m), Int32(d), scale, a,
      Int32(width), b, Int32(width), 0, out, Int32(m))
  }

  /// P·A of a [m, d], or Pᵀ·A of a [n, d].
  func times(
    _ p: UnsafePointer<Float>, transposed: Bool, _ a: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemm(
      CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans,
      Int32(transposed ? m : n), Int32(d), Int32(transposed ? n : m), 1, p, Int32(m), a,
      Int32(width), 0, out, Int32(width))
  }
}
