import Diffusion
import Imaging
import LatentDiffusion
import Storybook
import Tensors
import Training

/// How pictures of captions are made for an evaluation.
package struct TrialSettings: Sendable {
  /// How many captions.
  package var count = 500
  /// Denoising steps of each picture.
  package var steps = 50
  /// s in ε_u + s·(ε_c − ε_u).
  package var guidanceScale = 3.0
  /// Where guidance acts, and what becomes of its spread.
  package var refinements = GuidanceRefinements()
  /// What guidance leads away from.
  package var negativePrompt = ""
  /// Nil for the model's own where that has no name here.
  package var sampler: SamplerName? = .ddim
  /// Picture i begins from the noise of seed + i, so that `text-to-image` makes it again.
  package var seed: UInt64 = 42
  /// How many pictures are made together unless another number is given.
  package static let usualBatchSize = 16
  /// How many pictures are made together.
  package var batchSize = usualBatchSize
  /// Which of these the model chose, in words.
  package var choices: [String] = []

  /// The values above.
  package init() {}

  /// The sampler in words.
  package var samplerName: String { sampler?.rawValue ?? "the model's own sampler" }
}

/// One caption that the model was asked for, and what came of it.
package struct Trial: Sendable {
  /// Among the captions, from 0.
  package let index: Int
  /// Of the noise that the picture began with.
  package let seed: UInt64
  /// What the caption says, and as it could look.
  package let scene: Scene
  /// What the model made.
  package let picture: Image
  /// What the evaluator read in it.
  package let reading: SceneClassifier.Reading

  /// What the model was asked for.
  package var caption: String { scene.caption.text }

  /// The attributes in which the picture is not what was asked for.
  package var mistakes: [SceneAttribute] {
    SceneAttribute.allCases.filter { !reading.agrees(with: scene.content, in: $0) }
  }

  /// The least certain of its readings.
  package var confidence: Double { reading.confidence.values.min() ?? 0 }
}

/// What every set of pictures is measured by: the same held-out captions, the same reader, the same
/// true scenes to be far from.
package struct CaptionJudge: Sendable {
  /// Reads pictures with a classifier that took no part in training.
  package let reader: PictureReader
  private let reference: FeatureStatistics

  /// Scenes whose combinations training never met: their captions are what is asked for.
  package static let scenes = SceneBatches(seed: 0x4E90, split: .heldOut)
  /// How many other true scenes pictures are compared with.
  package static let referenceCount = 2000
  private static let referenceSeed: UInt64 = 0xF1D

  /// Reads the true scenes that sets of pictures are compared with.
  package init(_ evaluator: SceneClassifier) {
    reader = PictureReader(evaluator)
    let others = SceneBatches(seed: Self.referenceSeed, split: .heldOut)
    reference = reader.read(others, count: Self.referenceCount).statistics
  }

  /// The Fréchet distance of a set of pictures to other held-out scenes. Sets are compared at one
  /// size, since small ones look further apart than they are.
  /// - Precondition: at least two pictures.
  package func frechetDistance(of sheet: PictureReader.Sheet) -> Double {
    sheet.statistics.frechetDistance(to: reference)
  }
}

/// Pictures of captions whose combinations training never met, read by the evaluator.
package struct CaptionEvaluation: Sendable {
  /// How the pictures were made.
  package let settings: TrialSettings
  /// One for each caption.
  package let trials: [Trial]
  /// What was read of the pictures.
  package let sheet: PictureReader.Sheet
  /// The largest difference of a pixel between a picture made in a batch and alone.
  package let batchDifference: Float

  /// - Parameters:
  ///   - model: what draws.
  ///   - reader: what reads its pictures.
  ///   - settings: how they are made.
  ///   - advance: called after each picture.
  /// - Throws: what making pictures throws.
  package init(
    _ model: LatentDiffusionModel, _ reader: PictureReader, _ settings: TrialSettings,
    advance: () -> Void
  ) throws {
    self.settings = settings
    var (trials, sheet): ([Trial], PictureReader.Sheet) = ([], PictureReader.Sheet())
    var difference: Float = 0
    for indices in settings.batches {
      let scenes = CaptionJudge.scenes.scenes(indices)
      let captions = scenes.map(\.caption.text)
      let pictures = try settings.pictures(of: captions, indices, by: model)
      if indices.lowerBound == 0 {
        let alone = try settings.pictures(of: [captions[0]], 0..<1, by: model)
        difference = alone.maxAbsDifference(from: pictures.rows(0..<1))
      }
      let readings = reader.read(pictures, into: &sheet)
      for (i, index) in indices.enumerated() {
        trials.append(
          Trial(
            index: index, seed: settings.seed(index), scene: scenes[i],
            picture: Image(pictures.rows(i..<i + 1)), reading: readings[i]))
        advance()
      }
    }
    (self.trials, self.sheet, batchDifference) = (trials, sheet, difference)
  }

  /// How often the pictures show what was asked for.
  package var scores: CaptionScores {
    CaptionScores(trials.map(\.reading), asked: trials.map(\.scene.content))
  }
}

extension TrialSettings {
  /// The captions that are drawn together, by their indices.
  package var batches: [Range<Int>] {
    stride(from: 0, to: count, by: batchSize).map { $0..<min($0 + batchSize, count) }
  }

  /// The seed of the noise that a picture begins with.
  package func seed(_ index: Int) -> UInt64 { seed &+ UInt64(index) }

  /// Pictures of captions, each from the noise of its index.
  /// - Returns: [B, 3, H, W] in [−1, 1].
  /// - Throws: `NotFiniteError`, or what making pictures throws.
  package func pictures(
    of captions: [String], _ indices: Range<Int>, by model: LatentDiffusionModel
  ) throws -> Tensor {
    let f = model.firstStage.downsamplingFactor
    let size = model.imageSize
    let shape = [1, model.firstStage.latentChannels, size.height / f, size.width / f]
    let noise = indices.map { TorchGenerator(seed: seed($0)).normal(shape) }
    let latents = try model.latents(
      of: captions, negativePrompt: negativePrompt, noise: .concatenated(noise, along: 0),
      sampler: sampler, steps: steps, guidanceScale: guidanceScale, refinements: refinements)
    let place = "captions \(indices.lowerBound) to \(indices.upperBound - 1)"
    try latents.checkedFinite("the U-Net of \(model.origin), drawing \(place)")
    return try model.firstStage.decode(latents)
      .checkedFinite("the autoencoder of \(model.origin), decoding \(place)").clamped(to: -1...1)
  }
}
