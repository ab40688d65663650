import Diffusion
import Foundation
import GoldenSupport
import LatentDiffusion
import Tensors
import TestSupport
import Testing

@Suite("What is bundled opens in diffusers with nothing but from_pretrained")
struct FromPretrainedTests {
  private static let folder = Repository.path("fixtures/model")

  @Test("the model: four steps end in diffusers' latents", arguments: [SamplerName.pndm, .ddim])
  func model(sampler: SamplerName) throws {
    let golden = try #require(try Golden.load("from-pretrained")[sampler.rawValue])
    let model = try LatentDiffusionModel(opening: Self.folder)
    var request = GenerationRequest(
      prompt: "a purple boat and an orange house on the sea under the moon at sunset")
    (request.sampler, request.seed, request.steps, request.guidanceScale) = (sampler, 7, 4, 3)
    let latent = try Array(Generation(request, with: model)).last?.next
    #expect(try #require(latent).maxAbsDifference(from: golden) <= 1e-4)
  }

  @Test("each autoencoder: a picture's way through it is diffusers' own")
  func autoencoders() throws {
    let picture = Tensor([1, 3, 32, 32]) { pixels in
      for i in pixels.indices {
        let (channel, y, x) = (i / 1024, i / 32 % 32, i % 32)
        pixels[i] = Float((x * 3 + y * 5 + channel * 11) % 64) / 31.5 - 1
      }
    }
    let golden = try Golden.load("from-pretrained").filter { $0.key.contains("-f") }
    #expect(golden.count == 10)
    for (name, expected) in golden {
      let stage = try FirstStage(opening: Repository.path("fixtures/autoencoders/\(name)"))
      #expect(stage.roundTrip(picture).maxAbsDifference(from: expected) <= 1e-4, "\(name)")
    }
  }

  @Test("a folder that is written in float16 is the bundled one, byte for byte")
  func written() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("model").path
      try LatentDiffusionModel(opening: Self.folder).write(to: path, as: .float16)
      for name in [
        "text_encoder/config.json", "text_encoder/model.safetensors", "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors", "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
      ] {
        let (written, shipped) = try (
          Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")),
          Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name)"))
        )
        #expect(written == shipped, "\(name)")
      }
    }
  }
}
