import Diagnostics
import Foundation
import JSON
import Tensors

/// Opens a checkpoint of whatever kind its contents, not its name, show.
public enum WeightFile {
  static let kind = "a checkpoint (safetensors, GGUF, or PyTorch's .ckpt, .pt or .bin)"

  /// - Returns: the tensors under the names that the file gives them; no number is read yet.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  public static func open(_ path: String) throws -> any WeightSource {
    // An index names the files that hold the tensors.
    if ShardedWeights.isIndex(path) { return try ShardedWeights(path) }
    return try open(MappedFile(path, expecting: kind))
  }

  package static func open(_ file: MappedFile) throws -> any WeightSource {
    let source = try read(file)
    guard !source.names.isEmpty else { throw empty(file) }
    return source
  }

  private static func read(_ file: MappedFile) throws -> any WeightSource {
    if ZipArchive.recognizes(file) { return try TorchFile(file) }
    if SafetensorsFile.recognizes(file) { return try SafetensorsFile(file) }
    if GGUFFile.recognizes(file) { return try GGUFWeights(file) }
    if file.bytes.first == 0x80 { return try TorchFile(file) }
    throw unreadable(file)
  }

  /// The complaint about a file that is none of those that are read here.
  /// - Parameters:
  ///   - file: what was found.
  ///   - kind: what was expected, in words.
  static func unreadable(_ file: MappedFile, expecting kind: String = kind) -> CheckpointError {
    .unsupported(
      file: file.path,
      reason: FileSignature.explanation(of: file.bytes)
        ?? "expected \(kind), found something else, or only a part of it")
  }

  /// The complaint about a file without a tensor.
  static func empty(_ file: MappedFile) -> CheckpointError {
    .unsupported(
      file: file.path,
      reason: "holds no tensor at all: whatever saved it had nothing to save; get the file again")
  }
}

/// Tensors spread over several files, as an index lists them.
///
///     {"metadata": …, "weight_map": {"conv_in.weight": "model-00001-of-00002.safetensors", …}}
public struct ShardedWeights: WeightSource {
  /// The index file's path, for messages.
  public let origin: String
  /// The names of all files together, in ascending order.
  public let names: [String]
  /// The paths of the files that the index names, in ascending order.
  package let files: [String]
  private let shards: [String: any WeightSource]

  /// Whether a name is one of an index: `….safetensors.index.json`, and with a variant
  /// `….safetensors.index.fp16.json` (transformers, diffusers from 0.35) or
  /// `….safetensors.fp16.index.json` (diffusers before that).
  static func isIndex(_ path: String) -> Bool {
    let parts = (path.split(separator: "/").last ?? "").split(separator: ".")
    return parts.last == "json" && parts.suffix(3).dropLast().contains("index")
  }

  /// - Parameter index: the index file; the others lie beside it.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`, also where the index and the files disagree.
  public init(_ index: String) throws {
    let folder = URL(fileURLWithPath: index).deletingLastPathComponent()
    var files: [String: any WeightSource] = [:]
    var shards: [String: any WeightSource] = [:]
    for (name, node) in try JSONNode(ofModel: index)["weight_map"].members() {
      let fileName = try node.string()
      guard Self.isPlain(fileName), !Self.isIndex(fileName) else {
        throw node.failure(expected: "the name of a file beside the index")
      }
      let file =
        try files[fileName] ?? WeightFile.open(folder.appendingPathComponent(fileName).path)
      files[fileName] = file
      guard file.info(name) != nil else {
        throw CheckpointError.missingTensor(file: file.origin, name: name, expected: nil)
      }
      shards[name] = file
    }
    for file in files.values {
      for name in file.names where shards[name]?.origin != file.origin {
        throw CheckpointError.unexpectedTensor(
          file: file.origin, name: name, shape: file.info(name)?.shape ?? [])
      }
    }
    self.shards = shards
    self.files = files.values.map(\.origin).sorted()
    origin = index
    names = shards.keys.sorted()
  }

  /// Whether a name stays in its folder and on its line.
  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".")
      && name.unicodeScalars.allSatisfy { $0 != "/" && $0.value >= 0x20 && $0.value != 0x7f }
  }

  /// Shape and stored type of a tensor; nil when the index has none of that name.
  public func info(_ name: String) -> TensorInfo? { shards[name]?.info(name) }

  /// Reads the tensor of that name from the file that holds it.
  /// - Throws: `CheckpointError`.
  public func tensor(named name: String) throws -> Tensor {
    try shard(of: name).tensor(named: name)
  }

  /// The tensor of that name as the file that holds it stores it.
  /// - Throws: `CheckpointError`.
  public func weight(named name: String) throws -> Weight {
    try shard(of: name).weight(named: name)
  }

  private func shard(of name: String) throws -> any WeightSource {
    guard let shard = shards[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return shard
  }
}
