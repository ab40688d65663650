import Commands
import Foundation
import Imaging
import LatentDiffusion
import Networks
import Storybook
import Tensors
import Training

/// The life of one model: costs, training in equal seconds of one core, an evaluation now and then, and a
/// state file from which it goes on.
final class StudyRun {
  let factor: Int
  private let settings: StudySettings
  private let firstStage: FirstStage
  private let model: LatentDiffusionModel
  private let evaluation: StudyEvaluation
  private let statePath: String
  private let unet: UNet2DConditionModel
  private let results = StudyPoints()
  private var state = TrainingState(trace: TrainingTrace(columns: []), settings: [:])
  private let costs: StudyCosts
  private let ceiling: (quality: StudyQuality, psnr: Double)

  private static let columns = ["loss", "core_seconds"]
  private static let saveInterval = 120.0
  private static let encodeBatch = 32

  init(
    factor: Int, firstStage: FirstStage, model: LatentDiffusionModel, evaluation: StudyEvaluation,
    costs: StudyCosts, settings: StudySettings, statePath: String
  ) throws {
    (self.factor, self.firstStage, self.model, self.evaluation) = (
      factor, firstStage, model, evaluation
    )
    (self.costs, self.settings, self.statePath) = (costs, settings, statePath)
    unet = try Self.network(factor, firstStage, model, seed: settings.seed)
    ceiling = evaluation.ceiling(firstStage)
  }

  private static func network(
    _ factor: Int, _ firstStage: FirstStage, _ model: LatentDiffusionModel, seed: UInt64
  ) throws -> UNet2DConditionModel {
    let configuration = StudyNetwork.configuration(
      factor: factor, channels: firstStage.latentChannels,
      context: model.textEncoder.configuration.width)
    return try UNet2DConditionModel(configuration, seed: seed)
  }

  // MARK: Costs

  static func costs(
    _ factor: Int, _ firstStage: FirstStage, _ model: LatentDiffusionModel,
    _ settings: StudySettings
  ) throws -> StudyCosts {
    let scenes = SceneBatches(seed: settings.seed).batch(0..<encodeBatch)
    _ = EncodedPictures(scenes.pictures.rows(0..<1), by: firstStage)
    let encoding = CoreTime.measuring { EncodedPictures(scenes.pictures, by: firstStage) }
    let contexts = StudyContexts(scenes.captions.map(\.text), by: model)
    let side = StudyNetwork.imageSize / factor
    let unet = try network(factor, firstStage, model, seed: 0)
    let passFlops = CostMeter.flops { pass in
      let latent = Tensor.zeros([1, firstStage.latentChannels, side, side])
      _ = unet(latent, timesteps: [0], context: contexts.empty, pass)
    }
    let (decodeFlops, encodeFlops) = CostMeter.flops(of: firstStage, side: side)
    let latents = encoding.result
    func bytes(batch: Int) -> Int {
      CostMeter.bytes {
        guard let unet = try? network(factor, firstStage, model, seed: 0) else { return }
        let trainee = StudyTrainee(
          unet, latents: { latents }, contexts: contexts, schedule: model.scheduler.schedule,
          batch: batch, seed: 0)
        _ = trainee.step(0)
      }
    }
    let batch = StudyNetwork.batch(factor: factor)
    let (whole, single) = (bytes(batch: batch), bytes(batch: 1))
    return StudyCosts(
      passFlops: passFlops, decodeFlops: decodeFlops, encodeFlops: encodeFlops,
      batchBytes: whole, pictureBytes: max(whole - single, 0) / max(batch - 1, 1),
      encodeSeconds: firstStage.isLatent ? encoding.seconds / Double(encodeBatch) : 0)
  }

  // MARK: Training

  /// Trains, examines and saves, until all is done or somebody asks to stop.
  /// - Parameters:
  ///   - advance: called with the share of the training that is done.
  ///   - look: called after each evaluation.
  func run(
    resumes: Bool, advance: (Double) -> Void, look: () throws -> Void
  ) throws {
    let trainee = StudyTrainee(
      unet, latents: encodedScenes, contexts: StudyContexts(captions, by: model),
      schedule: model.scheduler.schedule, batch: StudyNetwork.batch(factor: factor),
      seed: settings.seed)
    let parts = trainee.parts.merging(["results": results]) { first, _ in first }
    try begin(parts, resumes: resumes)
    try train(trainee, parts, advance: advance, look: look)
    for steps in StudySettings.sweep where !isDrawn(steps) && state.seconds >= settings.share {
      if Interruption.isRequested { break }
      try examine(trainee, steps: steps)
      try look()
    }
    state.isFinished = StudySettings.sweep.allSatisfy(isDrawn)
    try state.write(parts, to: statePath)
  }

