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
package struct TrainingModel {
  struct Text {
    let tokenizer: CLIPTokenizer
    /// The folder with the tokenizer's files.
    let folder: String
    let encoder: CLIPTextModel
  }

  let condition: Condition
  let imageSize: Int
  package let unet: UNet2DConditionModel
  let text: Text?
  let firstStage: FirstStage
  let scheduler: SchedulerConfiguration
  private let schedulerFile: JSONNode

  /// A small model with random weights.
  /// - Parameter tokenizer: the folder with its files.
  init(
    _ condition: Condition, firstStage: FirstStage, imageSize: Int, tokenizer: String, seed: UInt64
  ) throws {
    let words = try CLIPTokenizer(folder: tokenizer)
    let whole = try LatentDiffusionModel.small(
      tokenizer: words, firstStage: firstStage, imageSize: imageSize, seed: seed, isTrained: true)
    try self.init(condition, as: whole, imageSize: imageSize, tokenizer: tokenizer, seed: seed)
  }

  /// A trained model that is to learn another condition: what is joined to z_t begins without effect,
  /// so that the first pictures are those of `source` (as Stable Diffusion's inpainting model began).
  package init(
    _ condition: Condition, from source: LatentDiffusionModel, imageSize: Int, tokenizer: String,
    seed: UInt64
  ) throws {
    try self.init(condition, as: source, imageSize: imageSize, tokenizer: tokenizer, seed: seed)
    let (own, z) = (source.unet.configuration.inChannels, source.firstStage.latentChannels)
    guard own == z || own == unet.configuration.inChannels else {
      throw ModelError.misfit(
        model: source.origin, what: "input channels of its U-Net",
        expected: "\(z) or \(unet.configuration.inChannels)", found: "\(own)")
    }
    let values = Dictionary(
      uniqueKeysWithValues: source.unet.parameters.map { ($0.name, $0.value) })
    for parameter in unet.parameters {
      guard let value = values[parameter.name] else { continue }
      parameter.value = value.shape == parameter.shape ? value : value.widened(to: parameter.shape)
    }
  }

  private init(
    _ condition: Condition, as whole: LatentDiffusionModel, imageSize: Int, tokenizer: String,
    seed: UInt64
  ) throws {
    let firstStage = whole.firstStage
    var configuration = whole.unet.configuration
    let z = firstStage.latentChannels
    configuration.inChannels = z + condition.channels(latent: z)
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
      ? Text(tokenizer: whole.tokenizer, folder: tokenizer, encoder: whole.textEncoder) : nil
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

extension Tensor {
  /// The weights of a layer that takes more channels: those of the new ones are 0.
  fileprivate func widened(to shape: [Int]) -> Tensor {
    var added = shape
    added[1] -= self.shape[1]
    return .concatenated([self, Tensor(added, repeating: 0)], along: 1)
  }
}

/// ε_θ(z_t, t, class).
private struct ClassPredictor: NoisePredictor {
  package let unet: UNet2DConditionModel
  let labels: [Int]

  var predictionType: PredictionType { .noise }

  func predict(_ x: Tensor, at t: Double) -> Prediction {
    Prediction(
      output: unet(x, timesteps: labels.map { _ in Float(t) }, classLabels: labels))
  }
}
