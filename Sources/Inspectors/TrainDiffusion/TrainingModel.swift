import Checkpoints
import Diffusion
import Foundation
import JSON
import LatentDiffusion
import Networks
import Storybook
import Tensors

/// The model in training: a first stage that stays as it is, a U-Net, and, where it listens to
/// words, a text encoder.
struct TrainingModel {
  struct Text {
    let tokenizer: CLIPTokenizer
    /// The folder with the tokenizer's files.
    let folder: String
    let encoder: CLIPTextModel
  }

  let condition: Condition
  let imageSize: Int
  let unet: UNet2DConditionModel
  let text: Text?
  let firstStage: FirstStage
  let scheduler: SchedulerConfiguration
  private let schedulerFile: JSONNode

  /// - Parameter tokenizer: the folder with its files.
  init(
    _ condition: Condition, firstStage: FirstStage, imageSize: Int, tokenizer: String, seed: UInt64
  ) throws {
    let words = try CLIPTokenizer(folder: tokenizer)
    let whole = try LatentDiffusionModel.small(
      tokenizer: words, firstStage: firstStage, imageSize: imageSize, seed: seed, isTrained: true)
    var configuration = whole.unet.configuration
    configuration.inChannels += condition.channels(latent: firstStage.latentChannels)
    if let classes = condition.classCount {
      configuration.classCount = classes
      configuration.downBlocks = configuration.downBlocks.map { _ in .plain }
      configuration.upBlocks = configuration.upBlocks.map { _ in .plain }
      configuration.midBlock = .plain
    }
    self.condition = condition
    self.imageSize = imageSize
    self.firstStage = firstStage
    unet = try UNet2DConditionModel(configuration, seed: seed)
    text =
      condition.usesCaptions
      ? Text(tokenizer: words, folder: tokenizer, encoder: whole.textEncoder) : nil
    scheduler = whole.scheduler
    schedulerFile = whole.schedulerFile
  }

  /// What is trained.
  var parameters: [Parameter] { unet.parameters + (text?.encoder.parameters ?? []) }

  /// [z, h, w]
  var latentShape: [Int] {
    let side = imageSize / firstStage.downsamplingFactor
    return [firstStage.latentChannels, side, side]
  }

  /// The model under the conditions of some scenes, guided where it listens to words.
  /// - Parameter concatenated: see `Condition.concatenated`.
  func predictor(
    _ scenes: [Scene], concatenated: Tensor?, guidanceScale: Double
  ) -> any NoisePredictor {
    guard let text else { return ClassPredictor(unet: unet, labels: scenes.map(Condition.label)) }
    func encoded(_ captions: [String]) -> Tensor {
      text.encoder(captions.map { text.tokenizer.tokenize($0).ids })
    }
    return UNetPredictor(
      unet, predictionType: scheduler.predictionType,
      conditional: encoded(scenes.map(\.caption.text)),
      unconditional: encoded(scenes.map { _ in "" }), guidanceScale: guidanceScale,
      concatenated: concatenated)
  }

  /// Writes the parts in diffusers' layout, in float16: a whole text-to-image model where the
  /// condition is a caption or a mask, else parts for a program that knows the condition.
  /// - Parameters:
  ///   - folder: must not exist yet.
  ///   - captions: what it learned from, whose words the folder names.
  func write(to folder: String, captions: some Sequence<Caption>) throws {
    var files = ModelFiles(path: folder)
    files.unet = ModelComponent(unet)
    files.autoencoder = firstStage.component
    files.textEncoder = text.map { ModelComponent($0.encoder) }
    files.tokenizer = text?.folder
    files.scheduler = schedulerFile
    if text != nil {
      files.trainedWords = Set(captions.lazy.flatMap { $0.words.map(\.text) }).sorted()
    }
    try files.write(to: folder, as: .float16)
  }
}

/// ε_θ(z_t, t, class).
private struct ClassPredictor: NoisePredictor {
  let unet: UNet2DConditionModel
  let labels: [Int]

  var predictionType: PredictionType { .noise }

  func predict(_ x: Tensor, at t: Double) -> Prediction {
    Prediction(
      output: unet(x, timesteps: labels.map { _ in Float(t) }, classLabels: labels))
  }
}
