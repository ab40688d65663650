import CKernels
import Foundation
import Tensors

// Every operation that a network is made of. Nothing computes with activations elsewhere, so that
// whoever follows a pass meets each of them here.

// MARK: - Layers with parameters

extension ForwardPass {
  /// x·Wᵀ + b over the last dimension.
  /// - Parameters:
  ///   - x: [..., inputs]
  ///   - weight: [outputs, inputs]
  ///   - bias: [outputs]
  ///   - residual: [..., outputs], added to the layer's output.
  ///   - path: the layer's.
  /// - Returns: [..., outputs]
  public func linear(
    _ x: Tensor, _ weight: Parameter, _ bias: Parameter?, adding residual: Tensor? = nil,
    at path: String
  ) -> Tensor {
    layer(path, .linear, x.shape, adding: residual) { residual in
      count(products: x.count * weight.shape[0], weight, bias)
      let output = Tensor.linear(
        x, weight.weight, bias: bias?.value, adding: residual, precision: precision)
      recordLinear(output, x, weight, bias, residual)
      return output
    }
  }

  /// GEGLU: a ⊙ GELU(b) with [a, b] = x·Wᵀ + b over the last dimension. The product and the gate are one
  /// step unless a probe looks on or a tape records.
  /// - Parameters:
  ///   - x: [..., inputs]
  ///   - projection: from inputs to 2·outputs.
  ///   - path: the layer's.
  /// - Returns: [..., outputs]
  func gatedLinear(
    _ x: Tensor, _ projection: Linear, at path: @autoclosure () -> String
  ) -> Tensor {
    guard isObserved || tape != nil else {
      return Tensor.linearGEGLU(
        x, projection.weight.weight, bias: projection.bias?.value, precision: precision)
    }
    return layer(path(), .geglu, x.shape) { geglu(projection(x, self)) }
  }

  /// The convolution of channels-last images.
  /// - Parameters:
  ///   - x: [B, H, W, inputs]
  ///   - weight: [outputs, inputs, height, width]
  ///   - bias: [outputs]; nil for none.
  ///   - stride: in pixels, the same in both directions.
  ///   - padding: the zeros around the image.
  ///   - vectors: [B, outputs], added to every pixel of the layer's output.
  ///   - residual: the output's shape, added to it.
  ///   - path: the layer's.
  /// - Returns: [B, H', W', outputs]
  public func convolution(
    _ x: Tensor, _ weight: Parameter, _ bias: Parameter?, stride: Int, padding: Padding,
    addingVectors vectors: Tensor? = nil, adding residual: Tensor? = nil, at path: String
  ) -> Tensor {
    func convolved(vectors: Tensor?, residual: Tensor?) -> Tensor {
      let output = Tensor.convolution2d(
        x, weight.weight,
        bias: vectors.map { vectors in
          bias.map { Tensor.addingVectors(vectors, $0.value) } ?? vectors
        } ?? bias?.value,
        stride: stride, padding: padding, adding: residual, precision: precision,
        keeping: weightMemory?.transform(weight, at: path))
      recordConvolution(
        output, x, weight, bias, stride: stride, padding: padding, vectors, residual)
      return output
    }
    guard isObserved else { return convolved(vectors: vectors, residual: residual) }
    var output = layer(path, .convolution, x.shape) {
      let output = convolved(vectors: nil, residual: nil)
      count(products: output.count * weight.count / weight.shape[0], weight, bias)
      return output
    }
    if let vectors { output = addVectors(output, vectors) }
    return residual.map { add(output, $0) } ?? output
  }

  /// Group normalisation, and SiLU after it when asked for. The two are done at once unless a probe
  /// wants what lies between them.
  public func groupNorm(
    _ x: Tensor, _ weight: Parameter, _ bias: Parameter, groups: Int, epsilon: Float,
    thenSiLU: Bool, at path: String
  ) -> Tensor {
    let fused = thenSiLU && !wants(path)
    let normalized = layer(path, .groupNorm, x.shape) {
      count(weight, bias)
      let output = Tensor.groupNorm(
        x, groups: groups, weight: weight.value, bias: bias.value, epsilon: epsilon, silu: fused)
      recordGroupNorm(output, x, weight, bias, groups: groups, epsilon: epsilon, silu: fused)
      return output
    }
    return thenSiLU && !fused ? silu(normalized) : normalized
  }

  /// Normalisation of the last dimension.
  public func layerNorm(
    _ x: Tensor, _ weight: Parameter, _ bias: Parameter, epsilon: Float, at path: String
  ) -> Tensor {
    layer(path, .layerNorm, x.shape) {
      count(weight, bias)
      let output = Tensor.layerNorm(x, weight: weight.value, bias: bias.value, epsilon: epsilon)
      recordLayerNorm(output, x, weight, bias, epsilon: epsilon)
      return output
    }
  }

