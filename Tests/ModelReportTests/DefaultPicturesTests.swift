import Commands
import LatentDiffusion
import Networks
import Storybook
import Tensors
import TestSupport
import Testing
import Training

@Suite("What the bundled model paints when nothing is said") struct DefaultPicturesTests {
  /// The caption of the commands' default prompt.
  private let content = SceneContent(
    time: .sunset, ground: .sea, sky: .moon,
    objects: [
      SceneObject(.purple, .boat), SceneObject(.orange, .house),
    ])

  /// How many of the pictures of seeds 1 to `count` show all of the caption, read by a classifier that
  /// training never used.
  private func whole(_ count: Int, guidanceScale: Double? = nil) throws -> Int {
    let model = try LatentDiffusionModel(opening: Shipped.model())
    let noise = (1...count).map { TorchGenerator(seed: UInt64($0)).normal([1, 4, 16, 16]) }
    let request = GenerationRequest(prompt: Caption(content).text)
    let latents = try model.latents(
      of: Array(repeating: request.prompt, count: count),
      noise: .concatenated(noise, along: 0), sampler: model.defaults.sampler,
      steps: request.steps, guidanceScale: guidanceScale ?? model.defaults.guidanceScale)
    let evaluator = try SceneClassifier(folder: Shipped.path("fixtures/classifiers/evaluator"))
    let sheet = PictureReader(evaluator).sheet(model.firstStage.decode(latents).clamped(to: -1...1))
    return CaptionScores(
      sheet.readings, asked: Array(repeating: content, count: count)
    ).whole.right
  }

  @Test("at least 30 of 32 seeds show the whole caption")
  func default32() throws {
    let right = try whole(32)
    #expect(right >= 30, "\(right) of 32")
  }

  @Test("what the folder recommends is what the report was measured with")
  func recommendation() throws {
    let defaults = try LatentDiffusionModel(opening: Shipped.model()).defaults
    #expect(defaults.sampler == .ddim && defaults.guidanceScale == 3)
    #expect(try whole(8, guidanceScale: 20) < 7)
  }
}
