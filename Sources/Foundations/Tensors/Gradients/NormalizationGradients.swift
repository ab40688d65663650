import CKernels

extension Tensor {
  /// Of group normalisation with SiLU after it when asked, see `groupNorm`. Statistics and the
  /// activation's argument are computed again: only x need be kept.
  ///
  ///     ∂x = (∂z·w − mean(∂z·w) − x̂·mean(∂z·w·x̂)) / √(variance + ε)
  ///
  /// with ∂z what flows back to the activation's argument, and means over a group.
  /// - Returns: shapes as x, [C] and [C].
  public static func groupNormGradients(
    _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool = false,
    outputGradient dy: Tensor
  ) -> (input: Tensor, weight: Tensor, bias: Tensor) {
    let (rows, channels) = x.rowsAndWidth
    precondition(dy.count == x.count, "gradient \(dy.shape) does not fit \(x.shape)")
    var parameters = (
      weight: [Double](repeating: 0, count: channels), bias: [Double](repeating: 0, count: channels)
    )
    let batch = x.shape[0]
    let input = Tensor(x.shape) { out in
      x.withUnsafeElements { x in
        dy.withUnsafeElements { dy in
          guard let x = x.baseAddress, let dy = dy.baseAddress, let to = out.baseAddress else {
            return
          }
          let gradient = GroupNormGradient(
            moments: ColumnMoments(x, batch: batch, rows: rows / batch, channels: channels),
            groups: groups, weight: weight, bias: bias, epsilon: epsilon)
          parameters = gradient.run(x, dy, silu: silu, to: to)
        }
      }
    }
    return (
      input, Tensor([channels], parameters.weight.map { Float($0) }),
      Tensor([channels], parameters.bias.map { Float($0) })
    )
  }

  /// Of normalisation over the last dimension, see `layerNorm`.
  /// - Returns: shapes as x, [C] and [C].
  public static func layerNormGradients(
    _ x: Tensor, weight: Tensor, epsilon: Float, outputGradient dy: Tensor
  ) -> (input: Tensor, weight: Tensor, bias: Tensor) {
    let (rows, width) = x.rowsAndWidth
    precondition(dy.count == x.count, "gradient \(dy.shape) does not fit \(x.shape)")
    let block = 64
    let blocks = (rows + block - 1) / block
    // For each block of rows its sums for weight and for bias.
    let sums = Tensor.zeros([blocks, 2 * width])
    let input = Tensor(x.shape) { out in
      x.withUnsafeElements { x in
        dy.withUnsafeElements { dy in
          weight.withUnsafeElements { weight in
            guard let x = x.baseAddress, let dy = dy.baseAddress, let to = out.baseAddress else {
              return
            }
            Threads.split(blocks, grain: 1 + (1 << 13) / (block * width)) { range in
              for index in range {
                let (first, sums) = (index * block, sums.storage.base + index * 2 * width)
                ck_layer_norm_gradient(
                  x + first * width, weight.baseAddress, epsilon, dy + first * width,
                  to + first * width, sums, sums + width, min(block, rows - first), width)
              }
            }
          }
        }
      }
    }
    let total = sums.columnSums()
    return (input, total.slice(0..<width, along: 0), total.slice(width..<2 * width, along: 0))
  }
}

/// What flows back through one group normalisation.
private struct GroupNormGradient {
  private let moments: ColumnMoments
  private let statistics: [(mean: Double, scale: Double)]
  private let width: Int
  private let weight: [Float]
  private let bias: [Float]

  init(moments: ColumnMoments, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float) {
    self.moments = moments
    statistics = moments.groupStatistics(groups: groups, epsilon: epsilon)
    width = moments.channels / groups
    (self.weight, self.bias) = (weight.elements, bias.elements)
  }

