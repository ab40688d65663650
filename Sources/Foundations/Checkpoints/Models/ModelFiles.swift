import Diagnostics
import Foundation
import JSON

/// One network of a model: what it is, how it is configured, and its weights under diffusers' names.
public struct ModelComponent: Sendable {
  /// As diffusers or transformers name it, e.g. `UNet2DConditionModel`.
  public let className: String
  /// What its `config.json` says, or what was inferred from the shapes of its tensors.
  public let configuration: JSONNode
  /// Its tensors under diffusers' names; none is read before it is asked for.
  public let weights: any WeightSource
  /// What becomes of tensors that have no place in the network.
  public var leftovers = Leftovers.refused

  /// What becomes of tensors that have no place in a network.
  public enum Leftovers: Sendable {
    /// They are an error: where the configuration was inferred from the tensors, one that is left over
    /// shows that something is missing or otherwise than was thought.
    case refused
    /// They are told of and ignored, as diffusers and transformers do where a file states the
    /// configuration.
    case passedOver
  }

  /// A network of a class that diffusers or transformers has.
  /// - Parameters:
  ///   - className: such as `UNet2DConditionModel`.
  ///   - configuration: the values of the part's `config.json`.
  ///   - weights: its tensors.
  public init(className: String, configuration: JSONNode, weights: any WeightSource) {
    self.className = className
    self.configuration = configuration
    self.weights = weights
  }
}

/// A model on disk, opened but not read: a diffusers folder, a CompVis checkpoint, or one network
/// alone. Whatever the layout, names and configurations come out as diffusers has them.
///
///     let model = try ModelFiles.open("stable-diffusion-v1-5")
///     let width = try model.unet?.configuration["block_out_channels"].integers()
public struct ModelFiles: Sendable {
  /// Which weights to take from a CompVis checkpoint that keeps both.
  public enum WeightChoice: Sendable {
    /// Those of the last training step; in a checkpoint pruned to its averages, the averages.
    case standard
    /// The exponential moving averages (`model_ema`).
    case movingAverage
  }

  /// A part of a model. One that is not asked for is not looked at: it blocks nothing.
  public enum Part: CaseIterable, Sendable {
    /// The networks; the scheduler's configuration; the tokenizer's folder.
    case unet, autoencoder, textEncoder, layoutEncoder, scheduler, tokenizer
  }

  /// The folder or file; of a cache's folder, the snapshot.
  public let path: String
  /// Whether its text encoder learned from sequences that were filled up with token 0, whatever the
  /// vocabulary's files say: a single file of Stable Diffusion 2.
  public var fillsUpWithTokenZero: Bool { kind?.isStableDiffusion2 ?? false }
  /// What it is where it is not Stable Diffusion v1.
  var kind: CheckpointKind?
  /// The denoising network; nil where there is none or it was not asked for.
  public var unet: ModelComponent?
  /// The first stage, an `AutoencoderKL` or a `VQModel`; nil where there is none or it was not
  /// asked for.
  public var autoencoder: ModelComponent?
  /// The text half of CLIP; nil where there is none or it was not asked for.
  public var textEncoder: ModelComponent?
  /// The unmasked transformer that encodes a layout, an `LDMBertModel`; nil where there is none or it
  /// was not asked for.
  public var layoutEncoder: ModelComponent?
  /// The scheduler's configuration.
  public var scheduler: JSONNode?
  /// The folder with `vocab.json` and `merges.txt`.
  public var tokenizer: String?
  /// The words of the captions that it learned from, for its folder to say; see `trainedWords(of:)`.
  public var trainedWords: [String] = []

  /// What else the folder's index says; keys begin with an underscore, so that diffusers ignores them.
  package var notes: [String: JSONValue] = [:]

  /// A model with no parts yet, to be filled part by part; `open` reads one from disk.
  public init(path: String) { self.path = path }

