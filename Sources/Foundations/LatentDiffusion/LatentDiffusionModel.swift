import Checkpoints
import Diffusion
import JSON
import Networks

/// The parts of a text-to-image latent diffusion model, of which Stable Diffusion is one.
///
///     prompt → tokenizer → text encoder τ_θ → U-Net ε_θ, many times → first stage 𝒟 → picture
///
/// Source: LDM (arXiv:2112.10752) §3.
public struct LatentDiffusionModel: Sendable {
  /// Where it comes from, for messages: a path, or a few words.
  public let origin: String
  /// From a prompt to token ids.
  public private(set) var tokenizer: CLIPTokenizer
  /// τ_θ: from token ids to vectors.
  public private(set) var textEncoder: CLIPTextModel
  /// ε_θ, or what else the scheduler says that it predicts.
  public let unet: UNet2DConditionModel
  /// From pictures to latents and back.
  public let firstStage: FirstStage
  /// Where the first stage is from, if it takes the place of the model's own.
  public let otherFirstStage: OtherFirstStage?
  /// What decodes the pictures that are only looked at on the way; nil for the first stage itself.
  public private(set) var preview: FirstStage?
  /// The noise schedule that the U-Net was trained with, and how to sample.
  public let scheduler: SchedulerConfiguration
  /// Whether the weights were learned; what an untrained model makes is stamped so.
  public let isTrained: Bool
  /// The words that it learned from, where its folder says so.
  public var trainedWords = TrainedWords([])
  /// The words that it was taught since.
  public private(set) var learnedWords: [LearnedWord] = []
  /// The guidance scale that the model's folder recommends; nil where it says nothing.
  public let recommendedGuidanceScale: Double?
  /// The scheduler's settings as the model's file states them.
  let schedulerSettings: JSONValue

  /// The scheduler's settings as a file, to be written beside weights.
  public var schedulerFile: JSONNode { JSONNode(schedulerSettings, file: origin) }

  /// Joins parts.
  /// - Throws: `ModelError` where they do not fit together.
  public init(
    origin: String, tokenizer: CLIPTokenizer, textEncoder: CLIPTextModel,
    unet: UNet2DConditionModel, firstStage: FirstStage,
    otherFirstStage: OtherFirstStage? = nil, scheduler: JSONNode,
    anyCondition: Bool = false, isTrained: Bool = true, recommendedGuidanceScale: Double? = nil
  ) throws {
    self.origin = origin
    self.tokenizer = tokenizer
    self.textEncoder = textEncoder
    self.unet = unet
    self.firstStage = firstStage
    self.otherFirstStage = otherFirstStage
    self.isTrained = isTrained
    self.recommendedGuidanceScale = recommendedGuidanceScale
    schedulerSettings = scheduler.value
    self.scheduler = try SchedulerConfiguration(
      scheduler, isForLatents: firstStage.isLatent)
    try requireFit(anyCondition: anyCondition)
  }
}

// MARK: - What it is taught

extension LatentDiffusionModel {
  /// The model with words that somebody taught its text encoder. All other weights are shared.
  /// - Throws: `LearnedWordError` for a word that does not fit.
  public func learning(_ words: [LearnedWord]) throws -> LatentDiffusionModel {
    var model = self
    (model.textEncoder, model.tokenizer) = try textEncoder.learning(words, by: tokenizer)
    model.learnedWords += words
    return model
  }
}

// MARK: - What shows its way

