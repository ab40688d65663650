import Diffusion
import LatentDiffusion
import Tensors
import Testing

@Suite("Several generations together") struct TogetherTests {
  private static func generations(
    _ sampler: SamplerName, seeds: [UInt64] = [1, 2, 3]
  ) throws -> [Generation] {
    let model = try Models.golden()
    return try seeds.map { seed in
      var request = GenerationRequest(
        prompt: seed == 2 ? "a red boat" : "a house", sampler: sampler, guidanceScale: 3)
      (request.seed, request.steps) = (seed, 4)
      return try Generation(request, with: model)
    }
  }

  @Test(
    "each row is the picture alone, at every step",
    arguments: SamplerName.allCases.filter { !$0.drawsNoise })
  func rows(sampler: SamplerName) throws {
    let all = try Self.generations(sampler)
    let together = try #require(Generation.together(all)).map(\.next)
    for (row, generation) in all.enumerated() {
      for (step, next) in generation.map(\.next).enumerated() {
        let difference = together[step].rows(row..<row + 1).maxAbsDifference(from: next)
        #expect(difference <= 1e-4 * next.maxAbs, "row \(row), step \(step)")
      }
    }
  }

  @Test("what draws noise of its own on its way is made by itself", arguments: SamplerName.allCases)
  func noise(sampler: SamplerName) throws {
    let all = try Self.generations(sampler, seeds: [1])
    let drawsNoise = all[0].contains { $0.denoising.noise != nil }
    #expect(drawsNoise == sampler.drawsNoise)
    #expect((Generation.together(all) == nil) == drawsNoise)
  }
}

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

  @Test("with refinements they are those of a generation")
  func refinements() throws {
    let model = try Models.golden()
    let request = Models.request {
      ($0.steps, $0.guidanceScale) = (6, 9)
      $0.refinements = GuidanceRefinements(
        rescale: 0.7, interval: GuidanceInterval(low: 0.3, high: 5))
    }
    let generation = try Generation(request, with: model)
    let alone = try #require(Array(generation).last).next
    func latents(_ refinements: GuidanceRefinements) throws -> Tensor {
      try model.latents(
        of: [request.prompt], noise: generation.start, sampler: .ddim, steps: 6, guidanceScale: 9,
        refinements: refinements)
    }
    #expect(try latents(request.refinements).maxAbsDifference(from: alone) <= 1e-5 * alone.maxAbs)
    let without = try latents(GuidanceRefinements())
    #expect(without.maxAbsDifference(from: alone) > 1e-2 * alone.maxAbs)
  }
}
