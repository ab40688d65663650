import Foundation
import LatentDiffusion
import Tensors
import TestSupport
import Testing
import Tour

@Suite("The way of one picture") struct JourneyTests {
  private static let model = Result {
    try LatentDiffusionModel(opening: Repository.path("fixtures/golden/pipeline"))
  }

  private func journey(_ picture: Tensor, _ prompt: String) throws -> Journey {
    try Journey(of: picture, prompt: prompt, with: Self.model.get(), steps: 4)
  }

  @Test("leads through the model's own parts, and its end depends on picture and prompt")
  func parts() throws {
    let model = try Self.model.get()
    let picture = TorchGenerator(seed: 3).normal([1, 3, 48, 48]).clamped(to: -1...1)
    let way = try journey(picture, "a red boat")
    #expect(way.picture.maxAbsDifference(from: picture) == 0)
    #expect(way.latent.maxAbsDifference(from: model.firstStage.meanLatent(picture)) == 0)
    #expect(way.noised.shape == way.latent.shape)
    #expect(way.noised.maxAbsDifference(from: way.latent) > 0.1)
    #expect(way.result.width == 48)
    let others = try [journey(picture, "a house"), journey(picture.scaled(by: -1), "a red boat")]
    for other in others {
      #expect(other.denoised.maxAbsDifference(from: way.denoised) > 1e-4)
    }
  }

  @Test("the tour's prompt goes to every stop that has one for itself")
  func prompts() throws {
    for stop in Catalogue.stops {
      let arguments = stop.arguments + (stop.takesPrompt ? ["--prompt", "a tent"] : [])
      _ = try stop.command.parse(arguments)
      let parses = (try? stop.command.parse(stop.arguments + ["--prompt", "a tent"])) != nil
      #expect(stop.takesPrompt == parses, "\(stop.name)")
    }
    let names = Catalogue.stops.filter(\.takesPrompt).map(\.name)
    #expect(names.contains("text-to-image") && names.contains("attention-maps"))
  }

  @Test("a prompt without words ends the tour before any work")
  func noWords() throws {
    let input = BadInput.usage("--prompt", "?!", mentions: "--prompt")
    #expect(try input.problems(of: "tour") == [])
  }
}
