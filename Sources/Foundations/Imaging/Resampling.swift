import Foundation
import Tensors

/// How the pixels of a resized picture are weighted sums of the old ones.
///
/// When a picture shrinks, the kernel grows with it, so that fine detail is averaged away and does
/// not alias.
public enum ResamplingFilter: Sendable {
  /// The mean over the area that a new pixel covers.
  case area
  /// Cubic convolution with a = −1/2: sharp, with slight overshoot at edges.
  /// Source: R. Keys, IEEE Trans. ASSP 29 (1981), Eq. 15.
  case bicubic
  /// A sinc in the window of a wider one: sharper still, with more overshoot. As Pillow's LANCZOS.
  /// Source: C. Duchon, J. Appl. Meteorology 18 (1979), with three lobes.
  case lanczos

  /// How far the kernel reaches, in pixels of the smaller picture.
  fileprivate var support: Double {
    switch self {
    case .area: 0.5
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  fileprivate func weight(at distance: Double) -> Double {
    switch self {
    case .area: return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .bicubic:
      let x = abs(distance)
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    case .lanczos:
      func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(.pi * x) / (.pi * x) }
      return abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0
    }
  }
}

extension Tensor {
  /// Pictures in another size.
  /// - Returns: shape [B, C, height, width]; bicubic and Lanczos values may overshoot the range of the old ones.
  /// - Precondition: shape [B, C, H, W], nothing empty.
  public func resized(
    height: Int, width: Int, _ filter: ResamplingFilter = .bicubic
  ) -> Tensor {
    precondition(
      rank == 4 && count > 0 && height > 0 && width > 0,
      "cannot resize \(shape) to \(height)×\(width)")
    return resized(0..<height, of: height, 0..<width, of: width, filter)
  }

  /// A part of the pictures in another size, `rows` and `columns` of `height`×`width`: no other pixel is
  /// made.
  private func resized(
    _ rows: Range<Int>, of height: Int, _ columns: Range<Int>, of width: Int,
    _ filter: ResamplingFilter
  ) -> Tensor {
    // The axis that shrinks more goes first: less is left to do for the other.
    height * shape[3] <= width * shape[2]
      ? resizedRows(rows, of: height, filter).resizedColumns(columns, of: width, filter)
      : resizedColumns(columns, of: width, filter).resizedRows(rows, of: height, filter)
  }

  /// Pictures whose sides are multiples of `unit`: the next smaller ones, at least `unit` itself.
  public func resizedToMultiple(of unit: Int, _ filter: ResamplingFilter = .bicubic) -> Tensor {
    precondition(rank == 4 && unit > 0, "cannot resize \(shape) to multiples of \(unit)")
    return resized(
      height: max(shape[2] / unit, 1) * unit, width: max(shape[3] / unit, 1) * unit, filter)
  }

  /// The middle of the pictures; what is left over is one pixel more on the right and at the bottom
  /// when it is odd.
  public func centerCropped(height: Int, width: Int) -> Tensor {
    precondition(
      rank == 4 && height <= shape[2] && width <= shape[3],
      "cannot crop \(shape) to \(height)×\(width)")
    let top = (shape[2] - height) / 2
    let left = (shape[3] - width) / 2
    return slice(top..<top + height, along: 2).slice(left..<left + width, along: 3)
  }

  /// Pictures scaled until they just cover `height`×`width`, then cropped to it at the middle.
  public func covering(
    height: Int, width: Int, _ filter: ResamplingFilter = .bicubic
  ) -> Tensor {
    precondition(rank == 4 && count > 0, "cannot resize \(shape)")
    let scale = max(Double(height) / Double(shape[2]), Double(width) / Double(shape[3]))
    let newHeight = max(Int((Double(shape[2]) * scale).rounded()), height)
    let newWidth = max(Int((Double(shape[3]) * scale).rounded()), width)
    let (top, left) = ((newHeight - height) / 2, (newWidth - width) / 2)
    return resized(
      top..<top + height, of: newHeight, left..<left + width, of: newWidth, filter)
  }