  /// Opens a model. No number is read: weights are mapped, and converted when they are asked for.
  /// - Parameters:
  ///   - path: a diffusers folder, the folder of one of its networks, or a single file.
  ///   - parts: which to open; the others stay nil.
  ///   - variant: which weights of a diffusers folder (`fp16`, `non_ema`); nil takes the plain ones,
  ///     or where there are none fp16, or the only others. A part without that variant gives its
  ///     plain ones when another has it.
  ///   - choice: which weights of a CompVis checkpoint.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  public static func open(
    _ path: String, parts: Set<Part> = Set(Part.allCases), variant: String? = nil,
    weights choice: WeightChoice = .standard
  ) throws -> ModelFiles {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.missing(path: path)
    }
    guard isFolder.boolValue else {
      guard variant == nil else {
        throw CheckpointError.unsupported(
          file: path, reason: "`variant` chooses among the files of a folder; this is one file")
      }
      return try openFile(path, parts: parts, weights: choice)
    }
    guard choice == .standard else {
      throw CheckpointError.unsupported(
        file: path, reason: "a model folder keeps averages as a variant, not beside the weights")
    }
    return try openFolder(HubCache.snapshot(of: path), parts: parts, variant: variant)
  }

  private static func openFile(
    _ path: String, parts: Set<Part>, weights choice: WeightChoice
  ) throws -> ModelFiles {
    let source = try WeightFile.open(path)
    if parts == [.autoencoder], choice == .standard,
      let tiny = try TinyAutoencoderFiles(source, at: path)
    {
      var model = ModelFiles(path: path)
      model.autoencoder = try tiny.component()
      return model
    }
    var model = try ModelFiles(compVis: source, parts: parts, weights: choice)
    let beside = URL(fileURLWithPath: path).deletingLastPathComponent()
      .appendingPathComponent("tokenizer").path
    let isThere = ["vocab.json", "tokenizer.json"].contains {
      FileManager.default.fileExists(atPath: "\(beside)/\($0)")
    }
    if isThere, parts.contains(.tokenizer) { model.tokenizer = beside }
    return model
  }

  /// The networks in a source with CompVis's names.
  package init(
    compVis wrapped: any WeightSource, parts: Set<Part> = Set(Part.allCases),
    weights choice: WeightChoice
  ) throws {
    let source = try Wrappers.unwrapped(wrapped) {
      CompVisCheckpoint.recognizes($0) || CheckpointKind.of($0) != nil
    }
    let kind = CheckpointKind.of(source)
    if let kind, !parts.subtracting([.tokenizer, .layoutEncoder]).isSubset(of: kind.parts) {
      throw CheckpointError.unsupported(file: source.origin, reason: kind.sentence)
    }
    guard CompVisCheckpoint.recognizes(source) else {
      throw CheckpointError.unsupported(
        file: source.origin,
        reason: "tensors of no known model; expected a Stable Diffusion v1 checkpoint or a first "
          + "stage in CompVis layout (for diffusers' layout, name the folder)")
    }
    self.init(path: source.origin)
    self.kind = kind
    do { try open(CompVisCheckpoint(source, weights: choice), parts: parts) } catch {
      throw named(error)
    }
  }

  /// Does `work` on the model; what goes wrong with one that is not Stable Diffusion v1 is told with
  /// the model's name.
  /// - Throws: what `work` throws.
  public func naming<Result>(_ work: () throws -> Result) throws -> Result {
    do { return try work() } catch { throw named(error) }
  }

  func named(_ error: any Error) -> any Error {
    guard let kind, let error = error as? any PersonFacingError, error.exitStatus == .badData else {
      return error
    }
    return CheckpointError.unsupported(file: path, reason: "\(kind.sentence) (\(error))")
  }

  private mutating func open(_ checkpoint: CompVisCheckpoint, parts: Set<Part>) throws {
    let path = path
    checkpoint.tellPassedOver()
    func component(_ part: String, _ name: String, _ value: JSONValue, _ weights: RenamedWeights)
      -> ModelComponent
    {
      ModelComponent(
        className: name,
        configuration: JSONNode(value, file: "\(path) (\(part) inferred from its tensors)"),
        weights: weights)
    }
    if !checkpoint.unet.isEmpty, parts.contains(.unet) {
      let network = try CompVisUNet(
        checkpoint.unet, heads: kind?.attentionHeads ?? .count(8),
        sampleSize: checkpoint.sampleSize())
      unet = component("U-Net", "UNet2DConditionModel", network.configuration, network.weights)
    }
    if !checkpoint.unet.isEmpty, parts.contains(.scheduler) {
      scheduler = JSONNode(try checkpoint.scheduler(), file: "\(path) (inferred scheduler)")
    }
    if !checkpoint.autoencoder.isEmpty, parts.contains(.autoencoder) {
      let factor =
        checkpoint.unet.isEmpty
        ? nil : try checkpoint.scalingFactor() ?? kind?.latentScale ?? 0.18215
      let network = try CompVisAutoencoder(checkpoint.autoencoder, scalingFactor: factor)
      autoencoder = component(
        "autoencoder", network.className, network.configuration, network.weights)
    }
    if !checkpoint.textEncoder.isEmpty, parts.contains(.textEncoder) {
      let weights =
        checkpoint.hasOpenCLIP
        ? try OpenCLIPText.weights(checkpoint.textEncoder)
        : try CLIPTextWeights.canonical(checkpoint.textEncoder)
      let value = try CLIPTextWeights.configuration(
        of: weights, activation: checkpoint.hasOpenCLIP ? "gelu" : "quick_gelu")
      textEncoder = component("text encoder", "CLIPTextModel", value, weights)
    }
  }
}

extension ModelFiles {
  /// The mark in `model_index.json`, or in the `config.json` of one network alone, of a model that was
  /// never trained; diffusers ignores it.
  package static let untrainedMark = "_untrained"

  /// Whether the model at `path` says of itself that it was never trained; a single file cannot.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  public static func isMarkedUntrained(_ path: String) throws -> Bool {
    for name in ["model_index.json", "config.json"] {
      let file = URL(fileURLWithPath: path).appendingPathComponent(name).path
      guard FileManager.default.fileExists(atPath: file) else { continue }
      return try JSONNode(ofModel: file).find(untrainedMark)?.bool() ?? false
    }
    return false
  }
}
