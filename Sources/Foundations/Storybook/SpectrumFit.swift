import Foundation
import Imaging

/// The power law that fits a spectrum best: P(f) ≈ scale · f^exponent.
///
/// Photographs have exponents near −2 (Field, J. Opt. Soc. Am. A 4, 1987).
public struct SpectrumFit: Sendable {
  /// The slope in the logarithms.
  public let exponent: Double
  /// The power that the law gives at one cycle per pixel.
  public let scale: Double
  /// The frequencies that were fitted, in cycles per pixel.
  public let range: ClosedRange<Double>

  /// Least squares in the logarithms, every ring weighing the same.
  /// - Parameters:
  ///   - spectrum: what the law is fitted to.
  ///   - range: by default from two cycles per picture side to half the highest frequency: beyond,
  ///     the softness of the edges shows.
  public init(of spectrum: PowerSpectrum, range: ClosedRange<Double>? = nil) {
    let lowest = spectrum.frequencies.count > 2 ? spectrum.frequencies[2] : 0
    let range = range ?? min(lowest, 0.25)...0.25
    let points = zip(spectrum.frequencies, spectrum.power)
      .filter { range ~= $0 && $0 > 0 && $1 > 0 }
      .map { (x: log($0), y: log($1)) }
    let n = Double(max(points.count, 1))
    let meanX = points.reduce(0) { $0 + $1.x } / n
    let meanY = points.reduce(0) { $0 + $1.y } / n
    let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    let together = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
    exponent = spread > 0 ? together / spread : 0
    scale = exp(meanY - exponent * meanX)
    self.range = range
  }
}
