import Attention
import AttentionMaps
import Diffusion
import Evaluation
import Foundation
import LatentDiffusion
import Networks
import Storybook
import Tensors
import TestSupport
import Testing
import Tracing

@Suite("How far heatmaps can be believed") struct EvaluationTests {
  @Test("a heatmap that is the mask itself hits, one that is its opposite misses")
  func trial() throws {
    let drawn = SceneRenderer(size: 64).layers(of: SceneSampler(seed: 1, split: .heldOut)[0])
    let mask = drawn.mask(for: .object(0))
    let right = try #require(PointingGame.trial(mask, mask))
    let wrong = try #require(
      PointingGame.trial(mask.scaled(by: -1, plus: 1), mask))
    #expect(right.hits && !wrong.hits)
    #expect(right.inside > 0.8 && wrong.inside < right.area)
    #expect(abs(right.area - mask.moments.mean) < 1e-9)
    // What cannot be seen cannot be pointed at.
    #expect(PointingGame.trial(mask, .zeros(mask.shape)) == nil)
  }

  @Test("every word that means something is tried by every aggregate; means are of all trials")
  func pointing() throws {
    let model = try LatentDiffusionModel.untrained(
      tokenizer: CLIPTokenizer(folder: Repository.path("fixtures/vocabulary")))
    let found = try PointingEvaluation(
      of: model, scenes: 3, timesteps: [601, 201], selection: MapSelection(), seed: 5
    ) {}
    let scenes = (0..<3).map { SceneSampler(seed: 5, split: .heldOut)[$0] }
    let words = scenes.flatMap(\.caption.words).filter { $0.subject != nil }.count
    let mean = try #require(found.tally(.mean, nil))
    #expect(mean.words <= words && mean.words > words / 2)
    #expect(found.trials.count == mean.words * Aggregate.allCases.count)
    let parts = PointingGame.Subject.allCases.compactMap { found.tally(.mean, $0) }
    #expect(parts.reduce(0) { $0 + $1.words } == mean.words)
    #expect(parts.reduce(0) { $0 + $1.hits } == mean.hits)
    #expect(found.examples.count == 3)
  }

  @Test("both evaluations are commands with tables and pages")
  func commands() throws {
    let seed = ["--seed", "3"]
    for (arguments, name, rows) in [
      (["--evaluate", "2", "--timesteps", "401"], "pointing.csv", 10),
      (["--evaluate-ablation", "2", "--steps", "2"], "ablation.csv", 20),
    ] {
      try withTemporaryFolder { parent in
        let folder = parent.appendingPathComponent("out")
        let result = try AttentionMapsCommand.run(
          arguments + seed + ["--output", folder.path])
        #expect(result.manifest.provenance == .trained)
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        let table = try #require(CSVTable(text: text))
        #expect(table.rows.count >= rows)
        try withBrowserPage(result.pagePath) { page in
          let source = "document.querySelector('.pictures img').src"
          let first: String = try page.evaluate(source)
          try page.press("ArrowRight")
          let second: String = try page.evaluate(source)
          let problems = try page.problems()
          #expect(first != second && problems == [])
          #expect(try page.accessibilityProblems() == [])
        }
      }
    }
  }
}
