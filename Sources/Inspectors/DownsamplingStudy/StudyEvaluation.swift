import Diffusion
import Evaluation
import Imaging
import LatentDiffusion
import Networks
import Storybook
import Tensors
import Training

/// Drawn held-out scenes as features: what sets of pictures are compared with.
struct FeatureReference {
  private let statistics: FeatureStatistics

  private static let count = 1000
  private static let seed: UInt64 = 0xF1D

  init(_ reader: PictureReader) {
    let scenes = SceneBatches(seed: Self.seed, split: .heldOut)
    statistics = reader.read(scenes, count: Self.count).statistics
  }

  func distance(of sheet: PictureReader.Sheet) -> Double {
    sheet.statistics.frechetDistance(to: statistics)
  }
}

/// What every model of the study is measured by: the same held-out captions, the same way to draw and
/// to read the pictures.
final class StudyEvaluation {
  private let reader: PictureReader
  private let reference: FeatureReference
  private let scenes: [Scene]
  /// The captions' own scenes, [count, 3, 128, 128].
  private let drawn: Tensor
  private let contexts: StudyContexts
  private let scheduler: SchedulerConfiguration
  private let seed: UInt64

  static let guidanceScale = 3.0
  /// Pictures that are made together.
  private static let batch = 8
  /// Pictures of each point that are kept, and of these that a strip shows.
  static let kept = 4
  static let shown = 3
  private static let batches = SceneBatches(seed: 0x57D1, split: .heldOut)

  /// The scenes whose captions are drawn.
  static func scenes(_ indices: Range<Int>) -> [Scene] { batches.scenes(indices) }

  init(
    count: Int, evaluator: SceneClassifier, model: LatentDiffusionModel, seed: UInt64
  ) {
    reader = PictureReader(evaluator)
    reference = FeatureReference(reader)
    let batch = Self.batches.batch(0..<count)
    (scenes, drawn) = (batch.scenes, batch.pictures)
    contexts = StudyContexts(scenes.map(\.caption.text), by: model)
    scheduler = model.scheduler
    self.seed = seed
  }

  /// Draws every caption with DDIM and reads the pictures.
  /// - Throws: `SamplerError` for steps that the schedule has not.
  func draw(
    _ unet: UNet2DConditionModel, _ firstStage: FirstStage, steps: Int
  ) throws -> (quality: StudyQuality, seconds: Double, pictures: Tensor) {
    var sheet = PictureReader.Sheet()
    var seconds = 0.0
    var kept: [Tensor] = []
    for start in stride(from: 0, to: scenes.count, by: Self.batch) {
      let rows = start..<min(start + Self.batch, scenes.count)
      let drawing = try CoreTime.measuring {
        try self.pictures(unet, firstStage, rows, steps: steps)
      }
      seconds += drawing.seconds
      reader.read(drawing.result, into: &sheet)
      if start < Self.kept { kept.append(drawing.result) }
    }
    let quality = StudyQuality(sheet, asked: scenes.map(\.content), from: reference)
    let pictures = Tensor.concatenated(kept, along: 0).rows(0..<min(Self.kept, scenes.count))
    return (quality, seconds / Double(scenes.count), pictures)
  }

  private func pictures(
    _ unet: UNet2DConditionModel, _ firstStage: FirstStage, _ rows: Range<Int>, steps: Int
  ) throws -> Tensor {
    let shape = [1, firstStage.latentChannels] + (unet.configuration.sampleSize ?? [])
    let noise = rows.map { TorchGenerator(seed: seed &+ UInt64($0)).normal(shape) }
    let sampler = try scheduler.sampler(.ddim, steps: steps)
    let predictor = UNetPredictor(
      unet, conditional: contexts.captions.rows(rows),
      unconditional: .concatenated(rows.map { _ in contexts.empty }, along: 0),
      guidanceScale: Self.guidanceScale)
    var latent = Tensor.concatenated(noise, along: 0)
    for step in DenoisingTrajectory(
      from: latent, sampler: sampler, predictor: predictor, generator: TorchGenerator(seed: seed))
    {
      latent = step.next
    }
    return firstStage.decode(latent).clamped(to: -1...1)
  }

  /// The captions' own scenes, read as the models' pictures are.
  var drawnQuality: StudyQuality {
    StudyQuality(reader.sheet(drawn), asked: scenes.map(\.content), from: reference)
  }

  /// The best that a model over this first stage could draw: the scenes themselves, through it and
  /// back; and its PSNR in the evaluation that all tables share.
  func ceiling(_ firstStage: FirstStage) -> (quality: StudyQuality, psnr: Double) {
    var sheet = PictureReader.Sheet()
    for start in stride(from: 0, to: scenes.count, by: Self.batch) {
      let rows = start..<min(start + Self.batch, scenes.count)
      reader.read(firstStage.roundTrip(drawn.rows(rows)), into: &sheet)
    }
    return (
      StudyQuality(sheet, asked: scenes.map(\.content), from: reference),
      ReconstructionQuality(of: FirstStageEvaluation.scenes(), through: firstStage.roundTrip)
        .meanPSNR
    )
  }
}