  /// Rows of a table.
  /// - Parameters:
  ///   - indices: as many as `shape` holds.
  ///   - shape: of the indices.
  ///   - table: [entries, features]
  ///   - path: the layer's.
  /// - Returns: [shape..., features]
  public func embedding(
    _ indices: [Int], shape: [Int], _ table: Parameter, at path: String
  ) -> Tensor {
    layer(path, .embedding, shape) {
      count(table)
      precondition(
        indices.count == shape.reduce(1, *), "\(indices.count) indices do not fill \(shape)")
      let output = Tensor.rows(indices, of: table.weight).reshaped(shape + [table.shape[1]])
      recordEmbedding(output, indices, table)
      return output
    }
  }
}

// MARK: - Attention

extension ForwardPass {
  /// softmax(QKᵀ/√d)·V for each head, d = C/heads. The matrix exists only when a probe wants the
  /// attention weights at `path`.
  /// - Parameters:
  ///   - q: [B, N, C]
  ///   - k: [B, M, C]
  ///   - v: [B, M, C]
  ///   - heads: how many heads share the features; divides C.
  ///   - causal: whether token i sees only tokens up to i.
  ///   - path: the attention layer's.
  /// - Returns: [B, N, C]
  public func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, causal: Bool = false, at path: String
  ) -> Tensor {
    let scale = 1 / Float(q.shape[2] / heads).squareRoot()
    return layer("\(path).product", .attentionProduct, q.shape) {
      count(products: 2 * q.count * k.shape[1])
      guard wants(path, .attentionWeights) else {
        let output = Tensor.attention(
          q, k, v, heads: heads, scale: scale, causal: causal, precision: precision)
        recordAttention(output, q, k, v, heads: heads, scale: scale, causal: causal)
        return output
      }
      precondition(tape == nil, "\(path): attention weights are not looked at while training")
      var weights = Tensor.attentionWeights(q, k, heads: heads, scale: scale, causal: causal)
      visit(&weights, at: ProbeSite(path, .attentionWeights))
      return Tensor.attention(weights: weights, values: v)
    }
  }
}

// MARK: - Operations without parameters

extension ForwardPass {
  /// x·σ(x), elementwise (Elfwing et al. 2017, arXiv:1702.03118).
  public func silu(_ x: Tensor) -> Tensor {
    apply(x, Tensor.silu) { Tensor.siluGradient(x, outputGradient: $0) }
  }

  /// x·Φ(x), elementwise, Φ the normal distribution's (Hendrycks, Gimpel 2016, arXiv:1606.08415).
  public func gelu(_ x: Tensor) -> Tensor {
    apply(x, Tensor.gelu) { Tensor.geluGradient(x, outputGradient: $0) }
  }

  /// x·σ(1.702x), elementwise: CLIP's approximation of GELU.
  public func quickGELU(_ x: Tensor) -> Tensor {
    apply(x, Tensor.quickGELU) { Tensor.quickGELUGradient(x, outputGradient: $0) }
  }

  /// max(x, slope·x)
  public func leakyReLU(_ x: Tensor, slope: Float = 0.2) -> Tensor {
    apply(x, { Tensor.leakyReLU($0, slope: slope) }) {
      Tensor.leakyReLUGradient(x, slope: slope, outputGradient: $0)
    }
  }

  /// max(x, 0)
  public func relu(_ x: Tensor) -> Tensor { leakyReLU(x, slope: 0) }

  /// c·tanh(x/c): x itself near 0, and never beyond ±c.
  public func softClamp(_ x: Tensor, to limit: Float) -> Tensor {
    apply(x, { $0.map { limit * tanh($0 / limit) } }) { dy in
      dy * x.map { 1 - tanh($0 / limit) * tanh($0 / limit) }
    }
  }

  /// factor·x + offset
  func affine(_ x: Tensor, by factor: Float, plus offset: Float) -> Tensor {
    apply(x, { $0.scaled(by: factor, plus: offset) }) { $0.scaled(by: factor) }
  }

  /// a ⊙ GELU(b) where the last dimension is [a, b].
  public func geglu(_ x: Tensor) -> Tensor {
    apply(x, Tensor.geglu) { Tensor.gegluGradient(x, outputGradient: $0) }
  }

  /// a + b, in a's memory where nobody else holds it.
  public func add(_ a: consuming Tensor, _ b: Tensor) -> Tensor {
    precondition(a.shape == b.shape, "shapes differ: \(a.shape) and \(b.shape)")
    if tape != nil { return recordedSum(a, b) }
    let count = a.count
    a.withUnsafeMutableElements { a in
      b.withUnsafeElements { b in ck_add(a.baseAddress, b.baseAddress, a.baseAddress, count) }
    }
    return a
  }

