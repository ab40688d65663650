import Checkpoints
import Diffusion
import Foundation
import JSON
import LatentDiffusion
import Networks
import Storybook
import Tensors
import Training

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
  /// Where there are words; of a class learned by a model that knows words, those of no caption.
  let text: Text?
  /// Where there are boxes.
  let layoutEncoder: LDMBertModel?
  let firstStage: FirstStage
  let scheduler: SchedulerConfiguration
  /// Whether the text encoder learns too; one that is trained already stays as it is, as CLIP did in
  /// Stable Diffusion.
  let trainsText: Bool
  private let schedulerFile: JSONNode

  /// What a model that begins with random weights looks like.
  struct Architecture {
    var firstStage: FirstStage
    var channels: [Int]
    var schedule: NamedSchedule
    var predictionType: PredictionType
  }

  /// A small model with random weights.
  /// - Parameter tokenizer: the folder with its files.
  init(
    _ condition: Condition, _ architecture: Architecture, imageSize: Int, tokenizer: String,
    seed: UInt64
  ) throws {
    let words = try CLIPTokenizer(folder: tokenizer)
    let whole = try LatentDiffusionModel.small(
      tokenizer: words, firstStage: architecture.firstStage, imageSize: imageSize,
      channels: architecture.channels, schedule: architecture.schedule,
      predictionType: architecture.predictionType, seed: seed, isTrained: true)
    var unet = whole.unet.configuration
    if !condition.usesCaptions && condition != .layout {
      unet.downBlocks = unet.downBlocks.map { _ in .plain }
      unet.upBlocks = unet.upBlocks.map { _ in .plain }
      unet.midBlock = .plain
    }
    try self.init(
      condition, as: whole, unet, imageSize: imageSize,
      text: condition.usesCaptions ? tokenizer : nil, seed: seed, trainsText: true)
  }

  /// A trained model that is to learn another condition: what is joined to z_t begins without effect,
  /// so that the first pictures are those of `source` (as Stable Diffusion's inpainting model began).
  package init(
    _ condition: Condition, from source: LatentDiffusionModel, imageSize: Int, tokenizer: String,
    seed: UInt64
  ) throws {
    try self.init(
      condition, as: source, source.unet.configuration, imageSize: imageSize,
      text: condition == .layout ? nil : tokenizer, seed: seed, trainsText: false)
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

  /// - Parameter text: the folder with the tokenizer's files, where the U-Net listens to words.
  private init(
    _ condition: Condition, as whole: LatentDiffusionModel, _ architecture: UNetConfiguration,
    imageSize: Int, text: String?, seed: UInt64, trainsText: Bool
  ) throws {
    let firstStage = whole.firstStage
    var configuration = architecture
    let z = firstStage.latentChannels
    configuration.inChannels = z + condition.channels(latent: z)
    configuration.classCount = condition.labelCount
    self.condition = condition
    self.trainsText = trainsText
    self.imageSize = imageSize
    self.firstStage = firstStage
    unet = try UNet2DConditionModel(configuration, seed: seed)
    self.text = text.map {
      Text(tokenizer: whole.tokenizer, folder: $0, encoder: whole.textEncoder)
    }
    layoutEncoder =
      condition == .layout
      ? try LDMBertModel(
        Self.layoutConfiguration(width: whole.textEncoder.configuration.width), seed: seed) : nil
    scheduler = whole.scheduler
    schedulerFile = whole.schedulerFile
    // Labels begin alike: each is met seldom.
    for parameter in unet.parameters where parameter.name == "class_embedding.weight" {
      parameter.value = Tensor(parameter.shape, repeating: 0)
    }
    layoutEncoder?.beginWithBoxes()
  }

  private static func layoutConfiguration(width: Int) -> LDMBertConfiguration {
    var layout = LDMBertConfiguration()
    (layout.vocabularySize, layout.positions) = (LayoutVocabulary.size, LayoutVocabulary.length)
    (layout.width, layout.innerWidth, layout.layers) = (width, 4 * width, 3)
    (layout.heads, layout.headWidth) = (4, width / 4)
    return layout
  }

  /// What is trained.
  var parameters: [Parameter] {
    unet.parameters + (trainsText ? text?.encoder.parameters ?? [] : [])
      + (layoutEncoder?.parameters ?? [])
  }

  /// [z, h, w]
  var latentShape: [Int] {
    let side = imageSize / firstStage.downsamplingFactor
    return [firstStage.latentChannels, side, side]
  }

  /// The tokens of a caption; nil where the U-Net does not listen to words.
  func tokens(_ caption: String) -> [Int]? {
    text.map { $0.tokenizer.tokenize(condition.usesCaptions ? caption : "").ids }
  }

  /// τ_θ of rows of tokens, words or boxes, [B, M, D]; nil where the U-Net attends to nothing.
  func context(_ tokens: [[Int]], _ pass: ForwardPass = ForwardPass()) -> Tensor? {
    layoutEncoder?(tokens, pass) ?? text?.encoder(tokens, trainsText ? pass : ForwardPass())
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
    files.layoutEncoder = layoutEncoder.map { ModelComponent($0) }
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
