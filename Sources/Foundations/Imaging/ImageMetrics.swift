import Foundation
import Tensors

/// How alike two pictures are.
///
/// `range` is the distance between black and white, L: 2 for tensors in [−1, 1]. Zero is mid-grey.
public enum ImageMetrics {
  /// Peak signal-to-noise ratio in decibels; infinite for equal pictures.
  ///
  ///     PSNR = 10 · log10(range² / MSE)
  ///
  /// The MSE is taken over all elements, batch and channels included.
  public static func psnr(_ a: Tensor, _ b: Tensor, range: Double = 2) -> Double {
    psnr(meanSquaredError: a.meanSquaredError(from: b), range: range)
  }

  /// The same from a mean squared error that is already known.
  public static func psnr(meanSquaredError error: Double, range: Double = 2) -> Double {
    10 * log10(range * range / error)
  }

  /// Mean structural similarity, between −1 and 1.
  ///
  ///     SSIM = (2 μa μb + C1)(2 σab + C2) / ((μa² + μb² + C1)(σa² + σb² + C2))
  ///
  /// Local moments under a Gaussian window of 11×11 pixels, σ = 1.5; C1 = (0.01 range)²,
  /// C2 = (0.03 range)². Averaged over all windows that lie inside the picture, then over channels
  /// and batch.
  ///
  /// The means are compared as a ratio, so they count from black: SSIM is defined on 0…L, and values
  /// around mid-grey are raised by L/2 first. Moments are taken in double precision: a variance is
  /// a small difference of large numbers.
  ///
  /// Source: Wang, Bovik, Sheikh, Simoncelli, IEEE Trans. Image Processing 13 (2004), Eq. 13.
  /// - Parameters:
  ///   - a: shape [B, C, H, W].
  ///   - b: same shape.
  ///   - range: L, the span of values: 2 for [−1, 1].
  /// - Returns: nil for pictures with fewer than 11 pixels on a side: no window fits.
  public static func ssim(_ a: Tensor, _ b: Tensor, range: Double = 2) -> Double? {
    precondition(
      a.rank == 4 && a.shape == b.shape, "expected two of [B, C, H, W]: \(a.shape), \(b.shape)")
    let (planes, height, width) = (a.shape[0] * a.shape[1], a.shape[2], a.shape[3])
    guard planes > 0, height >= window.count, width >= window.count else { return nil }
    let rows = height - window.count + 1
    var sums = [Double](repeating: 0, count: planes * rows)
    a.withUnsafeElements { a in
      b.withUnsafeElements { b in
        sums.withUnsafeMutableBufferPointer { sums in
          Threads.split(sums.count, grain: 1 + 8192 / width) { range_ in
            var row = SimilarityRow(width: width, range: range)
            for i in range_ {
              let start = (i / rows * height + i % rows) * width
              sums[i] = row.sum(
                UnsafeBufferPointer(rebasing: a[start...]),
                UnsafeBufferPointer(rebasing: b[start...]))
            }
          }
        }
      }
    }
    return sums.reduce(0, +) / Double(sums.count * (width - window.count + 1))
  }

  /// The Gaussian window in one direction.
  fileprivate static let window: [Double] = {
    let weights = (-5...5).map { exp(-Double($0 * $0) / (2 * 1.5 * 1.5)) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }()

  /// SSIM summed along one row of windows. The five moments are filtered down the columns first,
  /// then along the row.
  private struct SimilarityRow {
    let width: Int
    let black, c1, c2: Double
    /// a, b, a² + b² and ab, filtered down; then the same filtered along.
    var down: [[Double]]
    var along: [[Double]]

    init(width: Int, range: Double) {
      self.width = width
      black = -range / 2
      c1 = (0.01 * range) * (0.01 * range)
      c2 = (0.03 * range) * (0.03 * range)
      down = Array(repeating: Array(repeating: 0, count: width), count: 4)
      along = down
    }

    mutating func sum(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Double {
      filterDown(a, b)
      for moment in 0..<4 { filterAlong(moment) }
      var total = 0.0
      for x in 0...width - window.count {
        let (ma, mb) = (along[0][x], along[1][x])
        let variances = along[2][x] - ma * ma - mb * mb
        let covariance = along[3][x] - ma * mb
        total +=
          (2 * ma * mb + c1) * (2 * covariance + c2)
          / ((ma * ma + mb * mb + c1) * (variances + c2))
      }
      return total
    }

    private mutating func filterDown(
      _ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>
    ) {
      for moment in 0..<4 {
        down[moment].withUnsafeMutableBufferPointer { sums in
          sums.update(repeating: 0)
          for (tap, weight) in window.enumerated() {
            for x in 0..<width {
              let p = Double(a[tap * width + x]) - black
              let q = Double(b[tap * width + x]) - black
              switch moment {
              case 0: sums[x] += weight * p
              case 1: sums[x] += weight * q
              case 2: sums[x] += weight * (p * p + q * q)
              default: sums[x] += weight * (p * q)
              }
            }
          }
        }
      }
    }

    private mutating func filterAlong(_ moment: Int) {
      let count = width - window.count + 1
      down[moment].withUnsafeBufferPointer { down in
        along[moment].withUnsafeMutableBufferPointer { sums in
          sums.update(repeating: 0)
          for (tap, weight) in window.enumerated() {
            let shifted = UnsafeBufferPointer(rebasing: down[tap...])
            for x in 0..<count { sums[x] += weight * shifted[x] }
          }
        }
      }
    }
  }
}

extension Tensor {
  /// The luma of pictures: 0.299 R + 0.587 G + 0.114 B of the encoded values (ITU-R BT.601).
  /// - Returns: shape [B, 1, H, W] from [B, 3, H, W].
  public var luminance: Tensor {
    precondition(rank == 4 && shape[1] == 3, "expected shape [B, 3, H, W], found \(shape)")
    let plane = shape[2] * shape[3]
    return Tensor([shape[0], 1, shape[2], shape[3]]) { out in
      withUnsafeElements { source in
        for picture in 0..<shape[0] {
          let start = 3 * picture * plane
          for i in 0..<plane {
            out[picture * plane + i] =
              0.299 * source[start + i] + 0.587 * source[start + plane + i]
              + 0.114 * source[start + 2 * plane + i]
          }
        }
      }
    }
  }
}
