import Diffusion
import Foundation
import Tensors
import Testing
import TestSupport

@Suite("D = c_skip x̃ + c_out F(c_in x̃; c_noise)") struct PreconditioningTests {
  static let schedule = NamedSchedule.scaledLinear.schedule()
  static let levels = [0, 10, 250, 600, 999].map { schedule.level(at: $0) }
  static let original = TorchGenerator(seed: 1).normal([1, 4, 8, 8])
  static let noise = TorchGenerator(seed: 2).normal([1, 4, 8, 8])

  /// x̃ at a level.
  static func exploded(_ level: NoiseLevel) -> Tensor {
    .combination(1, original, level.sigma, noise)
  }

  @Test(
    "its target denoises to x_0 at every level",
    arguments: [Preconditioning.noise, .velocity, .edm(dataDeviation: 0.5)])
  func target(_ kind: Preconditioning) {
    for level in Self.levels {
      let said = kind.target(original: Self.original, noise: Self.noise, at: level)
      let back = kind.denoised(Self.exploded(level), network: said, at: level)
      #expect(back.maxAbsDifference(from: Self.original) <= 2e-5, "σ = \(level.sigma)")
    }
  }

  @Test("targets and inputs of ε and v are those of the prediction types")
  func types() {
    for level in Self.levels {
      let x = level.noisy(original: Self.original, noise: Self.noise)
      for (kind, type) in [(Preconditioning.noise, PredictionType.noise), (.velocity, .velocity)] {
        let said = kind.target(original: Self.original, noise: Self.noise, at: level)
        let named = type.target(original: Self.original, noise: Self.noise, at: level)
        #expect(said.maxAbsDifference(from: named) <= 2e-5)
        let shown = Float(kind.input(at: level)) * Self.exploded(level)
        #expect(shown.maxAbsDifference(from: x) <= 1e-5)
        #expect(kind.condition(at: level) == level.t)
      }
    }
  }

  @Test("EDM's with data of size 1 is that of v with the sign turned")
  func velocity() {
    let edm = Preconditioning.edm(dataDeviation: 1)
    for level in Self.levels {
      #expect(abs(edm.skip(at: level) - Preconditioning.velocity.skip(at: level)) <= 1e-14)
      #expect(abs(edm.output(at: level) + Preconditioning.velocity.output(at: level)) <= 1e-14)
      #expect(abs(edm.input(at: level) - Preconditioning.velocity.input(at: level)) <= 1e-14)
      #expect(abs(4 * edm.condition(at: level) - log(level.sigma)) <= 1e-14)
    }
  }

  @Test("EDM's c_in and c_out make input and target of size 1; its c_skip makes c_out least")
  func derivation() {
    let data = 0.5
    let edm = Preconditioning.edm(dataDeviation: data)
    for level in Self.levels {
      let (sigma, input) = (level.sigma, edm.input(at: level))
      #expect(abs(input * input * (data * data + sigma * sigma) - 1) <= 1e-12)
      func needed(_ skip: Double) -> Double {
        (1 - skip) * (1 - skip) * data * data + skip * skip * sigma * sigma
      }
      let (skip, output) = (edm.skip(at: level), edm.output(at: level))
      #expect(abs(needed(skip) / (output * output) - 1) <= 1e-12)
      #expect(needed(skip) < needed(skip * 1.01) && needed(skip) < needed(skip * 0.99))
    }
  }
}
