import Diffusion
import Foundation
import Tensors
import Testing

@Suite("p(x)·p(c | x)^s") struct GuidedMixtureTests {
  private let mixture = GuidedMixture(
    GaussianMixture(
      means: Tensor([4, 1], [-1.5, -0.5, 0.5, 1.5]), variances: .isotropic([0.05, 0.1, 0.2, 0.05]),
      weights: [1, 2, 1, 3]),
    class: [1, 3])
  private let schedule = NamedSchedule.scaledLinear.schedule().rescaledToZeroTerminalSNR()

  @Test("s = 1 is the class, s = 0 is all of the data")
  func ends() {
    let x = TorchGenerator(seed: 4).normal([5, 1])
    let level = schedule.level(at: 400)
    #expect(mixture.logTilted(x, scale: 1, at: level) == mixture.ofClass.logDensity(x, at: level))
    #expect(mixture.logTilted(x, scale: 0, at: level) == mixture.whole.logDensity(x, at: level))
    #expect(mixture.ofClass.weights.map { ($0 * 5).rounded() } == [2, 3])
  }

  /// The score of the tilted density by central differences, held against −ε/√(1 − ᾱ).
  private func scoreError(tiltedBy tilt: Double, guidedBy scale: Double, at t: Int) -> Double {
    let level = schedule.level(at: t)
    let guided = GuidedMixtureDenoiser(mixture, schedule: schedule, scale: scale)
    return [-1.7, -0.4, 0.1, 0.9, 2.2].map { place in
      let h = 1e-2
      let logs = [place - h, place + h].map {
        mixture.logTilted(Tensor([1, 1], [Float($0)]), scale: tilt, at: level)[0]
      }
      let noise = guided.predict(Tensor([1, 1], [Float(place)]), at: Double(t)).output.elements[0]
      let (slope, score) = ((logs[1] - logs[0]) / (2 * h), -Double(noise) / level.noiseScale)
      return abs(slope - score) / max(abs(score), 1)
    }.max() ?? .infinity
  }

  @Test(
    "guided noise is the score of the tilted density, at every noise level", arguments: [0.5, 1, 3])
  func score(scale: Double) {
    for t in [200, 500, 900] {
      #expect(scoreError(tiltedBy: scale, guidedBy: scale, at: t) < 5e-3)
      #expect(scoreError(tiltedBy: scale + 1, guidedBy: scale, at: t) > 1.5e-2)
    }
  }

  @Test("outside its interval the class alone is asked, and from pure noise x̂_0 is finite")
  func interval() {
    let limited = GuidedMixtureDenoiser(
      mixture, schedule: schedule, scale: 6,
      refinements: GuidanceRefinements(interval: GuidanceInterval(low: 0.1, high: 5)))
    let class1 = GuidedMixtureDenoiser(mixture, schedule: schedule, scale: 1)
    let x = TorchGenerator(seed: 4).normal([5, 1])
    #expect(limited.predict(x, at: 400).guidance != nil)
    for t in [0.0, 998, 999] {
      #expect(limited.predict(x, at: t).guidance == nil)
      let difference = limited.evaluate(x, at: schedule.level(at: t)).predictedOriginal
        .maxAbsDifference(from: class1.evaluate(x, at: schedule.level(at: t)).predictedOriginal)
      #expect(difference == 0)
    }
  }
}
