import Foundation
import Networks
import Tensors
import Testing

@Suite("Sinusoidal timestep embedding") struct TimestepEmbeddingTests {
  @Test("[cos, sin] of t·10000^(−i/n)")
  func formula() {
    let table = TimestepEmbedding.sinusoids([0, 1, 999], features: 320)
    #expect(table.shape == [3, 320])
    for (row, t) in [0.0, 1, 999].enumerated() {
      for i in 0..<160 {
        let phase = t * pow(10000, -Double(i) / 160)
        #expect(abs(Double(table[row, i]) - cos(phase)) < 2e-4)
        #expect(abs(Double(table[row, 160 + i]) - sin(phase)) < 2e-4)
      }
    }
  }

  @Test("unflipped it begins with sines; the shift spreads the frequencies")
  func variants() {
    let table = TimestepEmbedding.sinusoids(
      [5], features: 8, flipsSineToCosine: false, frequencyShift: 1)
    #expect(abs(table[0, 0] - sin(5)) < 1e-6)
    #expect(abs(table[0, 4] - cos(5)) < 1e-6)
    #expect(abs(table[0, 3] - sin(5e-4)) < 1e-6)
  }
}
