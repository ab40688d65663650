import Checkpoints
import Diagnostics
import Foundation
import JSON
import Networks

// From disk and back: a diffusers folder, or a CompVis checkpoint with a vocabulary beside it.

extension LatentDiffusionModel {
  /// Opens a model. Weights are read when they are first used.
  /// - Parameters:
  ///   - path: a folder in diffusers' layout, or a CompVis `.ckpt`, `.safetensors` or `.gguf`.
  ///   - tokenizer: a folder with `vocab.json` and `merges.txt`; nil for the model's own, which for a
  ///     single file is a folder `tokenizer` beside it.
  ///   - variant: which weights of a folder (`fp16`); nil as `ModelFiles.open` says.
  ///   - choice: which weights of a CompVis checkpoint that keeps averages beside the others.
  ///   - firstStage: the folder or file of an autoencoder to take for the model's own; nil for that.
  ///   - anyCondition: whether the U-Net may take class labels and channels beside z_t that neither
  ///     text-to-image nor inpainting gives it: a model that is to learn on.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError`, `TokenizerError` or `ModelError`.
  public init(
    opening path: String, tokenizer: String? = nil, variant: String? = nil,
    weights choice: ModelFiles.WeightChoice = .standard, firstStage: String? = nil,
    anyCondition: Bool = false
  ) throws {
    var parts = Set(ModelFiles.Part.allCases)
    if firstStage != nil { parts.remove(.autoencoder) }
    let files = try ModelFiles.open(path, parts: parts, variant: variant, weights: choice)
    let other = try firstStage.map { path in
      let stage = try FirstStage(opening: path)
      let own = try? Self.ownFirstStage(of: files, weights: choice)
      return (stage, OtherFirstStage(stage, at: path, inPlaceOf: own))
    }
    self = try files.naming {
      try Self(files, tokenizer: tokenizer, firstStage: other, anyCondition: anyCondition)
    }
  }

  /// The configuration of a model's own first stage, without its weights; nil where there is none.
  private static func ownFirstStage(
    of files: ModelFiles, weights choice: ModelFiles.WeightChoice
  ) throws -> JSONNode? {
    guard files.isFolder else {
      return try ModelFiles.open(files.path, parts: [.autoencoder], weights: choice)
        .autoencoder?.configuration
    }
    let places = ["vae", "vqvae"].map { "\(files.path)/\($0)/config.json" }
    return try places.first(where: FileManager.default.fileExists).map { try JSONNode(ofModel: $0) }
  }

  private init(
    _ files: ModelFiles, tokenizer: String?, firstStage: (FirstStage, OtherFirstStage)?,
    anyCondition: Bool
  ) throws {
    let path = files.path
    let unet = try Self.part(files.unet, "the U-Net (unet)", of: path)
    let text = try Self.part(files.textEncoder, "the text encoder (text_encoder)", of: path)
    guard let scheduler = files.scheduler else {
      throw Self.missing("the noise schedule (scheduler)", of: path)
    }
    guard let tokenizer = tokenizer ?? files.tokenizer else {
      throw ModelError.missingPart(
        model: path, part: "the tokenizer",
        remedy: "expected vocab.json and merges.txt, or tokenizer.json, in a folder 'tokenizer' "
          + (files.isFolder ? "in the model's" : "beside the file"))
    }
    let network = try UNet2DConditionModel(
      unet, as: UNetConfiguration(asPipelinesRead: unet.configuration))
    try self.init(
      origin: path,
      tokenizer: files.fillsUpWithTokenZero
        ? CLIPTokenizer(folder: tokenizer).fillingUpWithTokenZero()
        : CLIPTokenizer(folder: tokenizer),
      textEncoder: CLIPTextModel(text),
      unet: network,
      firstStage: firstStage?.0
        ?? FirstStage(files.autoencoder, pixelsFor: network, model: path),
      otherFirstStage: firstStage?.1,
      scheduler: scheduler, anyCondition: anyCondition,
      isTrained: !ModelFiles.isMarkedUntrained(path),
      recommendedGuidanceScale: ModelFiles.recommendedGuidanceScale(path))
    trainedWords = TrainedWords(try ModelFiles.trainedWords(of: path))
  }

  private static func part(
    _ component: ModelComponent?, _ name: String, of path: String
  ) throws -> ModelComponent {
    guard let component else { throw missing(name, of: path) }
    return component
  }

  fileprivate static func missing(_ name: String, of path: String) -> ModelError {
    .missingPart(
      model: path, part: name, remedy: "text-to-image needs a whole model, not one of its parts")
  }
}

extension ModelFiles {
  /// The key of `model_index.json` for the guidance scale that a model was measured with; diffusers
  /// ignores it, as all that begin with an underscore.
  package static let guidanceScaleKey = "_recommended_guidance_scale"

