import Diagnostics
import Foundation
import JSON
import Tensors

/// A LoRA's file and how much of it is wanted.
public struct LoRAChoice: Sendable, Equatable, CustomStringConvertible {
  /// A file, or a folder of peft or diffusers.
  public let path: String
  /// 1 as it was trained; 0 for nothing, negative for the opposite.
  public let scale: Double

  /// A file at a scale.
  public init(_ path: String, scale: Double = 1) { (self.path, self.scale) = (path, scale) }

  /// As it is typed: `FILE=SCALE`.
  public var description: String { "\(path)=\(scale)" }
}

/// A LoRA as it lies on disk: two thin matrices for each layer that it changes, or as many as its
/// relatives LoCon, LoHa and LoKr have.
///
/// Files of kohya's scripts, LyCORIS, diffusers and peft are read, safetensors and PyTorch's alike. Which layer
/// a name means is decided by the names that a model has: `layers(for:)`.
public struct LoRAFile: Sendable {
  /// The file, for messages.
  public let origin: String
  private let source: any WeightSource
  private let settings: [LoRAPart?: LoRASettings]

  /// Far above any that is trained, and a matrix of this size is still decomposed in a second.
  static let highestRank = 1024

  /// Opens a LoRA; its names are looked through, no matrix is read yet.
  /// - Parameter path: a safetensors file, a `.pt`, `.bin` or `.ckpt`, or a folder with
  ///   `adapter_model` or `pytorch_lora_weights` in it; `adapter_config.json` beside an
  ///   `adapter_model` says how it is scaled.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError`, or `LoRAError` for another kind of file.
  public init(_ path: String) throws {
    let file = try Self.file(at: path)
    try self.init(WeightFile.open(file), at: file)
  }

  /// A LoRA's tensors, wherever they come from.
  /// - Parameters:
  ///   - source: under the names that the file gives them.
  ///   - file: where they lie; settings of peft are looked for beside it.
  /// - Throws: `FileError`, `JSONError`, or `LoRAError` for another kind of file.
  package init(_ source: any WeightSource, at file: String) throws {
    self.source = source
    origin = source.origin
    for name in source.names {
      if let kind = LoRAName.otherKind(of: name) {
        throw LoRAError.otherKind(file: origin, tensor: name, kind: kind)
      }
    }
    for name in source.names {
      if let model = LoRAName.otherModel(of: name) {
        throw LoRAError.otherModel(file: origin, tensor: name, model: model)
      }
    }
    settings = try Self.settings(of: source, at: file)
  }

  private static let names = ["adapter_model", "pytorch_lora_weights"].flatMap { stem in
    ["safetensors", "bin"].map { "\(stem).\($0)" }
  }

  private static func file(at path: String) throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return path }
    guard let file = file(in: URL(fileURLWithPath: path)) else {
      throw LoRAError.emptyFolder(path: path, expected: names)
    }
    return file
  }

  /// The LoRA's file in a folder of peft or diffusers; nil where there is none.
  static func file(in folder: URL) -> String? {
    names.map { folder.appendingPathComponent($0).path }
      .first(where: FileManager.default.fileExists(atPath:))
  }

  private static func settings(
    of source: any WeightSource, at path: String
  ) throws -> [LoRAPart?: LoRASettings] {
    let file = URL(fileURLWithPath: path)
    let beside = file.deletingLastPathComponent().appendingPathComponent("adapter_config.json").path
    if file.lastPathComponent.hasPrefix("adapter_model."),
      FileManager.default.fileExists(atPath: beside)
    {
      return [.none: try LoRASettings(JSONNode(ofModel: beside))]
    }
    guard let text = (source as? SafetensorsFile)?.metadata[LoRASettings.metadataKey] else {
      return [:]
    }
    return try LoRASettings.inMetadata(text, of: path)
  }

  // MARK: - For a model

  /// What the LoRA adds to a model's layers, by part and path. All of it must have a place there.
  /// - Parameter targets: the layers of the model.
  /// - Throws: `LoRAError`, or `CheckpointError` for numbers that are no weights.
  public func layers(for targets: LoRATargets) throws -> [LoRALayer] {
    var found: [String: (layer: LoRATargets.Layer, names: [LoRAName.Role: String])] = [:]
    for tensor in source.names {
      guard let name = LoRAName(tensor) else {
        throw LoRAError.unknownTensor(file: origin, tensor: tensor)
      }
      let layers = targets.layers(named: name)
      guard let layer = layers.first else {
        throw LoRAError.unknownLayer(file: origin, layer: tensor)
      }
      guard layers.count == 1 else {
        throw LoRAError.ambiguous(file: origin, layer: tensor, layers: layers.map(\.module))
      }
      let key = "\(layer.part.rawValue).\(layer.module)"
      var names = found[key]?.names ?? [:]
      guard names.updateValue(tensor, forKey: name.role) == nil else {
        throw LoRAError.twice(file: origin, layer: key)
      }
      found[key] = (layer, names)
    }
    return try found.keys.sorted().compactMap { key in
      try found[key].map { try layer($0.layer, $0.names) }
    }
  }

  private func layer(
    _ target: LoRATargets.Layer, _ names: [LoRAName.Role: String]
  ) throws -> LoRALayer {
    try LoRALayerReading(
      target: target, names: names, source: source,
      settings: settings[target.part] ?? settings[.none]
    ).layer()
  }
}
