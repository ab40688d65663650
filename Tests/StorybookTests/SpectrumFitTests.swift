import Foundation
import Imaging
import Storybook
import Tensors
import Testing

@Suite("spectrum fit") struct SpectrumFitTests {
  @Test("finds the exponent of a picture made with one")
  func exponent() {
    // A sum of plane waves whose amplitudes fall as 1/f: the power of each ring, which has a
    // number of members near 2πf, falls as the wave's power over f.
    let size = 64
    let picture = Tensor([1, 1, size, size]) { out in
      for y in 0..<size {
        for x in 0..<size {
          var value = 0.0
          for k in 1..<32 {
            let amplitude = pow(Double(k), -1.0)
            value += amplitude * cos(2 * .pi * Double(k * x) / Double(size) + Double(k * k))
          }
          out[y * size + x] = Float(value)
        }
      }
    }
    let fit = SpectrumFit(of: PowerSpectrum(of: picture))
    #expect(abs(fit.exponent + 3) < 0.15)
    let wanted = fit.scale * pow(0.125, fit.exponent)
    #expect(abs(log(PowerSpectrum(of: picture).power[8] / wanted)) < 0.2)
  }
}
