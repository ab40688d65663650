import Attention
import Imaging
import LatentDiffusion
import Storybook
import Tensors

/// Whether words make what their heatmaps show, over many prompts: each picture is drawn again with no
/// pixel looking at its first object, and once more with no other token doing so either.
package struct AblationEvaluation: Sendable {
  /// One prompt.
  package struct Trial: Sendable {
    /// A caption of a scene that training never met.
    package let prompt: String
    /// Its first object.
    package let word: String
    /// Of the noise that the picture begins with.
    package let seed: UInt64
    /// What was drawn without any change.
    package let picture: Image
    /// One for each of `kinds`.
    package let variants: [Variant]
    /// The word's plain mean before.
    package let heatmap: Tensor?
  }

  /// In the order in which they were drawn.
  package private(set) var trials: [Trial] = []
  /// What is done to each picture's word.
  package static let kinds = ["ablate", "erase"]

  /// - Parameters:
  ///   - model: the one that draws.
  ///   - prompts: how many.
  ///   - base: steps, sampler and guidance of each picture; prompt and seed are set here.
  ///   - selection: which matrices the heatmaps are made of.
  ///   - progress: called after each prompt.
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
      let run = try EditedRun(
        Generation(request, with: model), [.ablate(word), .erase(word)], selection: selection)
      trials.append(
        Trial(
          prompt: caption.text, word: word, seed: request.seed, picture: run.picture,
          variants: run.variants,
          heatmap: run.heatmaps.of(.mean)?.mean(of: run.columns.columns(of: word))))
      progress()
    }
  }
}

// MARK: - Means

extension AblationEvaluation {
  /// Means over the prompts.
  package struct Score: Sendable {
    /// Whose heatmaps were asked.
    package let aggregate: Aggregate
    /// How many pictures changed at all.
    package let prompts: Int
    /// The mean share of the picture where the heatmap reaches half its peak.
    package let area: Double
    /// The mean share of the change that lies there.
    package let inside: Double
    /// The mean over the prompts of change inside over area.
    package let ratio: Double
    /// The share of the prompts in which more changes inside than the area alone gives.
    package let above: Double
  }

  /// - Parameters:
  ///   - kind: a position in `kinds`.
  ///   - aggregate: whose heatmaps are asked.
  package func score(_ kind: Int, _ aggregate: Aggregate) -> Score? {
    // A picture that did not change at all says nothing.
    let effects = trials.flatMap { $0.variants[kind].effects }.filter {
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
}
