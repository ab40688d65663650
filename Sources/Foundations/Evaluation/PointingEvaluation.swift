import Attention
import LatentDiffusion
import Storybook
import Tensors

/// How often a word's heatmap points at what the word means, over scenes that training never met and
/// whose every pixel is known.
///
/// Each scene is noised to some timesteps with one noise and goes through the U-Net once for each,
/// with its caption.
package struct PointingEvaluation: Sendable {
  /// One word of one scene by one aggregate.
  package struct Trial: Sendable {
    /// How the heatmap was made.
    package let aggregate: Aggregate
    /// 0-based; nil for all timesteps together.
    package let t: Int?
    /// What the word is about.
    package let subject: PointingGame.Subject
    /// Whether it pointed.
    package let outcome: PointingGame.Trial
  }

  /// A scene with its heatmaps, for the page.
  package struct Example: Sendable {
    /// What the scene says.
    package let caption: String
    /// The word that is shown.
    package let word: String
    /// Shape [1, 3, H, W].
    package let picture: Tensor
    /// Where the word's object is, shape [H, W].
    package let mask: Tensor
    /// For each aggregate the heatmap of that word.
    package let heatmaps: [(aggregate: Aggregate, map: Tensor)]
  }

  /// How many there were.
  package let scenes: Int
  /// 0-based, those that each scene was noised to.
  package let timesteps: [Int]
  /// Every aggregate over all timesteps, and the plain mean at each.
  package private(set) var trials: [Trial] = []
  /// The first scenes.
  package private(set) var examples: [Example] = []
  /// The largest |Σ over tokens − 1| of any pixel's plain mean.
  package private(set) var sumResidual = 0.0

  /// How many scenes the page shows.
  private static let shownScenes = 24

  /// - Parameters:
  ///   - model: the one that looks.
  ///   - scenes: how many.
  ///   - timesteps: 0-based; Attend-and-Excite takes the last one.
  ///   - selection: which matrices the heatmaps are made of.
  ///   - seed: of the scenes and of the noise.
  ///   - progress: called after each scene.
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
      let looked = try Self.look(
        at: drawn.picture, prompt, columns, model, selection, timesteps, generator)
      for (word, column) in zip(scene.caption.words, columns.words) {
        guard let subject = word.subject else { continue }
        let mask = drawn.mask(for: subject)
        for (t, heatmaps) in looked {
          guard let map = heatmaps.maps[column], let outcome = PointingGame.trial(map, mask)
          else { continue }
          trials.append(
            Trial(
              aggregate: heatmaps.aggregate, t: t, subject: .init(subject), outcome: outcome))
        }
      }
      let whole = looked.filter { $0.t == nil }.map(\.heatmaps)
      if let mean = whole.first(where: { $0.aggregate == .mean }) {
        sumResidual = max(sumResidual, mean.sumResidual(columns))
      }
      if index < Self.shownScenes { addExample(scene, drawn, columns, whole) }
      progress()
    }
  }

  /// One pass at each timestep over a noised picture; only sums are kept.
  /// - Returns: the plain mean of each pass, then every aggregate of all.
  private static func look(
    at picture: Tensor, _ prompts: EncodedPrompts, _ columns: PromptColumns,
    _ model: LatentDiffusionModel, _ selection: MapSelection, _ timesteps: [Int],
    _ generator: TorchGenerator
  ) throws -> [(t: Int?, heatmaps: Heatmaps)] {
    let original = model.firstStage.encode(picture, generator: generator)
    let noise = generator.normal(original.shape)
    let latent = (height: original.shape[2], width: original.shape[3])
    let layers = AttentionLayer.all(
      .cross, of: model.unet.configuration, height: latent.height, width: latent.width)
    let ledger = MapLedger(
      of: columns, layers: try selection.filter(layers), selection: selection,
      steps: Array(timesteps.indices), keepsMaps: false)
    let predictor = UNetPredictor(
      model.unet, predictionType: model.scheduler.predictionType, conditional: prompts.conditional,
      probing: AttentionWatch(layers, [ledger]).probe)
    var looked: [(t: Int?, heatmaps: Heatmaps)] = []
    for (step, t) in timesteps.enumerated() {
      let noisy = model.scheduler.schedule.level(at: t).noisy(original: original, noise: noise)
      predictor.begin(step: step)
      _ = predictor.predict(noisy, at: Double(t))
      if let mean = ledger.lastMean(latent: latent) { looked.append((t, mean)) }
    }
    return looked + ledger.heatmaps(latent: latent).map { (nil, $0) }
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

extension PointingEvaluation {
  /// - Parameters:
  ///   - aggregate: whose heatmaps are asked.
  ///   - subject: nil for all.
  ///   - t: nil for all timesteps together; one of them for the plain mean alone.
  /// - Returns: nil without trials.
  package func tally(
    _ aggregate: Aggregate, _ subject: PointingGame.Subject?, at t: Int? = nil
  ) -> PointingGame.Tally? {
    let tally = PointingGame.Tally(
      trials.lazy.filter {
        $0.aggregate == aggregate && $0.t == t && (subject == nil || $0.subject == subject)
      }.map(\.outcome))
    return tally.words == 0 ? nil : tally
  }
}
