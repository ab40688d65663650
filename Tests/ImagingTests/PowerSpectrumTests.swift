import Foundation
import Imaging
import Tensors
import Testing

@Suite("power spectrum") struct PowerSpectrumTests {
  @Test("agrees with numpy's rfft2")
  func golden() throws {
    for wanted in try Golden.load().spectra {
      let picture = Golden.picture(wanted.size, "hash")
      let plan = PlanarPower(height: wanted.size[0], width: wanted.size[1], window: .none)
      let power = picture.withUnsafeElements { plan.power(of: $0) }
      for (index, value) in zip(wanted.indices, wanted.values) {
        #expect(abs(power[index] - value) < 1e-10 * max(value, 1), "\(wanted.size) at \(index)")
      }
    }
  }

  @Test("white noise has its variance at every frequency", arguments: [64, 96])
  func whiteNoise(size: Int) {
    let noise = TorchGenerator(seed: 3).normal([16, 3, size, size]) * 0.5
    for window in [PowerSpectrum.Window.none, .hann] {
      let spectrum = PowerSpectrum(of: noise, window: window)
      for (ring, power) in spectrum.power.enumerated() where ring > 2 {
        // Each frequency is an exponential variable; a window makes neighbours alike.
        let deviation = 0.25 / (Double(spectrum.counts[ring] * 48) / 2 / 4).squareRoot()
        #expect(abs(power - 0.25) < 4 * deviation, "ring \(ring)")
      }
    }
  }

  @Test("a plane wave has all its power in its own ring")
  func planeWave() {
    let size = 60
    let wave = Tensor([1, 1, size, size]) { out in
      for i in out.indices { out[i] = Float(cos(2 * .pi * Double(7 * (i % size)) / Double(size))) }
    }
    let spectrum = PowerSpectrum(of: wave)
    let total = zip(spectrum.power, spectrum.counts).map { $0 * Double($1) }
    // Parseval: the mean square, 1/2, times the number of pixels.
    #expect(abs(total[7] - 1800) < 1e-2)
    #expect(total.reduce(0, +) - total[7] < 1e-4)
    #expect(spectrum.frequencies.last.map { $0 > 0.49 && $0 <= 0.5 } == true)
  }

  @Test("a Hann window hides the jump at the edges that a ramp makes")
  func leakage() {
    let ramp = Tensor([1, 1, 64, 64]) { out in for i in out.indices { out[i] = Float(i % 64) } }
    let (plain, hann) = (PowerSpectrum(of: ramp), PowerSpectrum(of: ramp, window: .hann))
    #expect(hann.power[20] < 1e-3 * plain.power[20])
  }

  @Test("a single pixel and a line have a spectrum", arguments: [[1, 1], [1, 9], [1000, 3]])
  func small(size: [Int]) {
    for window in [PowerSpectrum.Window.none, .hann] {
      let spectrum = PowerSpectrum(of: Golden.picture(size, "hash"), window: window)
      #expect(spectrum.power.allSatisfy { $0.isFinite })
      #expect(spectrum.power.count == min(size[0], size[1]) / 2 + 1)
    }
  }
}
