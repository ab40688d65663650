import CKernels

// Attention: softmax(scale · Q Kᵀ) V for each head.                       arXiv:1706.03762 Eq. 1
//
// Heads are neighbours in the last dimension: head h holds features h·d ..< (h+1)·d, so that
// projections need no reordering.

extension Tensor {
  /// Attention without its matrix in memory: some queries of one head at a time.
  /// - Parameters:
  ///   - q: shape [B, N, heads·d].
  ///   - k: shape [B, M, heads·d].
  ///   - v: shape [B, M, heads·d].
  ///   - heads: how many heads share the features.
  ///   - scale: usually 1/√d.
  ///   - causal: query i sees keys 0...i only; needs N = M.
  ///   - precision: of q, k, v, and of the weights e^(score − largest) before they are divided by their
  ///     sum, which is that of the unrounded ones.
  /// - Returns: shape [B, N, heads·d].
  public static func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float, causal: Bool = false,
    precision: Precision = .float32
  ) -> Tensor {
    let shapes = AttentionShapes(q, k, heads: heads, causal: causal)
    precondition(v.shape == k.shape, "values \(v.shape) do not fit keys \(k.shape)")
    return Tensor(q.shape) { out in
      guard shapes.keys > 0, let to = out.baseAddress else { return out.update(repeating: 0) }
      let call = shapes.call(scale: scale, precision)
      q.withUnsafeElements { q in
        k.withUnsafeElements { k in
          v.withUnsafeElements { v in
            guard let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress else {
              return
            }
            shapes.run(call, q, k, v, to: to)
          }
        }
      }
    }
  }

  /// The attention matrix softmax(scale · Q Kᵀ), for those who look at it.
  /// - Returns: shape [B, heads, N, M]; each row sums to 1.
  public static func attentionWeights(
    _ q: Tensor, _ k: Tensor, heads: Int, scale: Float, causal: Bool = false
  ) -> Tensor {
    let shapes = AttentionShapes(q, k, heads: heads, causal: causal)
    let (n, m) = (shapes.queries, shapes.keys)
    return Tensor([q.shape[0], heads, n, m]) { out in
      guard out.count > 0 else { return }
      shapes.forEachHead(q, k) { batch, head, q, k in
        guard let to = out.baseAddress else { return }
        shapes.weights(
          q, k, rows: 0..<n, scale: scale, into: to + (batch * heads + head) * n * m)
      }
    }
  }

  /// What given attention weights select from the values: weights · V for each head.
  /// - Parameters:
  ///   - weights: shape [B, heads, N, M].
  ///   - values: shape [B, M, heads·d].
  /// - Returns: shape [B, N, heads·d].
  public static func attention(weights: Tensor, values: Tensor) -> Tensor {
    precondition(
      weights.rank == 4 && values.rank == 3 && weights.shape[0] == values.shape[0]
        && weights.shape[3] == values.shape[1] && values.shape[2] % weights.shape[1] == 0,
      "weights \(weights.shape) do not select from values \(values.shape)")
    let (heads, n, m) = (weights.shape[1], weights.shape[2], weights.shape[3])
    let (width, count) = (values.shape[2], weights.count)
    let d = width / heads
    return Tensor([weights.shape[0], n, width]) { out in
      guard m > 0, out.count > 0 else { return out.update(repeating: 0) }
      weights.withUnsafeElements { weights in
        values.withUnsafeElements { values in
          guard let weights = weights.baseAddress, let values = values.baseAddress,
            let out = out.baseAddress
          else { return }
          for index in 0..<(count / (n * m)) {
            let (batch, head) = (index / heads, index % heads)
            multiply(
              Matrix(weights + index * n * m, stride: m),
              Matrix(values + batch * m * width + head * d, stride: width), rows: n, inner: m,
              columns: d, to: out + batch * n * width + head * d, stride: width)
          }
        }
      }
    }
  }
}

