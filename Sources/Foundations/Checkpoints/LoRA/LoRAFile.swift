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

/// A LoRA as it lies on disk: two thin matrices for each layer that it changes.
///
/// Files of kohya's scripts, diffusers and peft are read, safetensors and PyTorch's alike. Which layer
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
    source = try WeightFile.open(file)
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

  /// The names of the tensors of one layer.
  private struct Names {
    var down: String?
    var up: String?
    var alpha: String?
  }

  /// What the LoRA adds to a model's layers, by part and path. All of it must have a place there.
  /// - Parameter targets: the layers of the model.
  /// - Throws: `LoRAError`, or `CheckpointError` for numbers that are no weights.
  public func layers(for targets: LoRATargets) throws -> [LoRALayer] {
    var found: [String: (layer: LoRATargets.Layer, names: Names)] = [:]
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
      var names = found[key]?.names ?? Names()
      let place: WritableKeyPath<Names, String?> =
        switch name.role {
        case .down: \.down
        case .up: \.up
        case .alpha: \.alpha
        }
      guard names[keyPath: place] == nil else { throw LoRAError.twice(file: origin, layer: key) }
      names[keyPath: place] = tensor
      found[key] = (layer, names)
    }
    return try found.keys.sorted().compactMap { key in
      try found[key].map { try layer($0.layer, $0.names) }
    }
  }

  private func layer(_ target: LoRATargets.Layer, _ names: Names) throws -> LoRALayer {
    func missing(_ role: LoRAName.Role) -> LoRAError {
      .incomplete(file: origin, layer: target.module, missing: role.rawValue)
    }
    guard let downName = names.down else { throw missing(.down) }
    guard let upName = names.up else { throw missing(.up) }
    for name in [downName, upName] { try requireWeights(name) }
    let rank = try rank(of: target, downName, upName)
    let (alpha, factor) = try scaling(of: target, rank: rank, names)
    let (down, up) = (try weights(downName), try weights(upName))
    return LoRALayer(
      file: origin, part: target.part, module: target.module, shape: target.weight, alpha: alpha,
      factor: factor, down: down.reshaped([rank, -1]),
      up: up.reshaped([-1, rank]))
  }

  private func requireWeights(_ name: String) throws {
    guard let type = source.info(name)?.elementType, !type.isFloatingPoint else { return }
    throw CheckpointError.notFloatingPoint(file: origin, name: name, type: type)
  }

  /// A matrix, read.
  private func weights(_ name: String) throws -> Tensor {
    let tensor = try source.tensor(named: name)
    guard tensor.isFinite else {
      throw CheckpointError.notFinite(file: origin, network: "LoRA", name: name)
    }
    return tensor
  }

  /// The rank, where the two matrices have the weight's shape as their product.
  private func rank(
    of target: LoRATargets.Layer, _ downName: String, _ upName: String
  ) throws -> Int {
    let down = source.info(downName)?.shape ?? []
    let up = source.info(upName)?.shape ?? []
    let inner = Array(target.weight.dropFirst())
    func fits(_ shape: [Int], _ expected: [Int]) -> Bool {
      // 1 × 1 kernels are written out or not.
      func plain(_ shape: [Int]) -> [Int] {
        shape.count == 4 && shape[2...] == [1, 1] ? Array(shape.prefix(2)) : shape
      }
      return plain(shape) == plain(expected)
    }
    guard let rank = down.first, fits(down, [rank] + inner), fits(up, [target.weight[0], rank])
    else {
      throw LoRAError.misfit(
        file: origin, layer: target.module, weight: target.weight, down: down, up: up)
    }
    guard 1...Self.highestRank ~= rank else {
      throw LoRAError.rank(
        file: origin, layer: target.module, rank: rank, limit: Self.highestRank)
    }
    return rank
  }

  private func scaling(
    of target: LoRATargets.Layer, rank: Int, _ names: Names
  ) throws -> (alpha: Double?, factor: Double) {
    if let name = names.alpha {
      guard source.info(name)?.shape.reduce(1, *) == 1,
        let value = try source.tensor(named: name).elements.first, value.isFinite
      else { throw LoRAError.alpha(file: origin, layer: target.module) }
      return (Double(value), Double(value) / Double(rank))
    }
    guard let settings = settings[target.part] ?? settings[.none] else { return (nil, 1) }
    let expected = settings.rank(of: target.module)
    guard expected == rank else {
      throw LoRAError.otherRank(
        file: origin, layer: target.module, expected: expected, found: rank)
    }
    return (settings.alpha(of: target.module), settings.factor(of: target.module))
  }
}
