import Foundation
import Imaging
import Testing

@Suite("the discrete Fourier transform") struct FourierTransformTests {
  @Test(
    "equals its defining sum at every length", arguments: [1, 2, 3, 4, 7, 8, 12, 31, 64, 97, 100])
  func definition(count: Int) {
    var signal = FourierTransform.Signal(count: count)
    for j in 0..<count {
      for lane in 0..<8 {
        signal.re[j][lane] = cos(Double(j * j + 3 * lane))
        signal.im[j][lane] = sin(Double(5 * j * j + lane))
      }
    }
    let original = signal
    FourierTransform(count: count).transform(&signal)
    var error = 0.0
    for k in 0..<count {
      var (re, im) = (FourierTransform.Lanes.zero, FourierTransform.Lanes.zero)
      for j in 0..<count {
        let angle = -2 * Double.pi * Double(j * k % count) / Double(count)
        re += original.re[j] * cos(angle) - original.im[j] * sin(angle)
        im += original.re[j] * sin(angle) + original.im[j] * cos(angle)
      }
      for lane in 0..<8 {
        error = max(
          error, abs(re[lane] - signal.re[k][lane]), abs(im[lane] - signal.im[k][lane]))
      }
    }
    #expect(error < 1e-11 * Double(count))
  }
}
