import Diffusion
import Foundation
import Imaging
import Tensors

/// What noise does to coarse and to fine structure.
///
/// The power of x_t at frequency f is ᾱ_t·S(f) + (1−ᾱ_t): white noise has the same power
/// everywhere, natural images have less the finer the structure. Where ᾱ_t·S(f) falls below 1−ᾱ_t,
/// the structure is lost in noise; that frequency moves down as t grows.
package struct SpectrumExperiment {
  /// Spatial frequencies in cycles per pixel, rising, without the mean of the picture.
  package let frequencies: [Double]
  /// S(f), the radially averaged power of x_0; white noise of variance 1 has power 1 throughout.
  package let power: [Double]

  package init(original: Tensor) {
    let spectrum = PowerSpectrum(of: original, window: .hann)
    frequencies = Array(spectrum.frequencies.dropFirst())
    power = Array(spectrum.power.dropFirst())
  }

  /// ᾱ_t·S(f): what is left of the picture's power.
  package func signal(at level: NoiseLevel) -> [Double] {
    power.map { level.alphaCumprod * $0 }
  }

  /// 1 − ᾱ_t: the noise floor, the same at every frequency.
  package func noiseFloor(at level: NoiseLevel) -> Double { 1 - level.alphaCumprod }

  /// The lowest frequency at which the picture falls below the noise floor, in cycles per pixel,
  /// interpolated between bins in the logarithm of the power.
  ///
  /// 0 when the noise wins everywhere, the highest frequency when it wins nowhere.
  package func cutoff(at level: NoiseLevel) -> Double {
    let floor = 1 / level.snr
    guard let lost = power.firstIndex(where: { $0 < floor }) else { return frequencies.last ?? 0 }
    guard lost > 0 else { return 0 }
    let (above, below) = (log(power[lost - 1]), log(max(power[lost], .leastNormalMagnitude)))
    let share = (above - log(floor)) / (above - below)
    return frequencies[lost - 1] + share * (frequencies[lost] - frequencies[lost - 1])
  }
}