  private func resizedRows(
    _ kept: Range<Int>, of height: Int, _ filter: ResamplingFilter
  ) -> Tensor {
    guard height != shape[2] else { return kept.count == height ? self : slice(kept, along: 2) }
    let (oldHeight, width) = (shape[2], shape[3])
    let kernels = Kernel.all(kept, from: oldHeight, to: height, filter)
    return Tensor([shape[0], shape[1], kept.count, width]) { out in
      withUnsafeElements { source in
        Threads.split(shape[0] * shape[1] * kept.count, grain: 1 + (1 << 16) / width) { rows in
          for row in rows {
            let kernel = kernels[row % kept.count]
            let plane = row / kept.count * oldHeight
            let target = UnsafeMutableBufferPointer(
              rebasing: out[(row * width)..<((row + 1) * width)])
            target.update(repeating: 0)
            for (i, weight) in kernel.weights.enumerated() {
              let line = UnsafeBufferPointer(
                rebasing: source[((plane + kernel.start + i) * width)...])
              for x in 0..<width { target[x] += weight * line[x] }
            }
          }
        }
      }
    }
  }

  private func resizedColumns(
    _ kept: Range<Int>, of width: Int, _ filter: ResamplingFilter
  ) -> Tensor {
    guard width != shape[3] else { return kept.count == width ? self : slice(kept, along: 3) }
    let oldWidth = shape[3]
    let kernels = Kernel.all(kept, from: oldWidth, to: width, filter)
    let (rows, width) = (shape[0] * shape[1] * shape[2], kept.count)
    return Tensor([shape[0], shape[1], shape[2], width]) { out in
      withUnsafeElements { source in
        Threads.split(rows, grain: 1 + (1 << 16) / width) { rows in
          for row in rows {
            for x in 0..<width {
              var sum: Float = 0
              let kernel = kernels[x]
              let start = row * oldWidth + kernel.start
              for i in 0..<kernel.weights.count { sum += kernel.weights[i] * source[start + i] }
              out[row * width + x] = sum
            }
          }
        }
      }
    }
  }

  /// The old pixels that one new pixel is made of, and their weights, which sum to 1.
  private struct Kernel {
    var start: Int
    var weights: [Float]

    /// Those of some of the new pixels.
    static func all(
      _ pixels: Range<Int>, from old: Int, to new: Int, _ filter: ResamplingFilter
    ) -> [Kernel] {
      let scale = Double(old) / Double(new)
      let stretch = max(scale, 1)
      let reach = filter.support * stretch
      return pixels.map { index in
        let center = (Double(index) + 0.5) * scale
        let start = max(Int((center - reach + 0.5).rounded(.down)), 0)
        let end = min(Int((center + reach + 0.5).rounded(.down)), old)
        let weights = (start..<end).map {
          filter.weight(at: (Double($0) + 0.5 - center) / stretch)
        }
        let total = weights.reduce(0, +)
        return Kernel(start: start, weights: weights.map { Float($0 / total) })
      }
    }
  }
}

extension Image {
  /// The picture with at most so many pixels on its longer side.
  public func shrunk(to most: Int) -> Image {
    let longest = max(width, height)
    guard longest > most else { return self }
    return Image(
      tensor.resized(
        height: max(height * most / longest, 1), width: max(width * most / longest, 1), .area))
  }

  /// The same by keeping some of the pixels as they are: averages would take noise away, and a noisy
  /// picture would look clean.
  public func thinned(to most: Int) -> Image {
    let longest = max(width, height)
    guard longest > most else { return self }
    let (columns, rows) = (max(width * most / longest, 1), max(height * most / longest, 1))
    let bytes = channels.rawValue
    return Image(width: columns, height: rows, channels: channels) { out in
      for y in 0..<rows {
        for x in 0..<columns {
          let source = (y * height / rows * width + x * width / columns) * bytes
          for i in 0..<bytes { out[(y * columns + x) * bytes + i] = pixels[source + i] }
        }
      }
    }
  }
}
