import Imaging
import Tensors

/// Which frequencies a reconstruction keeps, in grey.
package struct SpectralLoss: Sendable {
  /// Cycles per pixel, rising, without the mean of the picture.
  package let frequencies: [Double]
  /// Power of the picture, of the reconstruction, and of their difference.
  package let original: [Double]
  package let reconstruction: [Double]
  package let error: [Double]

  /// - Parameters:
  ///   - original: x, [1, 3, H, W].
  ///   - reconstruction: x̂, same shape.
  package init(original: Tensor, reconstruction: Tensor) {
    self.init(Self.spectrum(of: original), original: original, reconstruction: reconstruction)
  }

  /// - Parameter known: `spectrum(of: original)`.
  init(_ known: PowerSpectrum, original: Tensor, reconstruction: Tensor) {
    let both = [reconstruction, original - reconstruction]
    let found = Threads.map(2) { Array(Self.spectrum(of: both[$0]).power.dropFirst()) }
    frequencies = Array(known.frequencies.dropFirst())
    self.original = Array(known.power.dropFirst())
    (self.reconstruction, error) = (found[0], found[1])
  }

  static func spectrum(of picture: Tensor) -> PowerSpectrum {
    PowerSpectrum(of: picture.luminance, window: .hann)
  }

  /// How much of each frequency is lost: the power of the error over that of the picture. Above 1 the
  /// reconstruction would do better to leave the frequency out.
  package var lost: [Double] { zip(error, original).map { $1 > 0 ? $0 / $1 : 0 } }

  /// The lowest frequency of which more than half is lost, here and in the mean of the two above it;
  /// nil where none is.
  package var cutoff: Double? {
    let lost = lost
    for i in lost.indices {
      let window = lost[i..<min(i + 3, lost.count)]
      if lost[i] > 0.5, window.reduce(0, +) / Double(window.count) > 0.5 { return frequencies[i] }
    }
    return nil
  }
}
