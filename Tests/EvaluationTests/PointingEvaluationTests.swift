import Attention
import Evaluation
import LatentDiffusion
import Networks
import Storybook
import TestSupport
import Testing

@Suite("How often heatmaps point") struct PointingEvaluationTests {
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
    let whole = found.trials.count { $0.t == nil }
    #expect(whole == mean.words * Aggregate.allCases.count)
    #expect(found.trials.count == whole + mean.words * 2)
    for t in [601, 201] { #expect(found.tally(.mean, nil, at: t)?.words == mean.words) }
    // The mean of both passes is neither of them.
    let masses = [601, 201, nil].map { found.tally(.mean, nil, at: $0)?.massInside ?? .nan }
    #expect(abs((masses[0] + masses[1]) / 2 - masses[2]) < 1e-3 && masses[0] != masses[1])
    #expect(found.sumResidual > 0 && found.sumResidual < 1e-5)
    let parts = PointingGame.Subject.allCases.compactMap { found.tally(.mean, $0) }
    #expect(parts.reduce(0) { $0 + $1.words } == mean.words)
    #expect(parts.reduce(0) { $0 + $1.hits } == mean.hits)
    #expect(found.examples.count == 3)
  }

  @Test("points at the object that a word names, with the bundled model")
  func shipped() throws {
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
    let found = try PointingEvaluation(
      of: model, scenes: 30, timesteps: [801, 601, 401, 201], selection: MapSelection(), seed: 42
    ) {}
    for aggregate in Aggregate.allCases {
      let score = try #require(found.tally(aggregate, .object))
      #expect(score.accuracy >= 0.85 && score.chance < 0.2, "\(aggregate): \(score)")
    }
  }
}
