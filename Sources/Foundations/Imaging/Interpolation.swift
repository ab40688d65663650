import Tensors

/// How a map is brought to another grid, exactly as `torch.nn.functional.interpolate` does it with
/// `align_corners=False`: what the published ways of aggregating attention use.
package enum Interpolation: Sendable {
  /// Each pixel repeated.
  case nearest
  case bilinear
  /// Cubic convolution with a = −3/4; it may undershoot.
  case bicubic

  /// For each new place along one axis the old places that it is made of.
  fileprivate func taps(from old: Int, to new: Int) -> Taps {
    let scale = Float(old) / Float(new)
    var taps = Taps(each: self == .nearest ? 1 : self == .bilinear ? 2 : 4)
    for place in 0..<new {
      if self == .nearest {
        taps.add(min(Int(Float(place) * scale), old - 1), 1)
        continue
      }
      let exact = (Float(place) + 0.5) * scale - 0.5
      let center = self == .bilinear ? max(exact, 0) : exact
      let first = center.rounded(.down)
      let t = center - first
      // Beyond the edge the outermost pixel goes on.
      func add(_ offset: Int, _ weight: Float) {
        taps.add(min(max(Int(first) + offset, 0), old - 1), weight)
      }
      if self == .bilinear {
        add(0, 1 - t)
        add(1, t)
      } else {
        for offset in -1...2 { add(offset, Self.cubic(abs(Float(offset) - t))) }
      }
    }
    return taps
  }

  private static func cubic(_ x: Float) -> Float {
    let a: Float = -0.75
    return x <= 1
      ? ((a + 2) * x - (a + 3)) * x * x + 1
      : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
  }
}

/// Places and weights, as many for each new place.
private struct Taps {
  let each: Int
  private(set) var indices: [Int] = []
  private(set) var weights: [Float] = []

  init(each: Int) { self.each = each }

  mutating func add(_ index: Int, _ weight: Float) {
    indices.append(index)
    weights.append(weight)
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
    let across = how.taps(from: oldWidth, to: width)
    let down = how.taps(from: oldHeight, to: height)
    let planes = count / (oldHeight * oldWidth)
    let lines = Tensor([planes * oldHeight, width]) { out in
      withUnsafeElements { source in
        for line in 0..<planes * oldHeight {
          for x in 0..<width {
            var sum: Float = 0
            for tap in x * across.each..<(x + 1) * across.each {
              sum += across.weights[tap] * source[line * oldWidth + across.indices[tap]]
            }
            out[line * width + x] = sum
          }
        }
      }
    }
    return Tensor(shape.dropLast(2) + [height, width]) { out in
      out.update(repeating: 0)
      lines.withUnsafeElements { lines in
        for line in 0..<planes * height {
          let (plane, y) = (line / height * oldHeight, line % height)
          for tap in y * down.each..<(y + 1) * down.each {
            let (from, weight) = ((plane + down.indices[tap]) * width, down.weights[tap])
            for x in 0..<width { out[line * width + x] += weight * lines[from + x] }
          }
        }
      }
    }
  }
}