  private func begin(_ parts: [String: any TrainingPart], resumes: Bool) throws {
    let identity = settings.ofOneModel.merging(["f": "\(factor)"]) { first, _ in first }
    guard resumes, FileManager.default.fileExists(atPath: statePath) else {
      state = TrainingState(trace: TrainingTrace(columns: Self.columns), settings: identity)
      return
    }
    state = try TrainingState(
      reading: statePath, into: parts, columns: Self.columns, settings: identity)
  }

  private func train(
    _ trainee: StudyTrainee, _ parts: [String: any TrainingPart], advance: (Double) -> Void,
    look: () throws -> Void
  ) throws {
    if state.seconds < settings.share { trainee.prepare() }
    var saved = ContinuousClock.now
    while true {
      if isDue {
        try examine(trainee, steps: settings.samplerSteps)
        try state.write(parts, to: statePath)
        try look()
      }
      guard state.seconds < settings.share, !Interruption.isRequested else { return }
      step(trainee)
      advance(min(state.seconds / settings.share, 1))
      if (ContinuousClock.now - saved) / .seconds(1) > Self.saveInterval {
        try state.write(parts, to: statePath)
        saved = .now
      }
    }
  }

  private func step(_ trainee: StudyTrainee) {
    let (values, seconds) = CoreTime.measuring { trainee.step(state.step) }
    state.trace.append(values + [seconds])
    state.step += 1
    state.seconds += seconds
  }

  /// Whether a milestone has passed since the last look.
  private var isDue: Bool {
    let last = results.points.map(\.trainSeconds).max() ?? 0
    return settings.milestones.contains { $0 > last * (1 + 1e-6) && $0 <= state.seconds }
  }

  /// Whether the finished model has drawn with that many steps.
  private func isDrawn(_ steps: Int) -> Bool {
    results.points.contains {
      $0.samplerSteps == steps && $0.trainSeconds >= settings.share * (1 - 1e-6)
    }
  }

  private func examine(_ trainee: StudyTrainee, steps: Int) throws {
    let drawing = try trainee.withAverage { try evaluation.draw(unet, firstStage, steps: steps) }
    results.append(
      StudyPoint(
        trainSeconds: state.seconds, trainSteps: state.step, samplerSteps: steps,
        sampleSeconds: drawing.seconds, quality: drawing.quality), pictures: drawing.pictures)
  }

  private var scenes: SceneBatches { SceneBatches(seed: settings.seed) }
  private var captions: [String] { scenes.scenes(0..<settings.scenes).map(\.caption.text) }

  private func encodedScenes() -> EncodedPictures {
    EncodedPictures(
      joining: stride(from: 0, to: settings.scenes, by: Self.encodeBatch).map { first in
        let rows = first..<min(first + Self.encodeBatch, settings.scenes)
        return EncodedPictures(scenes.batch(rows).pictures, by: firstStage)
      })
  }

  // MARK: Results

  /// Whether the model had its time and drew with every number of steps.
  var isFinished: Bool { state.isFinished }

  /// What is known so far; nil before the first evaluation.
  var result: StudyModel? {
    guard !results.points.isEmpty else { return nil }
    let seconds = state.trace.series("core_seconds").map(\.value)
    let sorted = seconds.sorted()
    let side = StudyNetwork.imageSize / factor
    return StudyModel(
      factor: factor, latentShape: [firstStage.latentChannels, side, side],
      parameters: unet.parameterCount, batch: StudyNetwork.batch(factor: factor),
      trainSteps: state.step, trainSeconds: state.seconds,
      stepSeconds: sorted.isEmpty ? .nan : sorted[sorted.count / 2], costs: costs,
      ceiling: ceiling.quality, ceilingPSNR: ceiling.psnr, points: results.points,
      strips: zip(results.points, results.pictures).map { point, pictures in
        point.samplerSteps == settings.samplerSteps ? Self.strip(pictures) : nil
      }, losses: losses(seconds))
  }

  private static func strip(_ pictures: Tensor) -> Data {
    let images = (0..<min(pictures.shape[0], StudyEvaluation.shown)).map {
      Image(pictures.rows($0..<$0 + 1))
    }
    return PNG.data(of: .grid(images, columns: images.count))
  }

  /// The loss against seconds of training, as means over stretches.
  private func losses(_ seconds: [Double]) -> [StudyModel.Loss] {
    var total = 0.0
    let ends = seconds.map { value -> Double in
      total += value
      return total
    }
    return state.trace.smoothed("loss", points: 100).map { point in
      StudyModel.Loss(seconds: ends[Int(point.step)], value: point.value)
    }
  }
}
