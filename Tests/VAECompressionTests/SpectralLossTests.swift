import Foundation
import Imaging
import Tensors
import Testing
import VAECompression

@Suite("Which frequencies go") struct SpectralLossTests {
  private let noise = TorchGenerator(seed: 4).normal([1, 3, 64, 64])

  @Test("nothing is lost of a picture that comes back")
  func nothing() {
    let loss = SpectralLoss(original: noise, reconstruction: noise)
    #expect(loss.lost.allSatisfy { $0 == 0 })
    #expect(loss.cutoff == nil)
  }

  @Test("halving the size loses the upper half of the frequencies, and not the lower")
  func lowPass() {
    let small = noise.resized(height: 32, width: 32).resized(height: 64, width: 64)
    let loss = SpectralLoss(original: noise, reconstruction: small)
    let low = zip(loss.frequencies, loss.lost).filter { $0.0 < 0.1 }.map(\.1)
    let high = zip(loss.frequencies, loss.lost).filter { $0.0 > 0.35 }.map(\.1)
    #expect(low.reduce(0, +) / Double(low.count) < 0.25)
    #expect(high.reduce(0, +) / Double(high.count) > 0.7)
    #expect(0.15...0.35 ~= loss.cutoff ?? 0)
  }

  @Test("grey alone loses all")
  func everything() {
    let loss = SpectralLoss(original: noise, reconstruction: .zeros(noise.shape))
    #expect(loss.lost.allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(loss.cutoff == loss.frequencies.first)
  }
}
