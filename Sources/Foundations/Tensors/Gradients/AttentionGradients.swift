import CKernels

extension Tensor {
  /// Of attention, see `attention(_:_:_:heads:scale:causal:)`. Its matrix P is computed again, for
  /// some queries of one head at a time:
  ///
  ///     ∂V = Pᵀ∂Y,  ∂P = ∂Y·Vᵀ,  ∂S = P ⊙ (∂P − Σ P ⊙ ∂P),  ∂Q = scale·∂S·K,  ∂K = scale·∂Sᵀ·Q
  ///
  /// - Returns: shapes as q, k and v.
  public static func attentionGradients(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float, causal: Bool = false,
    outputGradient dy: Tensor
  ) -> (q: Tensor, k: Tensor, v: Tensor) {
    let shapes = AttentionShapes(q, k, heads: heads, causal: causal)
    precondition(
      dy.shape == q.shape && k.shape == v.shape,
      "gradient \(dy.shape) does not fit queries \(q.shape), or values \(v.shape) keys \(k.shape)")
    let (dq, dk, dv) = (
      Storage(count: q.count), Storage(count: k.count), Storage(count: v.count)
    )
    if shapes.queries == 0 || shapes.keys == 0 {
      for storage in [dq, dk, dv] { storage.base.update(repeating: 0, count: storage.count) }
    } else {
      let call = shapes.call(scale: scale)
      withPointers(q, dy) { q, dy in
        withPointers(k, v) { k, v in
          withUnsafePointer(to: call) { call in
            Threads.each(shapes.batch * heads) { index in
              let (query, key) = shapes.offsets(index)
              let scratch = Storage(count: ck_attention_gradient_scratch_count(call))
              ck_attention_gradient(
                call, q + query, k + key, v + key, dy + query, scratch.base, dq.base + query,
                dk.base + key, dv.base + key)
            }
          }
        }
      }
    }
    return (
      Tensor(shape: q.shape, storage: dq), Tensor(shape: k.shape, storage: dk),
      Tensor(shape: v.shape, storage: dv)
    )
  }
}