extension LatentDiffusionModel {
  /// The model with another decoder for the pictures that are only looked at on the way, such as TAESD.
  /// The finished picture is the first stage's as before.
  /// - Parameters:
  ///   - stage: takes the latents that the first stage takes; nil for the first stage itself.
  ///   - path: of `stage`, for messages.
  /// - Throws: `ModelError` for one of other latents.
  public func previewing(by stage: FirstStage?, at path: String) throws -> LatentDiffusionModel {
    var model = self
    model.preview = stage
    guard let stage else { return model }
    for (what, own, other) in [
      ("channels of the latents", firstStage.latentChannels, stage.latentChannels),
      ("f", firstStage.downsamplingFactor, stage.downsamplingFactor),
      ("channels of a picture", 3, stage.imageChannels),
    ] where own != other {
      throw ModelError.misfit(
        model: path, what: what, expected: "\(own), as \(origin) has", found: "\(other)")
    }
    return model
  }
}

// MARK: - What it makes

extension LatentDiffusionModel {
  /// Whether the U-Net sees a mask and the masked picture's latent beside z_t.
  public var isForInpainting: Bool {
    ![1, 2].contains { unet.configuration.inChannels == $0 * firstStage.latentChannels }
  }

  /// Whether the U-Net sees the latent of a picture beside z_t, which it changes as the prompt says:
  /// InstructPix2Pix (arXiv:2211.09800).
  public var isForEditing: Bool {
    unet.configuration.inChannels == 2 * firstStage.latentChannels
  }

  /// Refuses a model whose U-Net sees more than z_t, for whoever has no more to show it.
  /// - Throws: `GenerationError`.
  public func requireLatentAlone() throws(GenerationError) {
    if isForInpainting { throw .needsMask(model: origin) }
    if isForEditing { throw .needsPicture(model: origin) }
  }

  /// Height and width of the pictures that it was trained on.
  public var imageSize: (height: Int, width: Int) {
    let f = firstStage.downsamplingFactor
    guard let latent = unet.configuration.sampleSize else { return (64 * f, 64 * f) }
    return (latent[0] * f, latent[1] * f)
  }

  /// The number of trainable values in all parts.
  public var parameterCount: Int {
    textEncoder.parameterCount + unet.parameterCount + firstStage.parameterCount
  }
}

// MARK: - Whether the parts fit

extension LatentDiffusionModel {
  private func requireFit(anyCondition: Bool) throws {
    let (u, text, z) = (unet.configuration, textEncoder.configuration, firstStage.latentChannels)
    if let other = otherFirstStage, u.outChannels != z {
      throw ModelError.misfit(
        model: "`firstStage`: \(other.path)", what: "channels of its latents",
        expected: "\(u.outChannels), as the U-Net of \(origin) predicts", found: "\(z)")
    }
    try require(
      "channels that the U-Net predicts", "\(z), as the latent has", u.outChannels == z,
      "\(u.outChannels)")
    try require(
      "channels that the U-Net takes",
      "\(z), \(2 * z) for changing a picture, or \(2 * z + 1) for inpainting",
      anyCondition || [z, 2 * z, 2 * z + 1].contains(u.inChannels), "\(u.inChannels)")
    try require(
      "features of the U-Net's context", "\(text.width), as the text encoder gives",
      u.crossAttentionDimensions.allSatisfy { $0 == text.width }, "\(u.crossAttentionDimensions)")
    try require(
      "classes", "none: a prompt is the only condition",
      anyCondition || u.classCount == nil,
      "\(u.classCount ?? 0)")
    try require(
      "tokens of the vocabulary", "at most \(text.vocabularySize), as the text encoder knows",
      tokenizer.vocabulary.tokens.count <= text.vocabularySize,
      "\(tokenizer.vocabulary.tokens.count)")
    try require(
      "tokens of a prompt", "at most \(text.positions), as the text encoder has positions",
      tokenizer.modelMaxLength <= text.positions, "\(tokenizer.modelMaxLength)")
    try require(
      "channels of a picture", "3", firstStage.imageChannels == 3,
      "\(firstStage.imageChannels)")
  }

  private func require(
    _ what: String, _ expected: String, _ fits: Bool, _ found: String
  ) throws {
    guard fits else {
      throw ModelError.misfit(model: origin, what: what, expected: expected, found: found)
    }
  }
}