  /// One vector per image added to all of its pixels: [B, ..., C] and [B, C].
  func addVectors(_ x: Tensor, _ vectors: Tensor) -> Tensor {
    let output = Tensor.addingVectors(x, vectors)
    recordVectors(output, x, vectors)
    return output
  }

  /// [B, H, W, C] and [B, H, W, D] → [B, H, W, C + D]
  public func concatenateChannels(_ a: Tensor, _ b: Tensor) -> Tensor {
    let output = Tensor.concatenated([a, b], along: a.rank - 1)
    recordConcatenation(output, a, b)
    return output
  }

  /// [B, H, W, C] → [B, 2H, 2W, C], each pixel four times.
  public func upsample(_ x: Tensor) -> Tensor {
    apply(x, Tensor.upsampleNearest2x) { Tensor.upsampleNearest2xGradient(outputGradient: $0) }
  }

  /// The mean over all pixels: [B, H, W, C] → [B, C]
  public func meanOverPixels(_ x: Tensor) -> Tensor {
    let (shape, batch) = (x.shape, x.shape[0])
    let scale = Float(batch * shape[x.rank - 1]) / Float(x.count)
    return apply(x, { $0.columnSums(entries: batch).scaled(by: scale) }) {
      Tensor.addingVectors(Tensor.zeros(shape), $0.scaled(by: scale))
    }
  }

  /// The upper left corner of channels-last images.
  public func cropped(_ x: Tensor, height: Int, width: Int) -> Tensor {
    guard x.shape[1] != height || x.shape[2] != width else { return x }
    let (fullHeight, fullWidth) = (x.shape[1], x.shape[2])
    return apply(x, { $0.slice(0..<height, along: 1).slice(0..<width, along: 2) }) {
      Tensor.padded($0, height: fullHeight, width: fullWidth)
    }
  }

  /// [B, C, H, W] → [B, H, W, C]
  public func channelsLast(_ x: Tensor) -> Tensor {
    apply(x, Tensor.toChannelsLast, Tensor.toChannelsFirst)
  }

  /// [B, H, W, C] → [B, C, H, W]
  public func channelsFirst(_ x: Tensor) -> Tensor {
    apply(x, Tensor.toChannelsFirst, Tensor.toChannelsLast)
  }

  /// A draw from q(z | x) whose gradient reaches the moments: z = μ + σ·ε (Kingma, Welling 2013,
  /// arXiv:1312.6114, §2.4).
  /// - Parameters:
  ///   - moments: μ and ln σ², [B, 2z, h, w]
  ///   - noise: ε, [B, z, h, w]
  public func gaussianSample(_ moments: Tensor, noise: Tensor) -> Tensor {
    apply(moments, { DiagonalGaussian(moments: $0).sample(noise: noise) }) { dz in
      // ∂z/∂μ = 1 and ∂z/∂ln σ² = ½·σ·ε, nothing where ln σ² was limited.
      let posterior = DiagonalGaussian(moments: moments)
      let unlimited = moments.slice(noise.shape[1]..<2 * noise.shape[1], along: 1)
      let inside = unlimited.map { -30...20 ~= $0 ? 0.5 : 0 }
      return Tensor.concatenated(
        [dz, dz * posterior.standardDeviation * noise * inside], along: 1)
    }
  }

  /// `replacement` on the way forward; on the way back the gradient passes to x as if it had been x
  /// (Bengio et al. 2013, arXiv:1308.3432; van den Oord et al. 2017, arXiv:1711.00937, §3.2).
  public func straightThrough(_ x: Tensor, replacedBy replacement: Tensor) -> Tensor {
    precondition(x.shape == replacement.shape, "\(replacement.shape) cannot replace \(x.shape)")
    return apply(x, { _ in replacement.scaled(by: 1) }) { $0 }
  }

  /// For each row of z the index of the nearest row of the table, by Euclidean distance.
  /// - Parameters:
  ///   - z: [..., features]
  ///   - table: [entries, features]
  func nearestCodes(_ z: Tensor, _ table: Parameter) -> [Int] {
    let (entries, features) = (table.shape[0], table.shape[1])
    precondition(z.shape.last == features, "\(z.shape) against a table of \(table.shape)")
    let rows = z.count / features
    // Entry by entry in memory, so that the kernel compares many entries at once.
    let columns = table.value.permuted([1, 0])
    var nearest = [Int32](repeating: 0, count: rows)
    nearest.withUnsafeMutableBufferPointer { nearest in
      z.withUnsafeElements { z in
        columns.withUnsafeElements { columns in
          nonisolated(unsafe) let (to, from, table) = (
            nearest.baseAddress, z.baseAddress, columns.baseAddress
          )
          Threads.split(rows, grain: 64) { range in
            ck_nearest_codes(
              from.map { $0 + range.lowerBound * features }, range.count, table, entries, features,
              to.map { $0 + range.lowerBound })
          }
        }
      }
    }
    return nearest.map(Int.init)
  }
}
