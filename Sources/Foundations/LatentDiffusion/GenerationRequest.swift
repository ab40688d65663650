import Diffusion
import Networks
import Tensors

/// What picture a person wants: the arguments of diffusers' Stable Diffusion pipelines.
public struct GenerationRequest: Sendable {
  /// What the picture should show.
  public var prompt: String
  /// What guidance leads away from.
  public var negativePrompt = ""
  /// How both prompts are read: their marks, and what becomes of long ones.
  public var reading = PromptReading()
  /// How many of the text encoder's last layers the prompt does not pass (diffusers' `clip_skip`).
  public var clipSkip = 0
  /// How many denoising steps the sampler plans.
  public var steps = 50
  /// s in ε_u + s·(ε_c − ε_u); 1 is no guidance, 0 is no prompt. (diffusers guides for s > 1 only.)
  public var guidanceScale: Double
  /// s_I of a model that changes a picture: how near its result stays to the picture; nil for 1.5.
  public var imageGuidanceScale: Double?
  /// Whether the picture outside the mask is put back over what the autoencoder makes of it.
  public var pastesBack = false
  /// Where guidance acts, and what becomes of its spread.
  public var refinements = GuidanceRefinements()
  /// Which sampler walks back; nil for the model's own.
  public var sampler: SamplerName?
  /// What its walk does otherwise than the model's scheduler file says.
  public var walk = WalkSettings()
  /// What the U-Net's products round their factors to; text encoder and autoencoder round nothing.
  public var precision = Precision.float32
  /// What memory the U-Net's passes spend; nil for what fits.
  public var memoryUse: MemoryUse?
  /// Decides everything random.
  public var seed: UInt64 = 42
  /// Height and width in pixels, multiples of f; nil for the model's own.
  public var height: Int?
  /// Width in pixels, as `height`.
  public var width: Int?
  /// A picture to begin from, shape [1, 3, H, W] in [−1, 1].
  public var initialImage: Tensor?
  /// How much of it may change, from 0 to 1; nil for 0.8, and with a mask 1.
  public var strength: Double?
  /// Where it may change: shape [1, 1, H, W], 1 for new, 0 for kept. Values are cut at ½.
  public var mask: Tensor?

  /// What a prompt alone asks for: the values above.
  public init(
    prompt: String, sampler: SamplerName? = nil,
    guidanceScale: Double = PipelineDefaults.pipelineGuidanceScale
  ) {
    (self.prompt, self.sampler, self.guidanceScale) = (prompt, sampler, guidanceScale)
  }
}

extension GenerationRequest {
  /// The longest side that is accepted, in pixels.
  public static let longestSide = 4096

  /// How much of a picture may change where nobody says it: 0.8, and all of it under a mask.
  public static func usualStrength(masked: Bool) -> Double { masked ? 1 : 0.8 }

  /// s_I where nobody says it, as in diffusers.
  public static let usualImageGuidanceScale = 1.5

  /// Height and width of the picture.
  /// - Throws: `GenerationError`.
  func size(for model: LatentDiffusionModel) throws -> (height: Int, width: Int) {
    let f = model.firstStage.downsamplingFactor
    let own = initialImage.map { ($0.shape[2], $0.shape[3]) } ?? model.imageSize
    let size = (height: height ?? own.0, width: width ?? own.1)
    for (parameter, value) in [("height", size.height), ("width", size.width)] {
      guard value > 0, value % f == 0 else {
        throw GenerationError.size(parameter: parameter, value: value, factor: f)
      }
      guard value <= Self.longestSide else {
        throw GenerationError.tooLarge(parameter: parameter, value: value, limit: Self.longestSide)
      }
    }
    return size
  }

  /// Refuses to leave out more layers than the text encoder has.
  /// - Parameter model: whose text encoder reads the prompt.
  /// - Throws: `GenerationError`.
  public func requireLayers(of model: LatentDiffusionModel) throws(GenerationError) {
    let layers = model.textEncoder.configuration.layers
    guard 0...layers ~= clipSkip else { throw .clipSkip(clipSkip, layers: layers) }
  }

  /// - Throws: `GenerationError` for what contradicts itself or does not fit the model.
  func validate(for model: LatentDiffusionModel, height: Int, width: Int) throws {
    guard guidanceScale.isFinite else { throw GenerationError.guidanceScale(guidanceScale) }
    try requireLayers(of: model)
    guard (imageGuidanceScale ?? 1).isFinite else {
      throw GenerationError.guidanceScale(imageGuidanceScale ?? 1)
    }
    let wrong: [(name: String, isGiven: Bool, isForEditing: Bool)] = [
      ("strength", strength != nil, true), ("mask", mask != nil, true),
      ("imageGuidanceScale", imageGuidanceScale != nil, false),
    ]
    for (name, isGiven, isForEditing) in wrong
    where isGiven && isForEditing == model.isForEditing {
      throw GenerationError.editing(
        parameter: name, model: model.origin, isForEditing: isForEditing)
    }
    guard initialImage != nil else {
      if model.isForEditing { throw GenerationError.needsPicture(model: model.origin) }
      if mask != nil { throw GenerationError.maskWithoutImage }
      if strength != nil { throw GenerationError.strengthWithoutImage }
      if model.isForInpainting { throw GenerationError.needsMask(model: model.origin) }
      return
    }
    if model.isForInpainting, mask == nil { throw GenerationError.needsMask(model: model.origin) }
    if pastesBack, mask == nil { throw GenerationError.pasteWithoutMask }
    for (parameter, picture) in [("initialImage", initialImage), ("mask", mask)] {
      guard let shape = picture?.shape, Array(shape.suffix(2)) != [height, width] else { continue }
      throw GenerationError.imageSize(
        parameter: parameter, expected: [height, width], found: Array(shape.suffix(2)))
    }
    if let mask, mask.moments.max < 0.5 { throw GenerationError.emptyMask }
  }

  /// The step of the plan to begin with.
  /// - Throws: `SamplerError.strength` or `GenerationError.noSteps`.
  func firstIndex(in sampler: any Sampler, of model: LatentDiffusionModel) throws -> Int {
    guard initialImage != nil, !model.isForEditing else { return 0 }
    let strength = strength ?? Self.usualStrength(masked: mask != nil)
    let first = try sampler.firstIndex(strength: strength)
    guard first < sampler.steps else {
      throw GenerationError.noSteps(strength: strength, steps: sampler.steps)
    }
    return first
  }
}