  /// The guidance scale that the model at `path` recommends; nil where it says nothing.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  static func recommendedGuidanceScale(_ path: String) throws -> Double? {
    let file = URL(fileURLWithPath: path).appendingPathComponent("model_index.json").path
    guard FileManager.default.fileExists(atPath: file),
      let node = try JSONNode(ofModel: file).find(guidanceScaleKey)
    else { return nil }
    let scale = try node.number()
    guard (0...100).contains(scale) else { throw node.failure(expected: "a number from 0 to 100") }
    return scale
  }

  fileprivate var isFolder: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}

extension UNet2DConditionModel {
  /// The U-Net of a model, or one by itself in a diffusers folder; no other part is looked at.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError`, or `ModelError` where there is none.
  public init(opening path: String, variant: String? = nil) throws {
    let files = try ModelFiles.open(path, parts: [.unet], variant: variant)
    self = try files.naming {
      guard let part = files.unet else {
        throw ModelError.missingPart(
          model: path, part: "the U-Net (unet)",
          remedy: "expected one by itself, or a folder 'unet'")
      }
      return try Self(part)
    }
  }
}

extension FirstStage {
  /// An autoencoder: a folder or file of its own, or the one of a whole model.
  /// - Parameters:
  ///   - path: of the folder or file.
  ///   - variant: which weights of a folder (`fp16`); nil as `ModelFiles.open` says.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError`, or `ModelError` where there is none.
  public init(opening path: String, variant: String? = nil) throws {
    let files = try ModelFiles.open(path, parts: [.autoencoder], variant: variant)
    self = try files.naming {
      guard let part = files.autoencoder else {
        throw ModelError.missingPart(
          model: path, part: "the autoencoder", remedy: "expected one by itself, or a folder 'vae'")
      }
      return try Self(part)
    }
  }

  private init(_ part: ModelComponent) throws {
    switch part.className {
    case VQModelConfiguration.className: self = .autoencoder(try VQModel(part))
    case AutoencoderTinyConfiguration.className: self = .tiny(try AutoencoderTiny(part))
    default: self = .autoencoder(try AutoencoderKL(part))
    }
  }

  /// The autoencoder of a model's files, or pixels where there is none and the U-Net paints them.
  fileprivate init(
    _ component: ModelComponent?, pixelsFor unet: UNet2DConditionModel, model: String
  ) throws {
    switch component {
    case .some(let part): try self.init(part)
    case .none:
      guard unet.configuration.outChannels == 3 else {
        throw LatentDiffusionModel.missing("the autoencoder (vae)", of: model)
      }
      self = .pixels(channels: 3)
    }
  }
}

// MARK: - Writing

extension LatentDiffusionModel {
  /// Writes the model as a folder that diffusers opens.
  /// - Parameters:
  ///   - folder: must not exist yet; it appears when it is complete.
  ///   - type: `.float32`, or `.float16` at half the size.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  public func write(to folder: String, as type: ElementType = .float32) throws {
    try HalfMade.places.workshop("tokenizer") { workshop in
      try FileManager.default.createDirectory(at: workshop, withIntermediateDirectories: true)
      for (name, text) in tokenizer.files {
        try text.write(
          to: workshop.appendingPathComponent(name), atomically: false, encoding: .utf8)
      }
      try files(withTokenizerIn: workshop.path).write(to: folder, as: type)
    }
  }

  private func files(withTokenizerIn tokenizer: String) -> ModelFiles {
    var files = ModelFiles(path: origin)
    files.unet = ModelComponent(unet)
    files.textEncoder = ModelComponent(textEncoder)
    files.autoencoder = firstStage.component
    files.scheduler = JSONNode(schedulerSettings, file: origin)
    files.tokenizer = tokenizer
    files.trainedWords = trainedWords.words
    if !isTrained { files.notes[ModelFiles.untrainedMark] = .bool(true) }
    if let recommendedGuidanceScale {
      files.notes[ModelFiles.guidanceScaleKey] = .number(recommendedGuidanceScale)
    }
    return files
  }
}

extension ModelComponent {
  /// A network as the component of a model, with the numbers that it has now.
  public init(_ network: some Network) {
    let weights = Dictionary(
      uniqueKeysWithValues: network.parameters.map { ($0.name, $0.value) })
    self.init(
      className: type(of: network.configuration).className,
      configuration: JSONNode(network.configuration.json, file: "memory"),
      weights: WeightTable(weights))
  }
}

extension FirstStage {
  /// The autoencoder as the component of a model; nil for pixels.
  public var component: ModelComponent? { network.map { ModelComponent($0) } }
}
