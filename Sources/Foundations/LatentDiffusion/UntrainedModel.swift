import Diffusion
import JSON
import Networks

extension LatentDiffusionModel {
  /// A small Stable Diffusion that was never trained: every part is real but for what it learned.
  ///
  /// 128×128 pictures, f = 8, 4 latent channels, a U-Net of three levels with cross-attention, a
  /// two-layer text encoder. Parameters are drawn as PyTorch initialises its layers; equal seeds
  /// give equal models.
  /// - Throws: `ModelError` for a vocabulary of more than 65,536 tokens.
  public static func untrained(
    tokenizer: CLIPTokenizer, seed: UInt64 = 0
  ) throws -> LatentDiffusionModel {
    try small(
      tokenizer: tokenizer,
      firstStage: .autoencoder(AutoencoderKL(autoencoderConfiguration, seed: seed)), seed: seed,
      isTrained: false)
  }

  /// Stable Diffusion v1's architecture in full size, never trained: 1,066 million parameters, 4.3 GB
  /// of memory. For looking at shapes and costs.
  /// - Throws: `ModelError` for a vocabulary of more than 49,408 tokens.
  public static func untrainedStableDiffusion(
    tokenizer: CLIPTokenizer, seed: UInt64 = 0
  ) throws -> LatentDiffusionModel {
    let origin = "the untrained model in full size"
    var unet = UNetConfiguration()
    unet.sampleSize = [64, 64]
    return try LatentDiffusionModel(
      origin: origin, tokenizer: tokenizer,
      textEncoder: CLIPTextModel(CLIPTextConfiguration(), seed: seed),
      unet: UNet2DConditionModel(unet, seed: seed),
      firstStage: .autoencoder(AutoencoderKL(AutoencoderKLConfiguration(), seed: seed)),
      scheduler: JSONNode(stableDiffusionScheduler, file: origin), isTrained: false)
  }

  /// The same U-Net and text encoder over any first stage, for training.
  /// - Parameters:
  ///   - tokenizer: its vocabulary sets the text encoder's.
  ///   - firstStage: from pictures to latents and back.
  ///   - imageSize: height and width of the pictures, a multiple of 4f.
  ///   - channels: of the U-Net's levels, finest first.
  ///   - schedule: how much noise each timestep adds.
  ///   - predictionType: what the U-Net is to say.
  ///   - seed: of the untrained parameters.
  ///   - isTrained: whether what it makes is to be stamped.
  public static func small(
    tokenizer: CLIPTokenizer, firstStage: FirstStage, imageSize: Int = 128,
    channels: [Int] = untrainedUNetConfiguration.blockOutChannels,
    schedule: NamedSchedule = .scaledLinear, predictionType: PredictionType = .noise,
    seed: UInt64, isTrained: Bool
  ) throws -> LatentDiffusionModel {
    let side = imageSize / firstStage.downsamplingFactor
    var unet = unetConfiguration(channels: channels, side: side)
    (unet.inChannels, unet.outChannels) = (firstStage.latentChannels, firstStage.latentChannels)
    let origin = isTrained ? "the model in training" : "the untrained model"
    return try LatentDiffusionModel(
      origin: origin, tokenizer: tokenizer,
      textEncoder: CLIPTextModel(textConfiguration(for: tokenizer), seed: seed),
      unet: UNet2DConditionModel(unet, seed: seed), firstStage: firstStage,
      scheduler: JSONNode(
        storybookScheduler(schedule, predictionType, clips: !firstStage.isLatent), file: origin),
      isTrained: isTrained)
  }

  private static let textWidth = 96

  private static func textConfiguration(for tokenizer: CLIPTokenizer) -> CLIPTextConfiguration {
    var text = CLIPTextConfiguration()
    text.vocabularySize = min(tokenizer.vocabulary.tokens.count, 1 << 16)
    (text.width, text.layers, text.heads, text.innerWidth) = (textWidth, 2, 4, 4 * textWidth)
    text.positions = tokenizer.modelMaxLength
    (text.startToken, text.endToken) = (tokenizer.startID, tokenizer.endID)
    return text
  }

  /// The architecture of its U-Net.
  public static var untrainedUNetConfiguration: UNetConfiguration {
    unetConfiguration(channels: [64, 96, 128], side: 16)
  }

  /// Transformers stand where there are at most 16×16 places, but not on the coarsest level, which as
  /// in Stable Diffusion leaves attention to the middle block.
  private static func unetConfiguration(channels: [Int], side: Int) -> UNetConfiguration {
    func each<Value>(_ value: Value) -> [Value] { channels.map { _ in value } }
    var unet = UNetConfiguration()
    unet.sampleSize = [side, side]
    unet.blockOutChannels = channels
    unet.downBlocks = channels.indices.map { level in
      side >> level <= 16 && level < channels.count - 1 ? .crossAttention : .plain
    }
    unet.upBlocks = unet.downBlocks.reversed()
    unet.layersPerBlock = each(1)
    unet.attentionHeads = each(4)
    unet.crossAttentionDimensions = each(textWidth)
    unet.transformerLayers = each(1)
    // Two channels of a group at least, or a channel's own mean is lost.
    unet.normGroups = channels.allSatisfy { $0 % 32 == 0 && $0 >= 64 } ? 32 : 8
    return unet
  }

  /// The architecture of its first stage: f = 8, 4 channels.
  public static var autoencoderConfiguration: AutoencoderKLConfiguration {
    var autoencoder = AutoencoderKLConfiguration()
    autoencoder.architecture.sampleSize = [128, 128]
    autoencoder.architecture.blockOutChannels = [16, 32, 64, 96]
    autoencoder.architecture.layersPerBlock = 1
    autoencoder.architecture.normGroups = 16
    return autoencoder
  }

  /// What the models that are trained here are walked with: DDIM, with which their report is made.
  /// - Parameter clips: whether x̂_0 is kept within −1…1, as is right for pixels.
  static func storybookScheduler(
    _ schedule: NamedSchedule, _ predictionType: PredictionType, clips: Bool
  ) -> JSONValue {
    let betas = schedule.diffusersSettings
    return .object([
      "_class_name": .string("DDIMScheduler"), "beta_start": .number(betas.start),
      "beta_end": .number(betas.end), "beta_schedule": .string(betas.shape),
      "num_train_timesteps": .integer(1000),
      "prediction_type": .string(predictionType.rawValue),
      "set_alpha_to_one": .bool(false), "steps_offset": .integer(1), "clip_sample": .bool(clips),
    ])
  }

  /// The scheduler file of Stable Diffusion 1.5.
  static let stableDiffusionScheduler: JSONValue = .object([
    "_class_name": .string("PNDMScheduler"), "beta_start": .number(0.00085),
    "beta_end": .number(0.012), "beta_schedule": .string("scaled_linear"),
    "num_train_timesteps": .integer(1000), "prediction_type": .string("epsilon"),
    "set_alpha_to_one": .bool(false), "skip_prk_steps": .bool(true), "steps_offset": .integer(1),
    "clip_sample": .bool(false),
  ])
}
