import Diffusion
import Imaging
import LatentDiffusion
import Storybook
import Tensors
import Tracing

/// Whether words make what their heatmaps show, over many prompts: each picture is drawn twice, the
/// second time with nobody looking at its first object.
package struct AblationEvaluation {
  package struct Trial {
    package let prompt: String
    package let word: String
    package let seed: UInt64
    package let effects: [Effect]
    package let meanChange: Double
    package let picture: Image
    package let ablated: Image
    package let change: Tensor
    /// The word's plain mean before.
    package let heatmap: Tensor?
  }

  package private(set) var trials: [Trial] = []

  /// - Parameters:
  ///   - base: steps, sampler and guidance of each picture; prompt and seed are set here.
  package init(
    of model: LatentDiffusionModel, prompts: Int, base: GenerationRequest, selection: MapSelection,
    progress: () -> Void
  ) throws {
    let scenes = SceneSampler(seed: base.seed, split: .heldOut)
    for index in 0..<prompts {
      let caption = scenes[index].caption
      guard let word = caption.words.first(where: { $0.subject == .object(0) })?.text else {
        continue
      }
      var request = base
      (request.prompt, request.seed) = (caption.text, base.seed &+ UInt64(index))
      var settings = AttentionSettings()
      settings.selection = selection
      settings.interventions = [.ablate(word)]
      let run = try AttentionRun(request, with: model, settings)
      guard let variant = run.variants.first else { continue }
      trials.append(
        Trial(
          prompt: caption.text, word: word, seed: request.seed, effects: variant.effects,
          meanChange: variant.meanChange, picture: run.picture, ablated: variant.picture,
          change: variant.change,
          heatmap: run.heatmaps(.mean)?.mean(of: run.columns.columns(of: word))))
      progress()
    }
  }
}

// MARK: - Means

extension AblationEvaluation {
  package struct Score: Sendable {
    package let aggregate: Aggregate
    package let prompts: Int
    package let area: Double
    package let inside: Double
    /// The mean over the prompts of change inside over area.
    package let ratio: Double
    /// The share of the prompts in which more changes inside than the area alone gives.
    package let above: Double
  }

  package func score(_ aggregate: Aggregate) -> Score? {
    // A picture that did not change at all says nothing.
    let effects = trials.flatMap(\.effects).filter {
      $0.aggregate == aggregate && $0.inside.isFinite
    }
    guard !effects.isEmpty else { return nil }
    let count = Double(effects.count)
    func mean(_ value: (Effect) -> Double) -> Double {
      effects.reduce(0) { $0 + value($1) } / count
    }
    return Score(
      aggregate: aggregate, prompts: effects.count, area: mean(\.area), inside: mean(\.inside),
      ratio: mean(\.ratio), above: Double(effects.count { $0.ratio > 1 }) / count)
  }

  /// `ablation.csv`: one row per prompt and aggregate.
  var table: CSVTable {
    var table = CSVTable(columns: [
      "prompt_index", "prompt", "word", "seed", "aggregate", "area", "change_inside", "ratio",
      "mean_change",
    ])
    for (index, trial) in trials.enumerated() {
      for effect in trial.effects {
        table.append([
          .integer(index), .text(trial.prompt), .text(trial.word), .text(String(trial.seed)),
          .text(effect.aggregate.rawValue), .double(effect.area), .double(effect.inside),
          .double(effect.ratio), .double(trial.meanChange),
        ])
      }
    }
    return table
  }
}
