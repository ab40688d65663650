import Diffusion
import GoldenSupport
import LatentDiffusion
import Networks
import Storybook
import Tensors
import TestSupport
import Testing

@Suite("The bundled model") struct ShippedModelTests {
  private static let prompt =
    "a purple boat and an orange house on the sea under the moon at sunset"

  private func picture(sampler: SamplerName, seed: UInt64, prompt: String) throws -> Tensor {
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
    var request = GenerationRequest(prompt: prompt)
    (request.sampler, request.seed, request.steps, request.guidanceScale) = (sampler, seed, 10, 3)
    let generation = try Generation(request, with: model)
    var latent = generation.start
    for step in generation { latent = step.next }
    return generation.decode(latent).scaled(by: 0.5, plus: 0.5).clamped(to: 0...1)
  }

  @Test(
    "paints what diffusers paints with the same files and seed",
    arguments: [(SamplerName.pndm, UInt64(7), "plms"), (.ddim, 8, "ddim")])
  func golden(sampler: SamplerName, seed: UInt64, name: String) throws {
    let golden = try #require(try Golden.load("shipped-model")[name])
    let found = try picture(sampler: sampler, seed: seed, prompt: Self.prompt)
    let error = found.reshaped(golden.shape).meanSquaredError(from: golden)
    // Half precision of the stored numbers leaves about 72 dB.
    #expect(error < 1e-6, "\(name): mean squared error \(error)")
    let other = try picture(sampler: sampler, seed: seed, prompt: "a tree on the grass by day")
    #expect(other.reshaped(golden.shape).meanSquaredError(from: golden) > 1e-3)
  }
  @Test("its folder names the words that it learned from: all that a caption can have")
  func words() throws {
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
    #expect(model.trainedWords == TrainedWords(Caption.vocabulary))
    let prompts = model.encode(prompt: "a red dragon on the sea", negativePrompt: "a knight")
    let notices = model.notices(for: prompts)
    #expect(notices.count == 1 && notices[0].contains("never met 'dragon', 'knight' when"))
    #expect(model.notices(for: model.encode(prompt: Self.prompt)).isEmpty)
    let long = model.encode(prompt: String(repeating: "a red boat ", count: 10))
    #expect(model.notices(for: long).count == 1)
  }
}
