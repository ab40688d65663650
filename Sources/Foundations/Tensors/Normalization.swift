import CKernels

extension Tensor {
  /// Group normalisation over channels-last data, with SiLU after it when asked.
  ///
  ///     y = (x − mean) / √(variance + ε) · weight + bias           arXiv:1803.08494
  ///
  /// Mean and (population) variance are over a group's C/groups neighbouring channels at all
  /// positions of one batch entry.
  /// - Parameters:
  ///   - x: shape [B, H, W, C] or [B, N, C].
  ///   - weight: shape [C].
  ///   - bias: shape [C].
  public static func groupNorm(
    _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool = false
  ) -> Tensor {
    let (rows, channels) = x.rowsAndWidth
    precondition(
      x.rank >= 2 && groups > 0 && channels % groups == 0,
      "\(groups) groups do not divide the channels of \(x.shape)")
    precondition(
      weight.shape == [channels] && bias.shape == [channels],
      "weight \(weight.shape) and bias \(bias.shape) do not fit \(x.shape)")
    let each = rows / max(x.shape[0], 1)
    return Tensor(x.shape) { out in
      guard let to = out.baseAddress else { return }
      x.withUnsafeElements { x in
        for start in stride(from: 0, to: rows, by: max(each, 1)) {
          guard let from = x.baseAddress else { return }
          let columns = ColumnMoments(from + start * channels, rows: each, channels: channels)
          let (scale, shift) = columns.normalization(
            groups: groups, weight: weight, bias: bias, epsilon: epsilon)
          Threads.split(each, grain: 1 + (1 << 14) / channels) { range in
            let offset = (start + range.lowerBound) * channels
            ck_scale_columns(
              from + offset, scale, shift, to + offset, range.count, channels, silu ? 1 : 0)
          }
        }
      }
    }
  }

  /// Normalisation over the last dimension: (x − mean)/√(variance + ε)·weight + bias.
  ///                                                              arXiv:1607.06450
  /// - Parameters:
  ///   - x: shape [..., C].
  ///   - weight: shape [C].
  ///   - bias: shape [C].
  public static func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) -> Tensor
  {
    let (rows, width) = x.rowsAndWidth
    precondition(
      weight.shape == [width] && bias.shape == [width],
      "weight \(weight.shape) and bias \(bias.shape) do not fit \(x.shape)")
    return Tensor(x.shape) { out in
      guard let to = out.baseAddress else { return }
      x.withUnsafeElements { x in
        weight.withUnsafeElements { weight in
          bias.withUnsafeElements { bias in
            Threads.split(rows, grain: 1 + (1 << 14) / max(width, 1)) { range in
              let offset = range.lowerBound * width
              ck_layer_norm(
                x.baseAddress.map { $0 + offset }, weight.baseAddress, bias.baseAddress, epsilon,
                to + offset, range.count, width)
            }
          }
        }
      }
    }
  }
}

/// The mean and the sum of squared deviations of each column of a matrix, in double precision.
private struct ColumnMoments {
  let rows: Int
  var means: [Double]
  var deviations: [Double]

  /// Sums blocks of rows in parallel and joins them in order: the result does not depend on how
  /// many threads there are.
  init(_ x: UnsafePointer<Float>, rows: Int, channels: Int) {
    self.rows = rows
    let block = max(16, min(1024, (1 << 15) / max(channels, 1)))
    let blocks = (rows + block - 1) / block
    // The first row is near the mean, as far as float rounding is concerned.
    let sums = [Float](unsafeUninitializedCapacity: blocks * 2 * channels) { sums, count in
      Threads.split(blocks, grain: 2) { range in
        for index in range {
          let first = index * block
          ck_column_sums(
            x + first * channels, x, sums.baseAddress.map { $0 + index * 2 * channels },
            min(block, rows - first), channels)
        }
      }
      count = blocks * 2 * channels
    }
    means = [Double](repeating: 0, count: channels)
    deviations = [Double](repeating: 0, count: channels)
    for index in 0..<blocks {
      let base = index * 2 * channels
      for c in 0..<channels {
        means[c] += Double(sums[base + c])
        deviations[c] += Double(sums[base + channels + c])
      }
    }
    let n = Double(max(rows, 1))
    for c in 0..<channels {
      let offset = means[c] / n
      deviations[c] -= means[c] * offset
      means[c] = Double(x[c]) + offset
    }
  }

  /// scale and shift of each column such that x·scale + shift is normalised by group.
  func normalization(
    groups: Int, weight: Tensor, bias: Tensor, epsilon: Float
  ) -> (scale: [Float], shift: [Float]) {
    let channels = means.count
    let width = channels / groups
    var scale = [Float](repeating: 0, count: channels)
    var shift = scale
    let (weights, biases) = (weight.elements, bias.elements)
    for group in 0..<groups {
      let columns = group * width..<(group + 1) * width
      let mean = columns.reduce(0) { $0 + means[$1] } / Double(width)
      let squares = columns.reduce(0) {
        $0 + deviations[$1] + Double(rows) * (means[$1] - mean) * (means[$1] - mean)
      }
      let factor = 1 / (squares / Double(max(rows, 1) * width) + Double(epsilon)).squareRoot()
      for c in columns {
        scale[c] = Float(factor * Double(weights[c]))
        shift[c] = Float(Double(biases[c]) - mean * factor * Double(weights[c]))
      }
    }
    return (scale, shift)
  }
}
