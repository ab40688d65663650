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
  ///   - groups: how many groups the channels are cut into; divides C.
  ///   - weight: shape [C].
  ///   - bias: shape [C].
  ///   - epsilon: added to the variance.
  ///   - silu: whether SiLU follows.
  public static func groupNorm(
    _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool = false
  ) -> Tensor {
    guard x.count > 0 else { return x }
    return GroupNormalization(
      of: [x], groups: groups, weight: weight, bias: bias, epsilon: epsilon, silu: silu)(x)
  }

  /// Normalisation over the last dimension: (x − mean)/√(variance + ε)·weight + bias.
  ///                                                              arXiv:1607.06450
  /// - Parameters:
  ///   - x: shape [..., C].
  ///   - weight: shape [C].
  ///   - bias: shape [C].
  ///   - epsilon: added to the variance.
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
            Threads.split(rows, grain: 1 + (1 << 13) / max(width, 1)) { range in
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

/// Group normalisation by the mean and variance of images that may lie in several bands of rows.
package struct GroupNormalization {
  private let channels: Int
  /// [batch, 2, channels]
  private let factors: Storage
  private let silu: Bool

  /// - Parameters:
  ///   - bands: [B, h, W, C] each, together the whole images; not empty.
  ///   - groups: how many groups the channels are cut into; divides C.
  ///   - weight: shape [C].
  ///   - bias: shape [C].
  ///   - epsilon: added to the variance.
  ///   - silu: whether SiLU follows.
  package init(
    of bands: [Tensor], groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool
  ) {
    let shape = bands[0].shape
    channels = shape[shape.count - 1]
    precondition(
      shape.count >= 2 && groups > 0 && channels % groups == 0,
      "\(groups) groups do not divide the channels of \(shape)")
    precondition(
      weight.shape == [channels] && bias.shape == [channels],
      "weight \(weight.shape) and bias \(bias.shape) do not fit \(shape)")
    var moments = ColumnMoments(bands[0])
    for band in bands.dropFirst() { moments.join(ColumnMoments(band)) }
    factors = moments.normalization(groups: groups, weight: weight, bias: bias, epsilon: epsilon)
    self.silu = silu
  }

  /// Some rows of the images, normalised.
  package func callAsFunction(_ x: Tensor) -> Tensor {
    let (batch, channels) = (x.shape[0], channels)
    return Tensor(x.shape) { out in
      x.withUnsafeElements { x in
        guard let x = x.baseAddress, let to = out.baseAddress else { return }
        let blocks = RowBlocks(
          batch: batch, rows: out.count / (batch * channels), channels: channels)
        blocks.forEach { entry, rows in
          let scale = factors.base + 2 * entry * channels
          ck_scale_columns(
            x + rows.lowerBound * channels, scale, scale + channels,
            to + rows.lowerBound * channels, rows.count, channels, silu ? 1 : 0)
        }
      }
    }
  }
}

/// The rows of each entry of a batch of matrices, cut into blocks.
struct RowBlocks {
  let batch, rows, channels: Int
  /// Rows that are summed in single precision before they are joined in double.
  var block: Int { max(16, min(1024, (1 << 15) / channels)) }
  var blocks: Int { (rows + block - 1) / block }

  /// Calls `body` in parallel with each batch entry and some of its rows, counted over the batch.
  func forEach(_ body: (Int, Range<Int>) -> Void) {
    Threads.split(batch * blocks, grain: 1 + (1 << 14) / (block * channels)) { range in
      for index in range {
        let (entry, first) = (index / blocks, index % blocks * block)
        body(entry, entry * rows + first..<entry * rows + min(first + block, rows))
      }
    }
  }
}

/// The mean and the sum of squared deviations of each column of each batch entry's matrix, in double
/// precision.
struct ColumnMoments {
  let batch: Int
  private(set) var rows: Int
  let channels: Int
  private(set) var means: [Double]
  private(set) var deviations: [Double]

  /// Of images [B, ..., C].
  init(_ x: Tensor) {
    let (batch, (rows, channels)) = (x.shape[0], x.rowsAndWidth)
    self = x.withUnsafeElements { x in
      guard let x = x.baseAddress else { preconditionFailure("no pixels") }
      return ColumnMoments(x, batch: batch, rows: rows / batch, channels: channels)
    }
  }

  /// Takes further rows of the same images into account (Chan, Golub, LeVeque 1983, Eq. 1.4).
  mutating func join(_ other: ColumnMoments) {
    let (n, m) = (Double(rows), Double(other.rows))
    for column in means.indices {
      let distance = other.means[column] - means[column]
      means[column] += distance * m / (n + m)
      deviations[column] += other.deviations[column] + distance * distance * n * m / (n + m)
    }
    rows += other.rows
  }

  /// Sums blocks of rows in parallel and joins them in order: the result does not depend on how
  /// many threads there are.
  /// - Parameter x: [batch, rows, channels].
  init(_ x: UnsafePointer<Float>, batch: Int, rows: Int, channels: Int) {
    (self.batch, self.rows, self.channels) = (batch, rows, channels)
    means = [Double](repeating: 0, count: batch * channels)
    deviations = means
    let cut = cut
    let (block, blocks) = (cut.block, cut.blocks)
    let sums = Storage(count: batch * blocks * 2 * channels)
    // The first row of an entry is near its mean, as far as float rounding is concerned.
    cut.forEach { entry, range in
      let index = entry * blocks + (range.lowerBound - entry * rows) / block
      ck_column_sums(
        x + range.lowerBound * channels, x + entry * rows * channels,
        sums.base + index * 2 * channels, range.count, channels)
    }
    for entry in 0..<batch {
      let columns = entry * channels..<(entry + 1) * channels
      for index in entry * blocks..<(entry + 1) * blocks {
        let first = sums.base + (2 * index - entry) * channels
        for c in columns {
          means[c] += Double(first[c])
          deviations[c] += Double(first[c + channels])
        }
      }
      for c in columns {
        let offset = means[c] / Double(rows)
        deviations[c] -= means[c] * offset
        means[c] = Double(x[entry * rows * channels + c - columns.lowerBound]) + offset
      }
    }
  }

  /// How sums over all rows are cut up.
  var cut: RowBlocks { RowBlocks(batch: batch, rows: rows, channels: channels) }

  /// Mean and 1/√(variance + ε) of each group of each batch entry.
  func groupStatistics(groups: Int, epsilon: Float) -> [(mean: Double, scale: Double)] {
    let width = channels / groups
    return (0..<batch * groups).map { group in
      let columns = group * width..<(group + 1) * width
      let mean = columns.reduce(0) { $0 + means[$1] } / Double(width)
      let squares = columns.reduce(0) {
        $0 + deviations[$1] + Double(rows) * (means[$1] - mean) * (means[$1] - mean)
      }
      return (mean, 1 / (squares / Double(rows * width) + Double(epsilon)).squareRoot())
    }
  }

  /// Factors, [batch, 2, channels], such that x·factor[0] + factor[1] is normalised by group.
  func normalization(groups: Int, weight: Tensor, bias: Tensor, epsilon: Float) -> Storage {
    let factors = Storage(count: 2 * batch * channels)
    let statistics = groupStatistics(groups: groups, epsilon: epsilon)
    weight.withUnsafeElements { weights in
      bias.withUnsafeElements { biases in
        for column in 0..<batch * channels {
          let (mean, scale) = statistics[column / (channels / groups)]
          let (entry, c) = (column / channels, column % channels)
          let to = factors.base + 2 * entry * channels + c
          to[0] = Float(scale * Double(weights[c]))
          to[channels] = Float(Double(biases[c]) - mean * scale * Double(weights[c]))
        }
      }
    }
    return factors
  }
}
