import Storybook
import Tensors

/// The windows of a level's places as rows of numbers.
struct Windows {
  private let x: Tensor
  private let size: Int
  /// Numbers in a window: size² · channels, in the order (row, column, channel).
  var width: Int { size * size * x.shape[3] }

  /// - Parameters:
  ///   - x: [B, H, W, C]
  ///   - size: 1 for the place itself, 2 for each 2×2 places, 3 for a place with its neighbours,
  ///     zeros beyond the border.
  init(_ x: Tensor, size: Int) { (self.x, self.size) = (x, size) }

  /// How windows vary, at evenly drawn places, with what they should tell.
  /// - Parameters:
  ///   - count: at most so many places.
  ///   - target: [B, H, W, D], where windows are of single places.
  func covariance(at count: Int, with target: Tensor? = nil) -> Covariance {
    let stride = size == 2 ? 2 : 1
    let (rows, columns) = (x.shape[1] / stride, x.shape[2] / stride)
    let all = x.shape[0] * rows * columns
    let extra = target?.shape[3] ?? 0
    let total = width + extra
    let samples = Tensor.scattered([min(all, count), total]) { out in
      for sample in 0..<min(all, count) {
        var random = SplitMix(seed: 0x11EA, index: UInt64(sample))
        let place = all <= count ? sample : random.index(below: all)
        let to = UnsafeMutableBufferPointer(rebasing: out[sample * total..<(sample + 1) * total])
        copy(
          place / (rows * columns), place / columns % rows * stride, place % columns * stride, to)
        target?.withUnsafeElements { t in
          for i in 0..<extra { to[width + i] = t[place * extra + i] }
        }
      }
    }
    return Covariance(of: samples)
  }

  private func copy(_ image: Int, _ y: Int, _ x0: Int, _ to: UnsafeMutableBufferPointer<Float>) {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let first = size == 3 ? -1 : 0
    x.withUnsafeElements { values in
      for tap in 0..<size * size {
        let (row, column) = (y + first + tap / size, x0 + first + tap % size)
        guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
        let from = ((image * height + row) * width + column) * channels
        for c in 0..<channels { to[tap * channels + c] = values[from + c] }
      }
    }
  }
}
