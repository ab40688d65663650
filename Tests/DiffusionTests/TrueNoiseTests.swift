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
}
