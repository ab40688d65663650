import Tensors
import Testing

import Diffusion

@Suite("the predictor that knows x_0") struct TrueNoiseTests {
  @Test("it says the noise that was added", arguments: [0, 10, 500, 999]) func exact(t: Int) {
    let schedule = NamedSchedule.linear.schedule()
    let original = TorchGenerator(seed: 1).uniform([1, 3, 8, 8])
    let noise = TorchGenerator(seed: 2).normal([1, 3, 8, 8])
    let x = ForwardProcess(schedule).sample(original: original, noise: noise, at: t)
    let predictor = TrueNoise(original: original, schedule: schedule)
    let said = predictor.predict(x, at: Double(t)).output
    #expect(said.maxAbsDifference(from: noise) <= 1e-6 / Float(schedule.level(at: t).noiseScale))
    // It is the best predictor for a set of one image.
    let mixture = MixtureDenoiser(.images(original), schedule: schedule)
    #expect(mixture.predict(x, at: Double(t)).output.maxAbsDifference(from: said) <= 2e-5)
  }

  @Test("where nothing of the picture is left, who knows the data still knows what to expect")
  func pureNoise() throws {
    let schedule = NamedSchedule.scaledLinear.schedule().rescaledToZeroTerminalSNR()
    #expect(schedule.endsInNoise)
    let pictures = (1...3).map { TorchGenerator(seed: UInt64($0)).normal([1, 1, 4, 4]) }
    let x = TorchGenerator(seed: 9).normal([1, 1, 4, 4])
    let level = schedule.level(at: 999)
    let known = TrueNoise(original: pictures[0], schedule: schedule).evaluate(x, at: level)
    #expect(known.predictedOriginal.maxAbsDifference(from: pictures[0]) == 0)
    #expect(known.predictedNoise.maxAbsDifference(from: x) == 0)
    let mixture = MixtureDenoiser(
      .images(.concatenated(pictures, along: 0)), schedule: schedule)
    let average = (pictures[0] + pictures[1] + pictures[2]) / 3
    let predictor: any NoisePredictor = mixture
    let expected = predictor.evaluate(x, at: level).predictedOriginal
    #expect(expected.maxAbsDifference(from: average) < 1e-6)
    let walk = DenoisingTrajectory(
      from: x, sampler: try DDPMSampler(schedule, clipRange: nil), predictor: predictor,
      generator: TorchGenerator(seed: 4))
    let end = try #require(Array(walk).last?.next)
    #expect(pictures.contains { end.maxAbsDifference(from: $0) < 1e-3 })
  }
}
