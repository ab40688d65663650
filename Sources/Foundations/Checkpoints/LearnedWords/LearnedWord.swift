import Diagnostics
import Foundation
import Tensors

/// The file of a learned word, and what prompts shall call it.
public struct LearnedWordChoice: Sendable, Equatable, CustomStringConvertible {
  /// A file, or a folder of diffusers.
  public let path: String
  /// The word in prompts; nil for the name that the file gives it.
  public let token: String?

  /// A file and a name.
  public init(_ path: String, token: String? = nil) { (self.path, self.token) = (path, token) }

  /// As it is typed: `FILE=TOKEN`.
  public var description: String { token.map { "\(path)=\($0)" } ?? path }
}

/// A word that somebody taught a text encoder: rows for its table of tokens, learned from a few
/// pictures while everything else stood still.
///
/// Files of A1111 (`string_to_param`, also as safetensors) and of diffusers (one tensor under the
/// word itself) are read. Source: textual inversion (arXiv:2208.01618) §4.
public struct LearnedWord: Sendable {
  /// The word as prompts have it.
  public let text: String
  /// Its rows, shape [n, D]: it takes n places of a prompt.
  public let vectors: Tensor
  /// The file, for messages.
  public let file: String

  /// How many places of a prompt it takes.
  public var count: Int { vectors.shape[0] }

  /// A word that is there already.
  /// - Precondition: `vectors` has shape [n, D] with n > 0.
  public init(_ text: String, vectors: Tensor, file: String = "memory") {
    precondition(vectors.rank == 2 && vectors.count > 0, "\(vectors.shape) are no vectors")
    (self.text, self.vectors, self.file) = (text, vectors, file)
  }

  /// Reads a word. Its name is the one that was chosen, else the one that the file states, else the
  /// file's own.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError`, or `LearnedWordError` for another file.
  public init(_ choice: LearnedWordChoice) throws {
    try self.init(choice, of: WeightFile.open(Self.file(at: choice.path)))
  }

  /// Reads a word from a file that is open.
  /// - Throws: `CheckpointError`, or `LearnedWordError` for another file.
  package init(_ choice: LearnedWordChoice, of source: any WeightSource) throws {
    let tensor = try Self.tensor(of: source)
    guard let info = source.info(tensor), 1...2 ~= info.shape.count, !info.shape.contains(0) else {
      throw LearnedWordError.noVector(
        file: source.origin, tensor: tensor, shape: source.info(tensor)?.shape ?? [])
    }
    guard info.elementType.isFloatingPoint else {
      throw CheckpointError.notFloatingPoint(
        file: source.origin, name: tensor, type: info.elementType)
    }
    let numbers = try source.tensor(named: tensor)
    guard numbers.isFinite else {
      throw CheckpointError.notFinite(file: source.origin, network: "learned word", name: tensor)
    }
    file = source.origin
    vectors = info.shape.count == 1 ? numbers.reshaped([1] + info.shape) : numbers
    text = choice.token ?? Self.name(of: tensor, in: source)
  }

  // MARK: In the file

  private static let oldPrefix = "string_to_param."
  /// What stands where a name would, and is none.
  private static let nameless: Set<String> = ["", "*", "emb_params", "weight"]
  private static let fileNames = ["learned_embeds.safetensors", "learned_embeds.bin"]

  private static func file(at path: String) throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return path }
    let files = fileNames.map { URL(fileURLWithPath: path).appendingPathComponent($0).path }
    guard let file = files.first(where: FileManager.default.fileExists(atPath:)) else {
      throw LearnedWordError.emptyFolder(path: path, expected: fileNames)
    }
    return file
  }

  /// The name of the one tensor that the file holds.
  private static func tensor(of source: any WeightSource) throws -> String {
    let names = source.names
    if let kind = CheckpointKind.of(source), !kind.isLearnedWord {
      throw CheckpointError.unsupported(file: source.origin, reason: kind.sentence)
    }
    if names.contains("clip_g") {
      throw LearnedWordError.otherModel(file: source.origin, tensor: "clip_g")
    }
    guard names.count == 1 else {
      throw LearnedWordError.several(file: source.origin, tensors: names)
    }
    return names[0]
  }

  private static func name(of tensor: String, in source: any WeightSource) -> String {
    let stored = tensor.hasPrefix(oldPrefix) ? String(tensor.dropFirst(oldPrefix.count)) : tensor
    let stated =
      (source as? TorchFile)?.metadata["name"]
      ?? (source as? SafetensorsFile)?.metadata["name"]
    let stem = URL(fileURLWithPath: source.origin).deletingPathExtension().lastPathComponent
    let names = nameless.contains(stored) ? [stated ?? "", stem] : [stored]
    return names.first { !nameless.contains($0) } ?? stem
  }
}
