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
    package let prompt: String
    package let word: String
    package let seed: UInt64
    package let picture: Image
    /// One for each of `kinds`.
    package let variants: [Variant]
    /// The word's plain mean before.
    package let heatmap: Tensor?
  }

  package private(set) var trials: [Trial] = []
  /// What is done to each picture's word.
  package static let kinds = ["ablate", "erase"]

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

  /// - Parameter kind: a position in `kinds`.
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
