import Diagnostics
import Foundation

/// One network of a model: what it is, how it is configured, and its weights under diffusers' names.
public struct ModelComponent: Sendable {
  /// As diffusers or transformers name it, e.g. `UNet2DConditionModel`.
  public let className: String
  public let configuration: JSONNode
  public let weights: any WeightSource

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

  /// The folder or file.
  public let path: String
  public var unet: ModelComponent?
  public var autoencoder: ModelComponent?
  public var textEncoder: ModelComponent?
  /// The scheduler's configuration.
  public var scheduler: JSONNode?
  /// The folder with `vocab.json` and `merges.txt`.
  public var tokenizer: String?

  public init(path: String) { self.path = path }

  /// Opens a model. No number is read: weights are mapped, and converted when they are asked for.
  /// - Parameters:
  ///   - path: a diffusers folder, the folder of one of its networks, or a single file.
  ///   - variant: which weights of a diffusers folder (`fp16`, `non_ema`); nil takes the plain ones,
  ///     or fp16 where there are no others.
  ///   - choice: which weights of a CompVis checkpoint.
  /// - Throws: `FileError` or `CheckpointError`.
  public static func open(
    _ path: String, variant: String? = nil, weights choice: WeightChoice = .standard
  ) throws -> ModelFiles {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.missing(path: path)
    }
    guard isFolder.boolValue else { return try openFile(path, weights: choice) }
    guard choice == .standard else {
      throw CheckpointError.unsupported(
        file: path, reason: "a model folder keeps averages as a variant, not beside the weights")
    }
    return try openFolder(path, variant: variant)
  }

  private static func openFile(
    _ path: String, weights choice: WeightChoice
  ) throws -> ModelFiles {
    var model = try ModelFiles(compVis: WeightFile.open(path), weights: choice)
    let beside = URL(fileURLWithPath: path).deletingLastPathComponent()
      .appendingPathComponent("tokenizer").path
    if FileManager.default.fileExists(atPath: beside + "/vocab.json") { model.tokenizer = beside }
    return model
  }

  /// The networks in a source with CompVis's names.
  package init(compVis source: any WeightSource, weights choice: WeightChoice) throws {
    guard CompVisCheckpoint.recognizes(source) else {
      throw CheckpointError.unsupported(
        file: source.origin,
        reason: "tensors of no known model; expected a Stable Diffusion v1 checkpoint or a first "
          + "stage in CompVis layout (for diffusers' layout, name the folder)")
    }
    try self.init(CompVisCheckpoint(source, weights: choice), path: source.origin)
  }

  private init(_ checkpoint: CompVisCheckpoint, path: String) throws {
    self.init(path: path)
    func component(_ part: String, _ name: String, _ value: JSONValue, _ weights: RenamedWeights)
      -> ModelComponent
    {
      ModelComponent(
        className: name,
        configuration: JSONNode(value, file: "\(path) (\(part) inferred from its tensors)"),
        weights: weights)
    }
    if !checkpoint.unet.isEmpty {
      let network = try CompVisUNet(checkpoint.unet)
      unet = component("U-Net", "UNet2DConditionModel", network.configuration, network.weights)
      scheduler = JSONNode(try checkpoint.scheduler(), file: "\(path) (inferred scheduler)")
    }
    if !checkpoint.autoencoder.isEmpty {
      let factor = checkpoint.unet.isEmpty ? nil : try checkpoint.scalingFactor()
      let network = try CompVisAutoencoder(checkpoint.autoencoder, scalingFactor: factor)
      autoencoder = component(
        "autoencoder", network.className, network.configuration, network.weights)
    }
    if !checkpoint.textEncoder.isEmpty {
      let weights = try CLIPTextWeights.canonical(checkpoint.textEncoder)
      let value = try CLIPTextWeights.configuration(of: weights)
      textEncoder = component("text encoder", "CLIPTextModel", value, weights)
    }
  }
}
