import Attention
import Evaluation
import LatentDiffusion
import Networks
import Storybook
import Tensors
import Tracing

/// How often a word's heatmap points at what the word means, over scenes that training never met and
/// whose every pixel is known.
package struct PointingEvaluation {
  /// One word of one scene by one aggregate.
  package struct Trial: Sendable {
    package let aggregate: Aggregate
    package let subject: PointingGame.Subject
    package let outcome: PointingGame.Trial
  }

  /// A scene with its heatmaps, for the page.
  package struct Example {
    package let caption: String
    package let word: String
    /// Shape [1, 3, H, W].
    package let picture: Tensor
    /// Where the word's object is, shape [H, W].
    package let mask: Tensor
    /// For each aggregate the heatmap of that word.
    package let heatmaps: [(aggregate: Aggregate, map: Tensor)]
  }

  package let scenes: Int
  package let timesteps: [Int]
  package private(set) var trials: [Trial] = []
  package private(set) var examples: [Example] = []

  /// How many scenes the page shows.
  private static let shownScenes = 24

  /// - Parameters:
  ///   - timesteps: 0-based; Attend-and-Excite takes the last one.
  ///   - seed: of the scenes and of the noise.
  package init(
    of model: LatentDiffusionModel, scenes: Int, timesteps: [Int], selection: MapSelection,
    seed: UInt64, progress: () -> Void
  ) throws {
    self.scenes = scenes
    self.timesteps = timesteps
    let sampler = SceneSampler(seed: seed, split: .heldOut)
    let renderer = SceneRenderer(size: min(model.imageSize.height, model.imageSize.width))
    let generator = TorchGenerator(seed: seed)
    for index in 0..<scenes {
      let scene = sampler[index]
      let drawn = renderer.layers(of: scene)
      let prompt = model.encode(prompt: scene.caption.text)
      let columns = PromptColumns(prompt.conditionalTokens)
      let heatmaps = try Self.look(
        at: drawn.picture, prompt, columns, model, selection, timesteps, generator)
      for (word, column) in zip(scene.caption.words, columns.words) {
        guard let subject = word.subject else { continue }
        let mask = drawn.mask(for: subject)
        for heatmap in heatmaps {
          guard let map = heatmap.maps[column], let outcome = PointingGame.trial(map, mask)
          else { continue }
          trials.append(
            Trial(aggregate: heatmap.aggregate, subject: .init(subject), outcome: outcome))
        }
      }
      if index < Self.shownScenes { addExample(scene, drawn, columns, heatmaps) }
      progress()
    }
  }

  /// One pass at each timestep over a noised picture; only sums are kept.
  private static func look(
    at picture: Tensor, _ prompts: EncodedPrompts, _ columns: PromptColumns,
    _ model: LatentDiffusionModel, _ selection: MapSelection, _ timesteps: [Int],
    _ generator: TorchGenerator
  ) throws -> [Heatmaps] {
    let original = model.firstStage.encode(picture, generator: generator)
    let noise = generator.normal(original.shape)
    let latent = (height: original.shape[2], width: original.shape[3])
    let layers = AttentionLayer.all(
      .cross, of: model.unet.configuration, height: latent.height, width: latent.width)
    // Outside a loop every pass is step −1.
    let ledger = MapLedger(
      summing: columns, layers: try selection.filter(layers), selection: selection, steps: [-1])
    let predictor = UNetPredictor(
      model.unet, predictionType: model.scheduler.predictionType, conditional: prompts.conditional,
      probing: PassCounter(AttentionWatch(layers, [ledger])).probe)
    for t in timesteps {
      let noisy = model.scheduler.schedule.level(at: t).noisy(original: original, noise: noise)
      _ = predictor.predict(noisy, at: Double(t))
    }
    return ledger.heatmaps(latent: latent, steps: timesteps.count)
  }

  private mutating func addExample(
    _ scene: Scene, _ drawn: SceneLayers, _ columns: PromptColumns, _ heatmaps: [Heatmaps]
  ) {
    guard let place = scene.caption.words.firstIndex(where: { $0.subject == .object(0) }),
      place < columns.words.count
    else { return }
    examples.append(
      Example(
        caption: scene.caption.text, word: scene.caption.words[place].text,
        picture: drawn.picture, mask: drawn.mask(for: .object(0)),
        heatmaps: heatmaps.compactMap { maps in
          maps.maps[columns.words[place]].map { (maps.aggregate, $0) }
        }))
  }
}

/// Tells the passes of one prompt apart for a ledger: outside a loop all are call after call.
private final class PassCounter {
  private let watch: AttentionWatch

  init(_ watch: AttentionWatch) { self.watch = watch }

  func probe(_ site: UNetPassSite) -> (any Probe)? {
    watch.probe(for: UNetPassSite(step: -1, call: 0, t: site.t, conditions: site.conditions))
  }
}

// MARK: - Means

extension PointingEvaluation {
  /// - Parameter subject: nil for all.
  /// - Returns: nil without trials.
  package func tally(
    _ aggregate: Aggregate, _ subject: PointingGame.Subject?
  ) -> PointingGame.Tally? {
    let tally = PointingGame.Tally(
      trials.lazy.filter {
        $0.aggregate == aggregate && (subject == nil || $0.subject == subject)
      }.map(\.outcome))
    return tally.words == 0 ? nil : tally
  }

  /// `pointing.csv`.
  var table: CSVTable {
    var table = CSVTable(columns: [
      "aggregate", "subject", "words", "hits", "accuracy", "chance", "mass_inside",
    ])
    for aggregate in Aggregate.allCases {
      for subject in [nil] + PointingGame.Subject.allCases {
        guard let tally = tally(aggregate, subject) else { continue }
        table.append([
          .text(aggregate.rawValue), .text(subject?.rawValue ?? "all"), .integer(tally.words),
          .integer(tally.hits), .double(tally.accuracy), .double(tally.chance),
          .double(tally.massInside),
        ])
      }
    }
    return table
  }
}
