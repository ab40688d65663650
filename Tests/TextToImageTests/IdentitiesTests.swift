import Diffusion
import LatentDiffusion
import TestSupport
import TextToImage
import Testing

@Suite("what every run must keep") struct IdentitiesTests {
  static func generation(
    _ change: (inout GenerationRequest) -> Void = { _ in }
  ) throws -> Generation {
    var request = GenerationRequest(prompt: "a red boat on the sea")
    request.steps = 4
    change(&request)
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/golden/pipeline"))
    return try Generation(request, with: model)
  }

  @Test("all hold, with every sampler", arguments: SamplerName.allCases)
  func hold(sampler: SamplerName) throws {
    let experiment = try TextToImageExperiment(Self.generation { $0.sampler = sampler })
    let identities = experiment.identities
    #expect(try #require(identities.guidance) < 1e-5)
    #expect(try #require(identities.batching) < 1e-4)
    #expect(identities.mixture < 1e-5)
    #expect(identities.repetition < 1e-6)
    #expect(experiment.pictureError <= 0.5 / 255 + 1e-6)
  }

  @Test("a wrong scale, noise level, prompt or seed breaks each of them")
  func broken() throws {
    let generation = try Self.generation()
    let steps = Array(generation)
    #expect(try #require(Identities.guidance(steps[0], scale: 7.4)) > 1e-3)
    let level = steps[0].denoising.transition.from
    let wrong = NoiseLevel(t: level.t, alphaCumprod: level.alphaCumprod * 1.01)
    #expect(Identities.mixture(steps[0], level: wrong) > 1e-4)
    let other = try Self.generation { $0.prompt = "a green house" }
    #expect(try #require(Identities.batching(steps[0], other)) > 1e-2)
    let reseeded = try Self.generation { $0.seed = 43 }
    #expect(Identities.repetition(of: reseeded, steps: steps) > 1e-2)
  }

  @Test("without guidance there is nothing to claim about it")
  func unguided() throws {
    let identities = try TextToImageExperiment(Self.generation { $0.guidanceScale = 1 }).identities
    #expect(identities.guidance == nil)
    #expect(identities.batching == nil)
    #expect(identities.mixture < 1e-5)
  }
}
