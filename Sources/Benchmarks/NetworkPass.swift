import Checkpoints
import Foundation
import JSON
import Networks
import Tensors

/// One network of a diffusers folder with what goes into it.
package struct NetworkPass {
  /// Makes the pass: what comes out, by name.
  package let compute: (ForwardPass) -> [String: Tensor]

  /// The network's.
  package let parameters: [Parameter]

  /// What the layers of one kind cost in a pass.
  package struct Cost {
    package let kind: String
    package let layers: Int
    /// Multiplications and additions of the definition.
    package let flops: Int
    package let seconds: Double
  }

  /// - Parameters:
  ///   - folder: with `config.json` and the weights as one safetensors file.
  ///   - input: `sample`, `timesteps` and `context` for a U-Net, `image`, `latent` or both for an autoencoder,
  ///     `ids` for a text encoder.
  /// - Throws: `FileError`, `JSONError`, or `CheckpointError` for weights or inputs that are not there or do
  ///   not fit.
  package init(of folder: String, on input: some WeightSource) throws {
    let node = try JSONNode(ofModel: "\(folder)/config.json")
    let file = (try? FileManager.default.contentsOfDirectory(atPath: folder))?
      .first { $0.hasSuffix(".safetensors") }
    let weights = try SafetensorsFile("\(folder)/\(file ?? "model.safetensors")")
    switch try node.find("_class_name")?.string() {
    case UNetConfiguration.className:
      let settings = try UNetConfiguration(node)
      guard settings.classCount == nil else {
        throw CheckpointError.unsupported(
          file: folder, reason: "expected a U-Net without classes, found one with them")
      }
      self = try Self(UNet2DConditionModel(settings, weights: weights), input)
    case AutoencoderKLConfiguration.className:
      self = try Self(AutoencoderKL(AutoencoderKLConfiguration(node), weights: weights), input)
    default:
      self = try Self(CLIPTextModel(CLIPTextConfiguration(node), weights: weights), input)
    }
  }

  private init(_ model: UNet2DConditionModel, _ input: some WeightSource) throws {
    let settings = model.configuration
    let sample = try input.tensor("sample", "B", "\(settings.inChannels)", "H", "W")
    let samples = "\(sample.shape[0])"
    let timesteps = try input.tensor("timesteps", samples).elements
    let features = settings.usesContext ? "\(settings.crossAttentionDimensions[0])" : "D"
    let context = try input.tensor("context", samples, "M", features)
    parameters = model.parameters
    compute = { ["output": model(sample, timesteps: timesteps, context: context, $0)] }
  }

  private init(_ model: AutoencoderKL, _ input: some WeightSource) throws {
    let f = model.downsamplingFactor
    let image =
      try input.names.contains("image")
      ? input.tensor("image", "B", "\(model.imageChannels)", "H", "W") : nil
    if let image {
      try input.require(
        min(image.shape[2], image.shape[3]) >= f, "image", "at least \(f) pixels a side")
    }
    // Without a picture there must be a latent.
    let latent =
      try image == nil || input.names.contains("latent")
      ? input.tensor("latent", "B", "\(model.latentChannels)", "h", "w") : nil
    parameters = model.parameters
    compute = { pass in
      var results: [String: Tensor] = [:]
      if let image { results["moments"] = model.encode(image, pass).parameters }
      if let latent { results["decoded"] = model.decode(latent, pass) }
      return results
    }
  }

  private init(_ model: CLIPTextModel, _ input: some WeightSource) throws {
    let (words, positions) = (model.configuration.vocabularySize, model.configuration.positions)
    let ids = try input.tensor("ids", "B", "N")
    try input.require(ids.shape[1] <= positions, "ids", "at most \(positions) in a row")
    try input.require(
      ids.elements.allSatisfy { $0 >= 0 && $0 < Float(words) && $0 == $0.rounded() }, "ids",
      "whole numbers from 0 to \(words - 1)")
    let rows = (0..<ids.shape[0]).map { ids.rows($0..<$0 + 1).elements.map { Int($0) } }
    parameters = model.parameters
    compute = { ["output": model(rows, $0)] }
  }

  /// What each kind of layer costs in one more pass, in the order of their names.
  package func costs(_ precision: Precision) -> [Cost] {
    let probe = RecordingProbe()
    _ = compute(ForwardPass(probe: probe, precision: precision))
    let operations = Dictionary(grouping: probe.layers.filter(\.kind.isOperation), by: \.kind)
    return operations.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, layers in
      Cost(
        kind: kind.rawValue, layers: layers.count, flops: layers.reduce(0) { $0 + $1.flops },
        seconds: layers.reduce(0) { $0 + $1.seconds })
    }
  }
}

extension WeightSource {
  /// The tensor of that name.
  /// - Parameter shape: each side as a number, or as a letter where any will do.
  /// - Throws: `CheckpointError`, also for a tensor of another shape.
  fileprivate func tensor(_ name: String, _ shape: String...) throws -> Tensor {
    let tensor = try tensor(named: name)
    let fits =
      tensor.rank == shape.count
      && zip(tensor.shape, shape).allSatisfy { $0 > 0 && $0 == Int($1) ?? $0 }
    try require(
      fits, name, "shape [\(shape.joined(separator: ", "))], found \(tensor.shape)")
    try require(tensor.isFinite, name, "finite numbers")
    return tensor
  }

  /// Refuses a tensor that a network would not take.
  fileprivate func require(_ fits: Bool, _ name: String, _ expected: String) throws {
    guard !fits else { return }
    throw CheckpointError.unsupported(
      file: origin, reason: "tensor '\(name)': expected \(expected)")
  }
}
