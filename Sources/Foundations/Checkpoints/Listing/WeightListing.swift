import Diagnostics
import Foundation
import JSON

/// A tensor as a file lists it.
package struct ListedTensor: Sendable {
  /// As the file names it; in a folder of several networks with its part before it: `unet/conv_in.bias`.
  package let name: String
  /// As PyTorch keeps it; empty for a single number, nil where it is not known.
  package let shape: [Int]?
  /// The number format, as its file names it: `F16`, `Q4_K`.
  package let type: String
  /// What its numbers take in the file; 0 where it is not known.
  package let byteCount: Int
  /// Which of the listing's files it is in.
  package let file: Int
  let numbers: StoredNumbers

  /// The product of the shape.
  package var elementCount: Int { shape?.reduce(1, *) ?? 0 }

  /// Whether its numbers can be read here.
  package var isReadable: Bool {
    if case .unread = numbers { false } else { true }
  }

  /// Where its numbers begin in the file, to read files from front to back.
  fileprivate var position: Int {
    if case .run(_, let range, _) = numbers { range.lowerBound } else { 0 }
  }
}

/// One file of a listing.
package struct ListedFile: Sendable {
  /// Its path.
  package let path: String
  /// In words, as `safetensors` or `PyTorch, a zip archive`.
  package let format: String
  /// Its size.
  package let byteCount: Int
  /// What it says of itself: the `__metadata__` of safetensors, the keys of GGUF, what a pickle keeps
  /// beside its tensors.
  package let metadata: [(key: String, value: String)]
  /// Whether there is more of this than is listed.
  package let hasMoreMetadata: Bool
  /// What its pickles ask for; nil for a file that is no pickle.
  package let pickle: PickleSurvey?
  /// The bytes of a safetensors header, which say all of the file but its numbers; nil for others.
  package let header: Data?
}

