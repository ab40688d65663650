import Evaluation
import Foundation
import Networks
import Tensors
import Testing
import VAECompression

@Suite("Bits of a latent") struct RateTests {
  @Test("equally frequent symbols take log₂ of their number each, one symbol takes nothing")
  func entropy() {
    #expect(abs(Entropy.bits([5, 5, 5, 5]) - 40) < 1e-9)
    #expect(Entropy.bits([7]) == 0 && Entropy.bits([]) == 0)
    #expect(abs(Entropy.bits(of: [1, 1, -3, 8]) - 6) < 1e-9)
  }

  @Test("the divergence in bits is that of the posterior, channel by channel")
  func divergence() {
    let moments = TorchGenerator(seed: 2).normal([1, 6, 4, 5])
    let posterior = DiagonalGaussian(moments: moments)
    let rate = Rate(of: posterior)
    let expected = posterior.divergenceFromPrior[0] / log(2)
    #expect(abs(rate.bits / expected - 1) < 1e-6)
    #expect(rate.bitsOfChannels.count == 3)
    #expect(abs(rate.bitsOfChannels.reduce(0, +) * 20 / expected - 1) < 1e-6)
  }

  @Test("a posterior that is the prior says nothing; a narrow one costs log₂(1/σ) or so")
  func known() {
    let prior = DiagonalGaussian(moments: Tensor([1, 2, 3, 3], repeating: 0))
    #expect(Rate(of: prior).bits == 0)
    let narrow = Tensor([1, 2, 1, 1], [0, Float(2 * log(1e-3))])
    // ½(σ² − 1 − ln σ²)/ln 2 with μ = 0
    let expected = 0.5 * (1e-6 - 1 - 2 * log(1e-3)) / log(2)
    #expect(abs(Rate(of: DiagonalGaussian(moments: narrow)).bits - expected) < 1e-4)
  }

  @Test("the entropy of codes is at most h·w·log₂ K, and reaches it")
  func codes() {
    let some = Rate(codes: [0, 0, 3, 3, 3, 1], of: 4)
    #expect(some.codeCounts == [2, 1, 0, 3] && some.codesInUse == 3)
    #expect(some.bits < some.upperBound ?? 0)
    #expect(some.upperBound == 12)
    let all = Rate(codes: (0..<64).map { $0 % 8 }, of: 8)
    #expect(abs(all.bits - 192) < 1e-9 && all.upperBound == 192)
  }

  @Test("the finest step that is enough is found")
  func grid() {
    #expect(QuantizerGrid.finest { $0 >= -3 } == -3)
    #expect(QuantizerGrid.finest { _ in true } == QuantizerGrid.indices.lowerBound)
    for limit in [0, 1e-9, 0.003, 1, 1e12] {
      for power in [0.7, 2.0, 5.0] {
        func error(_ index: Int) -> Double { 0.1 * pow(Double(QuantizerGrid.step(index)), power) }
        #expect(
          QuantizerGrid.finest(exceeding: limit, error)
            == QuantizerGrid.finest { error($0) > limit })
      }
    }
    var tries = 0
    let found = QuantizerGrid.finest(exceeding: 0.003) { index in
      tries += 1
      return 0.1 * pow(Double(QuantizerGrid.step(index)), 2)
    }
    #expect(found == -20 && tries <= 4, "\(found) after \(tries)")
    #expect(abs(QuantizerGrid.step(8) / QuantizerGrid.step(0) - 2) < 1e-6)
    let values = Tensor([4], [0.24, -0.26, 1, 0])
    #expect(values.levels(at: -8) == [0, -1, 2, 0])
    #expect(values.quantized(at: -8).elements == [0, -0.5, 1, 0])
  }

  @Test("block PCA: its rate falls when more error is allowed, and counts every block")
  func componentRate() {
    let lessons = PCALessons.pictures(count: 16)
    let pca = BlockPCA(learningFrom: lessons, factor: 8, components: 4)
    let coordinates = pca.encode(lessons)
    let (fine, coarse) = (
      pca.bits(of: coordinates, squaredError: 10), pca.bits(of: coordinates, squaredError: 1e4)
    )
    #expect(fine > coarse && coarse > 0)
  }
}
