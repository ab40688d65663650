import Foundation
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
    package let subject: Subject
    /// Whether the heatmap's peak lies on what the word means.
    package let hits: Bool
    /// The share of the picture that it takes: what chance would hit.
    package let area: Double
    /// The share of the heatmap's sum that lies on it.
    package let inside: Double
  }

  /// What a word is about.
  package enum Subject: String, CaseIterable, Sendable {
    case object, color, ground, sky, time

    package init(_ subject: Caption.Subject) {
      switch subject {
      case .object: self = .object
      case .color: self = .color
      case .ground: self = .ground
      case .sky: self = .sky
      case .time: self = .time
      }
    }
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
          guard let map = heatmap.maps[column],
            let trial = Self.trial(heatmap.aggregate, Subject(subject), map, mask)
          else { continue }
          trials.append(trial)
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

  /// - Returns: nil when nothing of the thing can be seen.
  package static func trial(
    _ aggregate: Aggregate, _ subject: Subject, _ map: Tensor, _ mask: Tensor
  ) -> Trial? {
    let (height, width) = (mask.shape[0], mask.shape[1])
    let large = map.interpolated(height: height, width: width, .bilinear)
    let area = mask.moments.mean
    guard mask.moments.max >= 0.5 else { return nil }
    let values = large.elements
    let peak = values.indices.max { values[$0] < values[$1] } ?? 0
    let total = Double(values.reduce(0, +))
    return Trial(
      aggregate: aggregate, subject: subject, hits: mask.elements[peak] >= 0.5, area: area,
      inside: total > 0 ? large.dot(mask) / total : 0)
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
  /// Many trials as one row.
  package struct Score: Sendable {
    package let aggregate: Aggregate
    /// nil for all.
    package let subject: Subject?
    package let words: Int
    package let hits: Int
    package var accuracy: Double { Double(hits) / Double(words) }
    /// The mean area: what a heatmap that points anywhere would hit.
    package let chance: Double
    package let inside: Double
  }

  package func score(_ aggregate: Aggregate, _ subject: Subject?) -> Score? {
    let chosen = trials.filter {
      $0.aggregate == aggregate && (subject == nil || $0.subject == subject)
    }
    guard !chosen.isEmpty else { return nil }
    let count = Double(chosen.count)
    return Score(
      aggregate: aggregate, subject: subject, words: chosen.count,
      hits: chosen.count { $0.hits }, chance: chosen.reduce(0) { $0 + $1.area } / count,
      inside: chosen.reduce(0) { $0 + $1.inside } / count)
  }

  package var scores: [Score] {
    Aggregate.allCases.flatMap { aggregate in
      ([nil] + Subject.allCases).compactMap { score(aggregate, $0) }
    }
  }

  /// `pointing.csv`.
  var table: CSVTable {
    var table = CSVTable(columns: [
      "aggregate", "subject", "words", "hits", "accuracy", "chance", "mass_inside",
    ])
    for score in scores {
      table.append([
        .text(score.aggregate.rawValue), .text(score.subject?.rawValue ?? "all"),
        .integer(score.words), .integer(score.hits), .double(score.accuracy),
        .double(score.chance), .double(score.inside),
      ])
    }
    return table
  }
}
