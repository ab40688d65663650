import Diffusion
import Foundation
import ForwardNoising
import Tensors
import Testing

@Suite("Noise takes the fine structure first") struct SpectrumExperimentTests {
  private static let schedule = NamedSchedule.scaledLinear.schedule()

  /// Waves whose power falls with frequency.
  private static let picture = Tensor([1, 3, 64, 64]) { out in
    for i in out.indices {
      let (x, y) = (Double(i % 64), Double(i / 64 % 64))
      var value = cos(0.2 * y) / 4
      for k in 1...20 {
        let phase: Double = 0.0982 * Double(k) * x + Double(k)
        value += cos(phase) / (4 * Double(k))
      }
      out[i] = Float(value)
    }
  }

  @Test("the cut-off frequency falls as t grows")
  func monotone() {
    let spectrum = SpectrumExperiment(original: Self.picture)
    let cutoffs = (0..<1000).map { spectrum.cutoff(at: Self.schedule.level(at: $0)) }
    #expect(zip(cutoffs, cutoffs.dropFirst()).allSatisfy(>=))
    #expect(cutoffs[10] > 4 * cutoffs[900])
  }

  @Test("at the cut-off the picture's power is the noise floor")
  func crossing() throws {
    let spectrum = SpectrumExperiment(original: Self.picture)
    let level = Self.schedule.level(at: 500)
    let cutoff = spectrum.cutoff(at: level)
    let signal = spectrum.signal(at: level)
    let above = try #require(spectrum.frequencies.lastIndex { $0 <= cutoff })
    #expect(signal[above] >= spectrum.noiseFloor(at: level))
    #expect(signal[above + 1] < spectrum.noiseFloor(at: level))
  }

  @Test("where noise wins everywhere the cut-off is 0, where nowhere the highest frequency")
  func ends() {
    let faint = SpectrumExperiment(original: 1e-4 * Self.picture)
    #expect(faint.cutoff(at: Self.schedule.level(at: 999)) == 0)
    let noise = SpectrumExperiment(original: TorchGenerator(seed: 1).normal([1, 3, 64, 64]))
    #expect(noise.cutoff(at: Self.schedule.level(at: 0)) == noise.frequencies.last)
  }
}