/// What lies at a path, listed and not read: a file of weights, several that an index names, or a model's
/// folder.
///
/// Headers alone are looked at, and nothing is run. What no network here could use is listed all the same:
/// other number formats, optimiser states, pickles that ask for more than tensors.
package struct WeightListing: Sendable {
  /// The file or folder; of a cache's folder, the snapshot.
  package let path: String
  /// The files with weights.
  package private(set) var files: [ListedFile] = []
  /// The tensors of all files, in ascending order of their names.
  package private(set) var tensors: [ListedTensor] = []
  /// The class that a folder's `model_index.json` or `config.json` names; nil for a file.
  package private(set) var className: String?

  /// Lists what lies at a path.
  /// - Parameters:
  ///   - path: a weight file, an index of several, a model's folder, or one of a Hugging Face cache.
  ///   - variant: which weights of a folder (`fp16`); nil for the plain ones.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  package init(_ path: String, variant: String? = nil) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.missing(path: path)
    }
    self.path = isFolder.boolValue ? try HubCache.snapshot(of: path) : path
    if isFolder.boolValue {
      try listFolder(variant)
    } else {
      guard variant == nil else {
        throw CheckpointError.unsupported(
          file: path, reason: "`variant` chooses among the files of a folder; this is one file")
      }
      try list(path, as: "")
    }
    tensors.sort { $0.name < $1.name }
  }

  /// The places in `tensors`, ordered as their numbers lie in the files.
  var inFileOrder: [Int] {
    tensors.indices.sorted {
      (tensors[$0].file, tensors[$0].position) < (tensors[$1].file, tensors[$1].position)
    }
  }

  // MARK: Folders

  private mutating func listFolder(_ variant: String?) throws {
    let folder = URL(fileURLWithPath: path)
    let index = folder.appendingPathComponent("model_index.json").path
    var choices = VariantChoices(asked: variant)
    if FileManager.default.fileExists(atPath: index) {
      let listed = try JSONNode(ofModel: index).members()
      className = try listed["_class_name"]?.string()
      for name in listed.keys.sorted() where !name.hasPrefix("_") {
        let part = folder.appendingPathComponent(name)
        guard WeightFolder(part).hasWeights else { continue }
        try list(choices.file(in: part, stem: Self.stem(of: part)), as: name + "/")
      }
    } else if WeightFolder(folder).hasWeights {
      className = try Self.className(of: folder)
      try list(choices.file(in: folder, stem: Self.stem(of: folder)), as: "")
    } else if let file = LoRAFile.file(in: folder) {
      guard variant == nil else {
        throw CheckpointError.unsupported(
          file: path,
          reason: "`variant` chooses among the files of a model; this is a LoRA's folder")
      }
      return try list(file, as: "")
    } else {
      throw ModelFiles.noModel(
        in: folder,
        otherwise: CheckpointError.unsupported(
          file: path,
          reason: "holds no weights; expected a model's folder (model_index.json), a network's "
            + "(diffusion_pytorch_model.safetensors, model.safetensors) or a LoRA's"))
    }
    guard !files.isEmpty else {
      throw CheckpointError.unsupported(
        file: path, reason: "its model_index.json names no part that has weights here")
    }
    try choices.finish(path)
    if try ModelFiles.isMarkedUntrained(path) { Provenance.tell(.untrained) }
  }

  /// How the weight files of a network's folder begin, for the complaint that one is missing: as
  /// transformers calls them where it made the folder.
  private static func stem(of folder: URL) throws -> String {
    let file = folder.appendingPathComponent("config.json").path
    guard FileManager.default.fileExists(atPath: file) else { return "diffusion_pytorch_model" }
    let isOfTransformers = try JSONNode(ofModel: file).find("model_type") != nil
    return isOfTransformers ? "model" : "diffusion_pytorch_model"
  }

  private static func className(of folder: URL) throws -> String? {
    let file = folder.appendingPathComponent("config.json").path
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let configuration = try JSONNode(ofModel: file)
    return try configuration.find("_class_name")?.string()
      ?? configuration.find("architectures")?.strings().first
  }

  // MARK: Files

  private static let kind = "weights (safetensors, GGUF, or PyTorch's .ckpt, .pt, .pth or .bin)"

  private mutating func list(_ path: String, as prefix: String) throws {
    guard !ShardedWeights.isIndex(path) else {
      for file in try ShardedWeights(path).files { try list(file, as: prefix) }
      return
    }
    let file = try MappedFile(path, expecting: Self.kind)
    let before = tensors.count
    if GGUFFile.recognizes(file) {
      try listGGUF(file, prefix)
    } else if ZipArchive.recognizes(file) {
      try listTorch(file, prefix, format: "PyTorch, a zip archive with a pickle")
    } else if SafetensorsFile.recognizes(file) {
      try listSafetensors(file, prefix)
    } else if file.bytes.first == 0x80 {
      try listTorch(file, prefix, format: "PyTorch, a row of pickles (before version 1.6)")
    } else {
      throw WeightFile.unreadable(file, expecting: Self.kind)
    }
    guard tensors.count > before || files.last?.pickle?.hasUnknown == true else {
      throw WeightFile.empty(file)
    }
  }

  private mutating func listSafetensors(_ file: MappedFile, _ prefix: String) throws {
    let source = try SafetensorsFile(file)
    for name in source.names {
      guard let info = source.info(name), let range = source.range(of: name) else { continue }
      append(prefix + name, info, .run(file, range, .element(info.elementType)), range.count)
    }
    files.append(
      ListedFile(
        path: file.path, format: "safetensors", byteCount: file.bytes.count,
        metadata: source.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
        hasMoreMetadata: false, pickle: nil, header: Data(source.header)))
  }

  private mutating func listTorch(_ file: MappedFile, _ prefix: String, format: String) throws {
    let source = try TorchFile(file, surveying: true)
    for name in source.names {
      guard let info = source.info(name) else { continue }
      let numbers =
        source.range(of: name).map { StoredNumbers.run(file, $0, .element(info.elementType)) }
        ?? .scattered(source, name: name)
      let bytes = info.shape.reduce(1, *) * info.elementType.byteCount
      append(prefix + name, info, numbers, bytes)
    }
    for (name, kind) in source.others {
      tensors.append(
        ListedTensor(
          name: prefix + name, shape: nil, type: kind.abridged, byteCount: 0, file: files.count,
          numbers: .unread))
    }
    files.append(
      ListedFile(
        path: file.path, format: format, byteCount: file.bytes.count,
        metadata: source.survey?.beside ?? [],
        hasMoreMetadata: source.survey?.hasMoreBeside ?? false, pickle: source.survey?.pickle,
        header: nil))
  }

  private mutating func listGGUF(_ file: MappedFile, _ prefix: String) throws {
    let source = try GGUFFile(file)
    for (name, entry) in source.entries {
      let numbers = entry.type.format.map { StoredNumbers.run(file, entry.range, $0) } ?? .unread
      tensors.append(
        ListedTensor(
          name: prefix + name, shape: entry.shape, type: entry.type.name,
          byteCount: entry.range.count, file: files.count, numbers: numbers))
    }
    file.expectLongReads()
    files.append(
      ListedFile(
        path: file.path, format: "GGUF, version \(source.version)", byteCount: file.bytes.count,
        metadata: source.metadata, hasMoreMetadata: false, pickle: nil, header: nil))
  }

  private mutating func append(
    _ name: String, _ info: TensorInfo, _ numbers: StoredNumbers, _ bytes: Int
  ) {
    tensors.append(
      ListedTensor(
        name: name, shape: info.shape, type: info.elementType.rawValue, byteCount: bytes,
        file: files.count, numbers: numbers))
  }
}
