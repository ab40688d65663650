import Diffusion
import Tensors
import Testing
import Training

@Suite("What a model is to say of noisy latents") struct NoisyBatchTests {
  @Test(
    "leads back to the latents that it was made of", arguments: PredictionType.allCases)
  func leadsBack(type: PredictionType) {
    let schedule = NamedSchedule.scaledLinear.schedule(count: 1000)
    let latents = TorchGenerator(seed: 1).normal([4, 3, 5, 5])
    let batch = NoisyBatch(
      latents, schedule, predicting: type, generator: TorchGenerator(seed: 2))
    for (row, t) in batch.timesteps.enumerated() {
      let rows = row..<row + 1
      let (alpha, said) = (Float(schedule.alphasCumprod[t]), batch.target.rows(rows))
      let z = batch.noisy.rows(rows)
      let (signal, noise) = (alpha.squareRoot(), (1 - alpha).squareRoot())
      // x_0 of z_t = √ᾱ x_0 + √(1 − ᾱ) ε, and v = √ᾱ ε − √(1 − ᾱ) x_0.
      let original =
        switch type {
        case .noise: (z - said.scaled(by: noise)).scaled(by: 1 / signal)
        case .original: said
        case .velocity: z.scaled(by: signal) - said.scaled(by: noise)
        }
      #expect(original.maxAbsDifference(from: latents.rows(rows)) < 1e-4 / signal)
    }
    #expect(Set(batch.timesteps).count > 1)
  }
}
