import CKernels

extension Tensor {
  /// Of doubling height and width by repeating pixels: each pixel's four copies, summed.
  /// - Parameter dy: ∂L/∂y, shape [B, 2H, 2W, C].
  /// - Returns: shape [B, H, W, C].
  public static func upsampleNearest2xGradient(outputGradient dy: Tensor) -> Tensor {
    let (height, width, channels) = (dy.shape[1] / 2, dy.shape[2] / 2, dy.shape[3])
    let row = 2 * width * channels
    return Tensor([dy.shape[0], height, width, channels]) { out in
      dy.withUnsafeElements { dy in
        guard let from = dy.baseAddress, let to = out.baseAddress, row > 0 else { return }
        Threads.split(dy.count / (2 * row), grain: 1 + (1 << 13) / row) { range in
          for y in range {
            let (first, second) = (from + 2 * y * row, from + (2 * y + 1) * row)
            for x in 0..<width {
              let pixel = to + (y * width + x) * channels
              ck_add(
                first + 2 * x * channels, first + (2 * x + 1) * channels, pixel, channels)
              ck_add(pixel, second + 2 * x * channels, pixel, channels)
              ck_add(pixel, second + (2 * x + 1) * channels, pixel, channels)
            }
          }
        }
      }
    }
  }

  /// Channels-last images with zeros to the right and below.
  /// - Parameters:
  ///   - x: shape [B, h, w, C].
  ///   - height: rows of the result, at least h.
  ///   - width: columns of the result, at least w.
  /// - Returns: shape [B, height, width, C].
  public static func padded(_ x: Tensor, height: Int, width: Int) -> Tensor {
    let (batch, h, w, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    return Tensor([batch, height, width, channels]) { out in
      guard let to = out.baseAddress else { return }
      out.update(repeating: 0)
      x.withUnsafeElements { x in
        guard let from = x.baseAddress else { return }
        for row in 0..<batch * h {
          (to + (row / h * height + row % h) * width * channels).update(
            from: from + row * w * channels, count: w * channels)
        }
      }
    }
  }

  /// Adds to the elements, in place where nobody else holds them.
  public mutating func accumulate(_ other: Tensor) {
    precondition(count == other.count, "\(other.shape) cannot be added to \(shape)")
    guard ownsStorage else { return self = self + other.reshaped(shape) }
    withUnsafeMutableElements { a in
      other.withUnsafeElements { b in
        Threads.split(a.count, grain: 1 << 14) { range in
          let to = a.baseAddress.map { $0 + range.lowerBound }
          ck_add(to, b.baseAddress.map { $0 + range.lowerBound }, to, range.count)
        }
      }
    }
  }
}
