import Diffusion
import LatentDiffusion
import Tensors
import Testing

@Suite("Pictures of several prompts, made together") struct BatchGenerationTests {
  @Test("without a sampler and a scale they are the model's own")
  func defaults() throws {
    let model = try Models.golden().replacing(
      scheduler: ["_class_name": .string("EulerDiscreteScheduler")])
    let noise = TorchGenerator(seed: 1).normal([1, 4, 6, 6])
    func latents(_ sampler: SamplerName?, _ scale: Double?) throws -> [Float] {
      try model.latents(
        of: ["a red boat"], noise: noise, sampler: sampler, steps: 3, guidanceScale: scale
      ).elements
    }
    let own = try model.latents(of: ["a red boat"], noise: noise, steps: 3).elements
    #expect(own == (try latents(.euler, model.defaults.guidanceScale)))
    #expect(own != (try latents(.ddim, model.defaults.guidanceScale)))
    #expect(own != (try latents(.euler, 3)))
  }
}
