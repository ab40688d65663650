import CKernels

// Layouts: images are [B, C, H, W] outside networks and channels-last [B, H, W, C] inside, where a
// pixel's channels are neighbours and a 1×1 convolution is a matrix product.

extension Tensor {
  /// [B, C, H, W] → [B, H, W, C]; likewise [B, C, N] → [B, N, C].
  public static func toChannelsLast(_ x: Tensor) -> Tensor {
    precondition(x.rank >= 2, "no channels to move in \(x.shape)")
    let spatial = Array(x.shape.dropFirst(2))
    return transposed(x, to: [x.shape[0]] + spatial + [x.shape[1]], rows: x.shape[1])
  }

  /// [B, H, W, C] → [B, C, H, W]; likewise [B, N, C] → [B, C, N].
  public static func toChannelsFirst(_ x: Tensor) -> Tensor {
    precondition(x.rank >= 2, "no channels to move in \(x.shape)")
    let spatial = Array(x.shape[1..<(x.rank - 1)])
    return transposed(
      x, to: [x.shape[0], x.shape[x.rank - 1]] + spatial, rows: spatial.reduce(1, *))
  }

  /// Doubles height and width by repeating pixels.
  /// - Parameter x: shape [B, H, W, C].
  /// - Returns: shape [B, 2H, 2W, C].
  public static func upsampleNearest2x(_ x: Tensor) -> Tensor {
    precondition(x.rank == 4, "an image [B, H, W, C] expected, not \(x.shape)")
    let (width, channels) = (x.shape[2], x.shape[3])
    let row = width * channels
    return Tensor([x.shape[0], 2 * x.shape[1], 2 * width, channels]) { out in
      x.withUnsafeElements { x in
        guard let from = x.baseAddress, let to = out.baseAddress, row > 0 else { return }
        Threads.split(x.count / row, grain: 1 + (1 << 14) / row) { range in
          for y in range {
            let first = to + 4 * y * row
            ck_double_row(from + y * row, first, width, channels)
            (first + 2 * row).update(from: first, count: 2 * row)
          }
        }
      }
    }
  }

  /// Adds one vector per batch entry to all of its pixels or tokens.
  /// - Parameters:
  ///   - x: shape [B, ..., C].
  ///   - vectors: shape [B, C], or [C] for the same everywhere.
  public static func addingVectors(_ x: Tensor, _ vectors: Tensor) -> Tensor {
    let (rows, width) = x.rowsAndWidth
    precondition(
      vectors.shape == [width] || vectors.shape == [x.shape[0], width],
      "vectors \(vectors.shape) do not fit \(x.shape)")
    let each = vectors.rank == 1 ? rows : rows / max(x.shape[0], 1)
    return Tensor(x.shape) { out in
      x.withUnsafeElements { x in
        vectors.withUnsafeElements { vectors in
          guard let x = x.baseAddress, let vectors = vectors.baseAddress, each > 0 else { return }
          for entry in 0..<(rows / each) {
            Threads.split(each, grain: 1 + (1 << 15) / width) { range in
              let offset = (entry * each + range.lowerBound) * width
              ck_add_row(
                x + offset, vectors + entry * width, out.baseAddress.map { $0 + offset },
                range.count, width)
            }
          }
        }
      }
    }
  }

  /// Transposes each batch entry as a matrix of `rows` rows.
  private static func transposed(_ x: Tensor, to shape: [Int], rows: Int) -> Tensor {
    let entry = x.count / max(x.shape[0], 1)
    let columns = rows == 0 ? 0 : entry / rows
    return Tensor(shape) { out in
      x.withUnsafeElements { x in
        guard let from = x.baseAddress, let to = out.baseAddress, entry > 0 else { return }
        let strip = 64
        let strips = (columns + strip - 1) / strip
        Threads.split(x.count / entry * strips, grain: 1 + (1 << 14) / (strip * rows)) { range in
          for index in range {
            let (batch, column) = (index / strips * entry, index % strips * strip)
            ck_transpose(
              from + batch + column, columns, to + batch + column * rows, rows, rows,
              min(strip, columns - column))
          }
        }
      }
    }
  }
}