/// The extents of one attention and its matrix for some queries.
struct AttentionShapes {
  let batch, queries, keys, heads, features, width: Int
  let causal: Bool

  init(_ q: Tensor, _ k: Tensor, heads: Int, causal: Bool) {
    precondition(
      q.rank == 3 && k.rank == 3 && q.shape[0] == k.shape[0] && q.shape[2] == k.shape[2]
        && heads > 0 && q.shape[2] % heads == 0,
      "\(heads) heads of queries \(q.shape) do not fit keys \(k.shape)")
    precondition(
      !causal || q.shape[1] == k.shape[1],
      "causal attention needs as many queries as keys: \(q.shape) and \(k.shape)")
    (batch, queries, width) = (q.shape[0], q.shape[1], q.shape[2])
    (keys, self.heads, features, self.causal) = (k.shape[1], heads, q.shape[2] / heads, causal)
  }

  /// One head, for the kernels.
  func call(scale: Float, _ precision: Precision = .float32) -> ck_attention {
    ck_attention(
      queries: queries, keys: keys, features: features, stride: width, scale: scale,
      causal: causal ? 1 : 0, factors: precision.format)
  }

  /// Where the queries and the keys of a head begin; heads are counted over the batch.
  func offsets(_ index: Int) -> (queries: Int, keys: Int) {
    let (entry, feature) = (index / heads * width, index % heads * features)
    return (entry * queries + feature, entry * keys + feature)
  }

  /// Attention of all heads: keys and values are packed, then blocks of queries meet them.
  fileprivate func run(
    _ call: ck_attention, _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>,
    _ v: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: call) { call in
      let size = ck_attention_packed_count(call)
      let packed = Storage(count: batch * heads * size)
      Threads.each(batch * heads) { index in
        let first = offsets(index).keys
        ck_attention_pack(call, k + first, v + first, packed.base + index * size)
      }
      let block = ck_attention_block()
      let blocks = (queries + block - 1) / block
      Threads.each(batch * heads * blocks) { item in
        let (index, first) = (item / blocks, item % blocks * block)
        let offset = offsets(index).queries
        let scratch = Storage(count: ck_attention_scratch_count(call))
        ck_attention_rows(
          call, q + offset, packed.base + index * size, first, min(first + block, queries),
          scratch.base, out + offset)
      }
    }
  }

  /// Calls `body` with each batch entry, head, and the addresses of its first query and key.
  fileprivate func forEachHead(
    _ q: Tensor, _ k: Tensor,
    _ body: (Int, Int, UnsafePointer<Float>, UnsafePointer<Float>) -> Void
  ) {
    q.withUnsafeElements { q in
      k.withUnsafeElements { k in
        guard let q = q.baseAddress, let k = k.baseAddress else { return }
        for batch in 0..<batch {
          for head in 0..<heads {
            body(
              batch, head, q + batch * queries * width + head * features,
              k + batch * keys * width + head * features)
          }
        }
      }
    }
  }

  /// softmax(scale · Q Kᵀ) of one head for the queries `rows`, [rows, keys].
  fileprivate func weights(
    _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, rows: Range<Int>, scale: Float,
    into scores: UnsafeMutablePointer<Float>
  ) {
    multiply(
      Matrix(q + rows.lowerBound * width, stride: width),
      Matrix(k, stride: width, isTransposed: true), rows: rows.count, inner: features,
      columns: keys, scale: scale, to: scores, stride: keys)
    Threads.split(rows.count, grain: 1 + (1 << 13) / max(keys, 1)) { range in
      let first = scores + range.lowerBound * keys
      guard causal else { return ck_softmax(first, first, range.count, keys) }
      for index in range {
        let row = scores + index * keys
        let visible = rows.lowerBound + index + 1
        ck_softmax(row, row, 1, visible)
        (row + visible).update(repeating: 0, count: keys - visible)
      }
    }
  }
}
