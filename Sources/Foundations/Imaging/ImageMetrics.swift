import CKernels
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
    let (rows, call) = (height - window.count + 1, similarity(width: width, range: range))
    let count = withUnsafePointer(to: call) { ck_similarity_scratch_count($0) }
    var sums = [Double](repeating: 0, count: planes * rows)
    a.withUnsafeElements { a in
      b.withUnsafeElements { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return }
        sums.withUnsafeMutableBufferPointer { sums in
          Threads.split(sums.count, grain: 1 + 8192 / width) { part in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { scratch in
              for i in part {
                let start = (i / rows * height + i % rows) * width
                sums[i] = withUnsafePointer(to: call) {
                  ck_similarity_row($0, a + start, b + start, scratch.baseAddress)
                }
              }
            }
          }
        }
      }
    }
    return sums.reduce(0, +) / Double(sums.count * (width - window.count + 1))
  }

  private static func similarity(width: Int, range: Double) -> ck_similarity {
    var call = ck_similarity()
    withUnsafeMutableBytes(of: &call.window) { to in
      window.withUnsafeBytes { to.copyMemory(from: $0) }
    }
    (call.width, call.black) = (width, -range / 2)
    (call.c1, call.c2) = (0.01 * range * (0.01 * range), 0.03 * range * (0.03 * range))
    return call
  }

  /// The Gaussian window in one direction.
  private static let window: [Double] = {
    let weights = (-5...5).map { exp(-Double($0 * $0) / (2 * 1.5 * 1.5)) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }()
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
