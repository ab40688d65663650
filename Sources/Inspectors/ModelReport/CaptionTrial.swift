import Diffusion
import Imaging
import LatentDiffusion
import Networks
import Storybook
import Tensors
import Training

/// How pictures are made for a report.
struct TrialSettings: Sendable {
  var count = 500
  var steps = 50
  var guidanceScale = 3.0
  /// Nil for the model's own where that has no name here.
  var sampler: SamplerName? = .ddim
  /// Picture i begins from the noise of seed + i, so that `text-to-image` makes it again.
  var seed: UInt64 = 42
  static let usualBatchSize = 16
  var batchSize = usualBatchSize
  /// Which of these the model chose, in words.
  var choices: [String] = []

  var samplerName: String { sampler?.rawValue ?? "the model's own sampler" }
}

/// One caption that the model was asked for, and what came of it.
struct Trial: Sendable {
  let index: Int
  let seed: UInt64
  let scene: Scene
  let picture: Image
  let reading: SceneClassifier.Reading

  var caption: String { scene.caption.text }

  /// The attributes in which the picture is not what was asked for.
  var mistakes: [SceneAttribute] {
    SceneAttribute.allCases.filter { !reading.agrees(with: scene.content, in: $0) }
  }

  /// The least certain of its readings.
  var confidence: Double { reading.confidence.values.min() ?? 0 }
}

/// Pictures of captions whose combinations training never met, read by the evaluator, beside the same
/// scenes as they should look.
struct CaptionTrials: Sendable {
  let settings: TrialSettings
  let trials: [Trial]
  /// Readings of the true scenes, and of these after a way through the first stage and back.
  let drawn, decoded: [SceneClassifier.Reading]
  /// The Fréchet distances to other held-out scenes.
  let distances: [(name: String, count: Int, distance: Double)]
  /// The largest difference of a pixel between a picture made in a batch and alone.
  let batchDifference: Float

  /// The seed of the captions; the scenes to compare with have another.
  private static let captionSeed: UInt64 = 0x4E90
  private static let referenceSeed: UInt64 = 0xF1D
  private static let referenceCount = 2000

  /// - Parameter advance: called after each picture and after each part of the comparison.
  /// - Throws: what making pictures throws.
  init(
    _ model: LatentDiffusionModel, _ evaluator: SceneClassifier, _ settings: TrialSettings,
    advance: () -> Void
  ) throws {
    self.settings = settings
    let scenes = SceneBatches(seed: Self.captionSeed, split: .heldOut)
    let reader = PictureReader(evaluator)
    var trials: [Trial] = []
    var generated = PictureReader.Sheet(), drawn = PictureReader.Sheet(),
      decoded = PictureReader.Sheet()
    var difference: Float = 0
    for start in stride(from: 0, to: settings.count, by: settings.batchSize) {
      let indices = start..<min(start + settings.batchSize, settings.count)
      let batch = scenes.batch(indices)
      let pictures = try Self.pictures(model, batch.captions.map(\.text), settings, indices)
      if start == 0 {
        let alone = try Self.pictures(model, [batch.captions[0].text], settings, 0..<1)
        difference = alone.maxAbsDifference(from: pictures.rows(0..<1))
      }
      let readings = reader.read(pictures, into: &generated)
      for (i, index) in indices.enumerated() {
        trials.append(
          Trial(
            index: index, seed: settings.seed &+ UInt64(index), scene: batch.scenes[i],
            picture: Image(pictures.rows(i..<i + 1)), reading: readings[i]))
        advance()
      }
      _ = reader.read(batch.pictures, into: &drawn)
      _ = reader.read(model.firstStage.roundTrip(batch.pictures), into: &decoded)
    }
    (self.trials, self.drawn, self.decoded) = (trials, drawn.readings, decoded.readings)
    batchDifference = difference
    distances = Self.distances(
      reader, ["generated": generated, "decoded": decoded, "drawn": drawn])
  }

  /// The pictures of some captions, [B, 3, H, W] in [−1, 1].
  private static func pictures(
    _ model: LatentDiffusionModel, _ captions: [String], _ settings: TrialSettings,
    _ indices: Range<Int>
  ) throws -> Tensor {
    let f = model.firstStage.downsamplingFactor
    let size = model.imageSize
    let shape = [1, model.firstStage.latentChannels, size.height / f, size.width / f]
    let noise = indices.map {
      TorchGenerator(seed: settings.seed &+ UInt64($0)).normal(shape)
    }
    let latents = try model.latents(
      of: captions, noise: .concatenated(noise, along: 0), sampler: settings.sampler,
      steps: settings.steps, guidanceScale: settings.guidanceScale)
    let place = "captions \(indices.lowerBound) to \(indices.upperBound - 1)"
    try latents.checkedFinite("the U-Net of \(model.origin), drawing \(place)")
    return try model.firstStage.decode(latents)
      .checkedFinite("the autoencoder of \(model.origin), decoding \(place)").clamped(to: -1...1)
  }

  /// How far sets of pictures are from other scenes, and how far other scenes are from these: sets
  /// of one size, since small sets look further apart than they are.
  private static func distances(
    _ reader: PictureReader, _ sets: [String: PictureReader.Sheet]
  ) -> [(name: String, count: Int, distance: Double)] {
    guard let count = sets["drawn"]?.readings.count, count >= 2 else { return [] }
    let batches = SceneBatches(seed: referenceSeed, split: .heldOut)
    let statistics = reader.read(batches, count: referenceCount).statistics
    return ["generated", "decoded", "drawn"].compactMap { name in
      sets[name].map { set in
        (name, count, set.statistics.frechetDistance(to: statistics))
      }
    }
  }
}
