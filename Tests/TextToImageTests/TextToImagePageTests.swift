import Commands
import Diffusion
import Foundation
import LatentDiffusion
import Tensors
import TestSupport
import Testing
import TextToImage

@Suite("text-to-image says what its options did") struct TextToImagePageTests {
  private static let model = TextToImageCommandTests.model
  private static let scene = TextToImageCommandTests.scene

  @Test(
    "the page names the noise levels and timesteps that were used",
    arguments: [
      (["--sampler", "euler", "--sigmas", "karras"], "karras sigmas between those of"),
      (["--sampler", "dpm-solver++-2s", "--sigmas", "beta"], "2 steps, beta sigmas, guidance"),
      (["--sampler", "ddim", "--spacing", "trailing"], "2 steps, trailing timesteps, guidance"),
      (["--sampler", "tcd", "--eta", "0.3"], "2 steps, η = 0.3, guidance"),
      (["--sampler", "lcm"], "2 steps, guidance"),
      (["--sampler", "ddim,tcd", "--eta", "0.3"], "2 steps, η = 0.3, guidance"),
      (["--sampler", "ddim", "--clip-skip", "1"], "without the last layer of the text encoder"),
      (
        ["--vae", Repository.path("fixtures/autoencoders/kl-f8")],
        "decoded by the first stage of \(Repository.path("fixtures/autoencoders/kl-f8"))"
      ),
      // What samplers of σ carry is not what the U-Net sees.
      (["--sampler", "euler"], "divided by √(1 + σ²)"),
      (["--sampler", "ddim"], "the noisy latent that the U-Net sees"),
      // Of fresh noise, where there is some.
      (["--sampler", "ddim", "--eta", "0.5"], "a part of the same noise and fresh noise "),
      (["--sampler", "ddim"], "put less of the same noise back"),
    ])
  func walk(options: [String], words: String) throws {
    try run(Self.model + ["--steps", "2"] + options) { folder, _ in
      let page = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(page.contains(words))
      #expect(
        page.contains("divided by √(1 + σ²)") == options.contains("euler"), "\(options)")
    }
  }

  @Test("with fresh noise DDIM's two noises together are those that the next step holds")
  func freshNoise() throws {
    let model = try LatentDiffusionModel(opening: Self.model[1])
    for eta in [0.4, 1] {
      var request = GenerationRequest(prompt: "a boat", sampler: .ddim)
      (request.steps, request.walk.eta) = (4, eta)
      for step in try Generation(request, with: model) {
        let denoising = step.denoising
        let kept = denoising.keptNoise
        let (to, std) = (denoising.transition.to, denoising.std)
        let mean = Tensor.combination(
          to.signalScale, denoising.predictedOriginal, kept, denoising.predictedNoise)
        #expect(mean.maxAbsDifference(from: denoising.mean) <= 1e-5, "\(eta), t = \(step.t)")
        #expect(abs(kept * kept + std * std - to.noiseScale * to.noiseScale) <= 1e-9)
        #expect(std > 0 || denoising.transition.to.t < 0)
      }
    }
  }

  @Test(
    "every command that the page suggests is one",
    arguments: [
      ["--sampler", "ddim", "--eta", "0.5"], ["--sampler=euler", "--sigmas=karras"],
      ["--sampler", "dpm-solver++", "--spacing", "leading"],
      ["--sampler", "euler-ancestral", "--spacing", "leading"], ["--steps", "1"],
      ["--seed", "18446744073709551615"], ["--steps", "2", "--init-image", scene],
      ["--sampler", "ddim,heun"],
    ])
  func suggestions(options: [String]) throws {
    let steps = options.contains("--steps") ? [] : ["--steps", "2"]
    try run(Self.model + steps + options) { _, result in
      #expect(result.page.suggestions.count >= 3)
      for suggestion in result.page.suggestions {
        let command = suggestion.command
        #expect(command.executable == "text-to-image")
        #expect(throws: Never.self, "\(command.arguments)") {
          try TextToImageCommand.parse(command.arguments)
        }
      }
    }
  }

  @Test("of all samplers those are left out to which an option does nothing")
  func leftOut() throws {
    let options = ["--sampler", "all", "--spacing", "leading", "--steps", "2"]
    try run(Self.model + options) { _, result in
      #expect(
        result.notices.contains {
          $0.contains("leaves out dpm-solver++-2s, dpm-solver++-3s: --spacing does nothing to them")
        }, "\(result.notices)")
      #expect(result.page.residuals.allSatisfy { $0.holds })
    }
  }
}
