import Foundation

/// The discrete Fourier transform of one length, in double precision, for eight signals at a time.
///
///     X_k = Σ_j x_j · exp(−2πi·jk/n)
///
/// Powers of two go through Stockham's self-sorting radix-2 scheme; any other length becomes a
/// convolution of a power of two (Bluestein, IEEE Trans. Audio Electroacoustics 18, 1970).
/// Complexity: O(n log n) for every n.
package struct FourierTransform {
  /// One value of each of eight signals.
  package typealias Lanes = SIMD8<Double>

  /// Eight complex signals: real and imaginary parts, apart.
  package struct Signal {
    package var re: [Lanes]
    package var im: [Lanes]

    package init(count: Int) {
      re = Array(repeating: .zero, count: count)
      im = re
    }
  }

  package let count: Int
  /// exp(−2πi·j/m) for j < m/2, m the power of two that is transformed.
  private let twiddles: [(re: Double, im: Double)]
  private let size: Int
  /// exp(−πi·j²/n) and the transform of its periodic conjugate; empty for powers of two.
  private var chirp: [(re: Double, im: Double)] = []
  private var kernel: [(re: Double, im: Double)] = []

  package init(count: Int) {
    precondition(count > 0, "a Fourier transform of \(count) values")
    self.count = count
    let isPower = count & (count - 1) == 0
    var size = 1
    while size < (isPower ? count : 2 * count - 1) { size *= 2 }
    self.size = size
    twiddles = (0..<size / 2).map { Self.unit(-2 * Double($0) / Double(size)) }
    guard !isPower else { return }
    // j² modulo 2n keeps the angle exact.
    chirp = (0..<count).map { Self.unit(-Double($0 * $0 % (2 * count)) / Double(count)) }
    var conjugate = Signal(count: size)
    for j in 0..<count {
      for place in [j, (size - j) % size] {
        conjugate.re[place] = Lanes(repeating: chirp[j].re)
        conjugate.im[place] = Lanes(repeating: -chirp[j].im)
      }
    }
    var spare = Signal(count: size)
    transformPower(&conjugate, &spare)
    kernel = (0..<size).map { (conjugate.re[$0][0], conjugate.im[$0][0]) }
  }

  /// exp(πi·halfTurns).
  private static func unit(_ halfTurns: Double) -> (re: Double, im: Double) {
    (cos(Double.pi * halfTurns), sin(Double.pi * halfTurns))
  }

  /// Transforms eight signals in place.
  package func transform(_ signal: inout Signal) {
    precondition(signal.re.count == count, "\(signal.re.count) values for a length of \(count)")
    var spare = Signal(count: size)
    guard !chirp.isEmpty else { return transformPower(&signal, &spare) }
    var padded = Signal(count: size)
    for j in 0..<count {
      (padded.re[j], padded.im[j]) = Self.product(signal.re[j], signal.im[j], chirp[j])
    }
    transformPower(&padded, &spare)
    // The inverse transform is the transform of the conjugate, conjugated.
    for k in 0..<size {
      let (re, im) = Self.product(padded.re[k], padded.im[k], kernel[k])
      (padded.re[k], padded.im[k]) = (re, -im)
    }
    transformPower(&padded, &spare)
    let scale = 1 / Double(size)
    for k in 0..<count {
      (signal.re[k], signal.im[k]) = Self.product(
        padded.re[k] * scale, -padded.im[k] * scale, chirp[k])
    }
  }

  @inline(__always)
  private static func product(
    _ re: Lanes, _ im: Lanes, _ factor: (re: Double, im: Double)
  ) -> (Lanes, Lanes) {
    (re * factor.re - im * factor.im, re * factor.im + im * factor.re)
  }

  /// Stockham: each pass halves the length and doubles the stride, from one buffer to the other.
  private func transformPower(_ signal: inout Signal, _ spare: inout Signal) {
    var half = size / 2
    var stride = 1
    while half > 0 {
      for p in 0..<half {
        let factor = twiddles[p * stride]
        for q in 0..<stride {
          let (i, j) = (q + stride * p, q + stride * (p + half))
          let (k, l) = (q + stride * 2 * p, q + stride * (2 * p + 1))
          let (ar, ai, br, bi) = (signal.re[i], signal.im[i], signal.re[j], signal.im[j])
          spare.re[k] = ar + br
          spare.im[k] = ai + bi
          (spare.re[l], spare.im[l]) = Self.product(ar - br, ai - bi, factor)
        }
      }
      swap(&signal, &spare)
      half /= 2
      stride *= 2
    }
  }
}
