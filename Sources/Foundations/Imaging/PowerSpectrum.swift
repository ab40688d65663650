import Foundation
import Tensors

/// How much of a picture's variance lies at each spatial frequency, averaged over directions.
///
///     P(f) = mean over |(u/H, v/W)| ≈ f of |X_uv|² / (H·W)
///
/// X is the discrete Fourier transform. In these units white noise of variance σ² has P = σ² at every
/// frequency, and the mean of |X|²/(H·W) over all frequencies is the mean square of the picture.
public struct PowerSpectrum: Sendable {
  /// What is done about the jump between opposite edges.
  public enum Window: Sendable {
    /// The picture as if it repeated at its edges.
    case none
    /// The mean is taken off and the edges are faded out by a Hann window, whose loss of power is
    /// made up for: without the jump at the edges, which by itself adds power near 1/f².
    case hann
  }

  /// The mean frequency of each ring in cycles per pixel, from 0 to 1/2. A ring is one cycle per
  /// picture wide (along its shorter side); the corners beyond 1/2 are left out.
  public let frequencies: [Double]
  /// P(f) per ring, averaged over batch and channels.
  public let power: [Double]
  /// How many of the frequencies of the transform lie in the ring.
  public let counts: [Int]

  /// - Parameters:
  ///   - pictures: shape [B, C, H, W], any H and W.
  ///   - window: what fades the borders.
  public init(of pictures: Tensor, window: Window = .none) {
    precondition(
      pictures.rank == 4 && pictures.count > 0, "expected [B, C, H, W], found \(pictures.shape)")
    let (height, width) = (pictures.shape[2], pictures.shape[3])
    let planes = pictures.shape[0] * pictures.shape[1]
    let plan = PlanarPower(height: height, width: width, window: window)
    let bins = min(height, width) / 2 + 1
    var (sums, radii) = ([Double](repeating: 0, count: bins), [Double](repeating: 0, count: bins))
    var counts = [Int](repeating: 0, count: bins)
    pictures.withUnsafeElements { values in
      for plane in 0..<planes {
        let power = plan.power(
          of: UnsafeBufferPointer(
            rebasing: values[(plane * height * width)..<((plane + 1) * height * width)]))
        for u in 0..<height {
          let fu = Double(min(u, height - u)) / Double(height)
          for v in 0..<plan.columns {
            let f = hypot(fu, Double(v) / Double(width))
            let bin = Int((f * Double(min(height, width))).rounded())
            guard bin < bins, f <= 0.5 else { continue }
            // Columns −v mirror the columns v, which alone were computed.
            let mirrored = v == 0 || 2 * v == width ? 1 : 2
            sums[bin] += power[u * plan.columns + v] * Double(mirrored)
            radii[bin] += f * Double(mirrored)
            counts[bin] += mirrored
          }
        }
      }
    }
    frequencies = zip(radii, counts).map { $0 / Double(max($1, 1)) }
    power = zip(sums, counts).map { $0 / Double(max($1, 1)) }
    self.counts = counts.map { $0 / planes }
  }
}

/// |X_uv|² / (H·W) of one plane, for the columns 0…W/2; the others mirror them.
package struct PlanarPower {
  package let columns: Int
  private let height, width: Int
  private let window: PowerSpectrum.Window
  private let along, down: FourierTransform

  package init(height: Int, width: Int, window: PowerSpectrum.Window) {
    (self.height, self.width, self.window) = (height, width, window)
    columns = width / 2 + 1
    along = FourierTransform(count: width)
    down = FourierTransform(count: height)
  }

  /// - Returns: height · columns values, row-major.
  package func power(of plane: UnsafeBufferPointer<Float>) -> [Double] {
    let values = windowed(plane)
    // After the rows: [height][columns], complex; after the columns the power is in `re`.
    var re = [Double](repeating: 0, count: height * columns)
    var im = re
    re.withUnsafeMutableBufferPointer { re in
      im.withUnsafeMutableBufferPointer { im in
        Threads.split((height + 7) / 8, grain: 4) { blocks in
          for block in blocks { transformRows(8 * block, values, re, im) }
        }
        Threads.split((columns + 7) / 8, grain: 4) { blocks in
          for block in blocks { transformColumns(8 * block, re, im) }
        }
      }
    }
    return re
  }

  /// Eight rows from `top` on.
  private func transformRows(
    _ top: Int, _ values: [Double], _ re: UnsafeMutableBufferPointer<Double>,
    _ im: UnsafeMutableBufferPointer<Double>
  ) {
    let rows = min(8, height - top)
    var signal = FourierTransform.Signal(count: width)
    for lane in 0..<rows {
      for x in 0..<width { signal.re[x][lane] = values[(top + lane) * width + x] }
    }
    along.transform(&signal)
    for lane in 0..<rows {
      for v in 0..<columns {
        re[(top + lane) * columns + v] = signal.re[v][lane]
        im[(top + lane) * columns + v] = signal.im[v][lane]
      }
    }
  }

  /// Eight columns from `left` on.
  private func transformColumns(
    _ left: Int, _ re: UnsafeMutableBufferPointer<Double>,
    _ im: UnsafeMutableBufferPointer<Double>
  ) {
    let lanes = min(8, columns - left)
    var signal = FourierTransform.Signal(count: height)
    for y in 0..<height {
      for lane in 0..<lanes {
        signal.re[y][lane] = re[y * columns + left + lane]
        signal.im[y][lane] = im[y * columns + left + lane]
      }
    }
    down.transform(&signal)
    let scale = 1 / Double(height * width)
    for u in 0..<height {
      let power = (signal.re[u] * signal.re[u] + signal.im[u] * signal.im[u]) * scale
      for lane in 0..<lanes { re[u * columns + left + lane] = power[lane] }
    }
  }

  private func windowed(_ plane: UnsafeBufferPointer<Float>) -> [Double] {
    guard case .hann = window else { return plane.map(Double.init) }
    let mean = plane.reduce(0) { $0 + Double($1) } / Double(plane.count)
    // sin² at pixel centres has a mean square of 3/8 (of 1 for a single pixel).
    func hann(_ count: Int) -> [Double] {
      let weights = (0..<count).map { pow(sin(.pi * (Double($0) + 0.5) / Double(count)), 2) }
      let rms = (weights.reduce(0) { $0 + $1 * $1 } / Double(count)).squareRoot()
      return weights.map { $0 / rms }
    }
    let (across, down) = (hann(width), hann(height))
    return plane.enumerated().map { i, value in
      (Double(value) - mean) * down[i / width] * across[i % width]
    }
  }
}