  /// Writes ∂x to `dz`.
  func run(
    _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, silu: Bool,
    to dz: UnsafeMutablePointer<Float>
  ) -> (weight: [Double], bias: [Double]) {
    let (batch, channels, blocks) = (moments.batch, moments.channels, moments.cut.blocks)
    let sums = Storage(count: batch * blocks * 2 * channels)
    let factors = factors { column, statistic in
      let scale = statistic.scale * Double(weight[column])
      return (scale, Double(bias[column]) - statistic.mean * scale, statistic.mean)
    }
    moments.cut.forEach { entry, rows in
      let index = entry * blocks + (rows.lowerBound - entry * moments.rows) / moments.cut.block
      let (first, f) = (rows.lowerBound * channels, factors.base + 3 * entry * channels)
      ck_scale_columns_gradient(
        x + first, f, f + channels, f + 2 * channels, dy + first, dz + first,
        sums.base + index * 2 * channels, rows.count, channels, silu ? 1 : 0)
    }
    let joined = join(sums)
    let back = combination(joined)
    moments.cut.forEach { entry, rows in
      let (first, f) = (rows.lowerBound * channels, back.base + 3 * entry * channels)
      ck_combine_columns(
        x + first, f, f + channels, f + 2 * channels, dz + first, rows.count, channels)
    }
    return parameterGradients(joined)
  }

  /// Three factors for each channel of each entry, [batch, 3, channels].
  private func factors(
    _ make: (Int, (mean: Double, scale: Double)) -> (Double, Double, Double)
  ) -> Storage {
    let (batch, channels) = (moments.batch, moments.channels)
    let storage = Storage(count: 3 * batch * channels)
    for entry in 0..<batch {
      for c in 0..<channels {
        let values = make(c, statistics[(entry * channels + c) / width])
        let to = storage.base + 3 * entry * channels + c
        (to[0], to[channels], to[2 * channels]) = (
          Float(values.0), Float(values.1), Float(values.2)
        )
      }
    }
    return storage
  }

  /// Σ ∂z and Σ ∂z·(x − mean) of each column of each entry.
  private func join(_ sums: Storage) -> (plain: [Double], products: [Double]) {
    let (batch, channels, blocks) = (moments.batch, moments.channels, moments.cut.blocks)
    var plain = [Double](repeating: 0, count: batch * channels)
    var products = plain
    for entry in 0..<batch {
      for block in 0..<blocks {
        let from = sums.base + (entry * blocks + block) * 2 * channels
        for c in 0..<channels {
          plain[entry * channels + c] += Double(from[c])
          products[entry * channels + c] += Double(from[channels + c])
        }
      }
    }
    return (plain, products)
  }

  /// ∂x = a·∂z + b·x + d, as factors.
  private func combination(_ sums: (plain: [Double], products: [Double])) -> Storage {
    let (batch, channels) = (moments.batch, moments.channels)
    let count = Double(moments.rows * width)
    let storage = Storage(count: 3 * batch * channels)
    for group in 0..<statistics.count {
      let (mean, scale) = statistics[group]
      let columns = group * width..<(group + 1) * width
      var (first, second) = (0.0, 0.0)
      for column in columns {
        let weight = Double(weight[column % channels])
        first += weight * sums.plain[column] / count
        second += weight * scale * sums.products[column] / count
      }
      for column in columns {
        let (entry, c) = (column / channels, column % channels)
        let to = storage.base + 3 * entry * channels + c
        to[0] = Float(scale * Double(weight[c]))
        to[channels] = Float(-scale * scale * second)
        to[2 * channels] = Float(scale * (scale * second * mean - first))
      }
    }
    return storage
  }

  private func parameterGradients(
    _ sums: (plain: [Double], products: [Double])
  ) -> (weight: [Double], bias: [Double]) {
    let channels = moments.channels
    var result = (
      weight: [Double](repeating: 0, count: channels), bias: [Double](repeating: 0, count: channels)
    )
    for column in 0..<moments.batch * channels {
      result.weight[column % channels] += statistics[column / width].scale * sums.products[column]
      result.bias[column % channels] += sums.plain[column]
    }
    return result
  }
}
