import Tensors

/// How a map is brought to another grid, exactly as `torch.nn.functional.interpolate` does it with
/// `align_corners=False`: what the published ways of aggregating attention use.
package enum Interpolation: Sendable {
  /// Each pixel repeated.
  case nearest
  case bilinear
  /// Cubic convolution with a = −3/4; it may undershoot.
  case bicubic

  /// For each new place along one axis the old places it is made of, with their weights.
  fileprivate func taps(from old: Int, to new: Int) -> [[(index: Int, weight: Float)]] {
    let scale = Float(old) / Float(new)
    return (0..<new).map { place in
      if self == .nearest { return [(min(Int(Float(place) * scale), old - 1), 1)] }
      let exact = (Float(place) + 0.5) * scale - 0.5
      let center = self == .bilinear ? max(exact, 0) : exact
      let first = center.rounded(.down)
      let t = center - first
      let weights: [(Int, Float)] =
        self == .bilinear
        ? [(0, 1 - t), (1, t)]
        : [
          (-1, Self.cubic(t + 1)), (0, Self.cubic(t)), (1, Self.cubic(1 - t)),
          (2, Self.cubic(2 - t)),
        ]
      // Beyond the edge the outermost pixel goes on.
      return weights.map { (min(max(Int(first) + $0.0, 0), old - 1), $0.1) }
    }
  }

  private static func cubic(_ x: Float) -> Float {
    let a: Float = -0.75
    return x <= 1
      ? ((a + 2) * x - (a + 3)) * x * x + 1
      : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
  }
}

extension Tensor {
  /// Maps on another grid.
  /// - Parameter self: shape [..., H, W].
  /// - Returns: shape [..., height, width].
  package func interpolated(height: Int, width: Int, _ how: Interpolation) -> Tensor {
    precondition(rank >= 2 && count > 0, "no maps of shape \(shape)")
    let (oldHeight, oldWidth) = (shape[rank - 2], shape[rank - 1])
    guard oldHeight != height || oldWidth != width else { return self }
    let (down, across) = (
      how.taps(from: oldHeight, to: height), how.taps(from: oldWidth, to: width)
    )
    let planes = count / (oldHeight * oldWidth)
    return Tensor(shape.dropLast(2) + [height, width]) { out in
      withUnsafeElements { source in
        var lines = [Float](repeating: 0, count: oldHeight * width)
        for plane in 0..<planes {
          for y in 0..<oldHeight {
            let row = (plane * oldHeight + y) * oldWidth
            for x in 0..<width {
              lines[y * width + x] = across[x].reduce(0) {
                $0 + $1.weight * source[row + $1.index]
              }
            }
          }
          for y in 0..<height {
            let row = (plane * height + y) * width
            for x in 0..<width {
              out[row + x] = down[y].reduce(0) { $0 + $1.weight * lines[$1.index * width + x] }
            }
          }
        }
      }
    }
  }
}
