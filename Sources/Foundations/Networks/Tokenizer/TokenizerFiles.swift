import Diagnostics
import Foundation
import JSON

// A tokenizer's folder holds vocab.json and merges.txt, or both in one tokenizer.json, and beside
// them tokenizer_config.json, special_tokens_map.json and added_tokens.json, each of which may be
// absent. Words that were added later stand in tokenizer_config.json (transformers from 4.34), else in
// added_tokens.json and tokenizer.json; transformers reads the latter two only then, and so do we.

extension CLIPTokenizer {
  /// Far more than any vocabulary needs.
  private static let largestFile = 64 << 20

  /// Opens a tokenizer's folder, as it lies in a diffusers model or by itself.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError` or `TokenizerError`; each names the file.
  public init(folder: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
      throw FileError.missing(path: folder)
    }
    guard isFolder.boolValue else {
      throw TokenizerError.vocabulary(
        file: folder, expected: "a folder with vocab.json and merges.txt", found: "a file")
    }
    let url = URL(fileURLWithPath: folder)
    try self.init(folder: folder) { name in
      let path = url.appendingPathComponent(name).relativePath
      guard FileManager.default.fileExists(atPath: path) else { return nil }
      return try readInput(path, expecting: "a tokenizer's file", limit: Self.largestFile)
    }
  }

  /// Opens a folder whose files `read` gives by name, nil for one that is not there.
  package init(folder: String, read: (String) throws -> Data?) throws {
    func path(_ name: String) -> String {
      URL(fileURLWithPath: folder).appendingPathComponent(name).relativePath
    }
    func find(_ name: String) throws -> JSONNode? {
      try read(name).map { try JSONNode(ofModel: $0, file: path(name)) }
    }
    var settings = TokenizerSettings()
    let vocabulary = try find("vocab.json")
    // transformers 5 writes tokenizer.json alone; whoever wrote vocab.json meant it to be read.
    let whole = vocabulary == nil ? try find("tokenizer.json") : nil
    if let added = try whole?.find("added_tokens") { try settings.readAddedTokens(added) }
    for file in ["tokenizer_config.json", "special_tokens_map.json"] {
      if let node = try find(file) { try settings.read(node) }
    }
    if whole == nil, !settings.listsAddedTokens {
      if let added = try find("added_tokens.json") { try settings.readAddedIDs(added) }
      if let added = try find("tokenizer.json")?.find("added_tokens") {
        try settings.readAddedTokens(added)
      }
    }
    let pairs: BytePairVocabulary
    if let whole {
      pairs = try BytePairVocabulary(whole: whole, adding: settings)
    } else {
      guard let vocabulary else { throw FileError.missing(path: path("vocab.json")) }
      guard let merges = try read("merges.txt") else {
        throw FileError.missing(path: path("merges.txt"))
      }
      pairs = try BytePairVocabulary(
        vocabulary: vocabulary, merges: merges, mergesFile: path("merges.txt"), adding: settings)
    }
    settings.tellRenumbered(in: pairs)
    do {
      try self.init(
        vocabulary: pairs, specialTokens: settings.specialTokens, addedTokens: settings.tokens,
        modelMaxLength: settings.modelMaxLength)
    } catch TokenizerError.unknownToken(let token, let count) {
      throw TokenizerError.vocabulary(
        file: path(whole == nil ? "vocab.json" : "tokenizer.json"),
        expected: "the token \(token.quoted)", found: "\(count) others")
    }
  }

  /// The files of a tokenizer's folder, by name: what `init(folder:)` and transformers read.
  public var files: [String: String] {
    let ids = Dictionary(
      uniqueKeysWithValues: vocabulary.tokens.enumerated().map { ($1, JSONValue.integer($0)) })
    let merges = vocabulary.merges.map {
      "\(vocabulary.tokens[$0.left]) \(vocabulary.tokens[$0.right])\n"
    }
    return [
      "vocab.json": JSONValue.object(ids).serialized,
      "merges.txt": "#version: 0.2\n" + merges.joined(),
      "tokenizer_config.json": TokenizerSettings(of: self).json.serialized,
      "special_tokens_map.json": TokenizerSettings(of: self).specialTokensJSON.serialized,
    ]
  }
}

// MARK: - Vocabularies

extension BytePairVocabulary {
  /// From the pair of files `vocab.json` and `merges.txt`.
  fileprivate init(
    vocabulary: JSONNode, merges: Data, mergesFile: String, adding settings: TokenizerSettings
  ) throws {
    let tokens = try settings.extend(Self.tokens(vocabulary))
    let lines = try Self.lines(merges, file: mergesFile)
    do {
      try self.init(tokens: tokens, merges: lines.merges)
    } catch Fault.unknownSymbol(let symbol, let rank) {
      throw TokenizerError.merge(
        file: mergesFile, line: lines.first + rank, expected: "symbols of the vocabulary",
        found: symbol.quoted)
    }
  }

  /// From one `tokenizer.json`.
  fileprivate init(whole: JSONNode, adding settings: TokenizerSettings) throws {
    let model = try whole["model"]
    _ = try model["type"].string(oneOf: ["BPE"])
    _ = try model["end_of_word_suffix"].string(oneOf: [ByteAlphabet.endOfWord])
    let tokens = try settings.extend(Self.tokens(model["vocab"]))
    let list = try model["merges"]
    let merges = try list.elements().map { node in
      let symbols =
        if case .string(let line) = node.value {
          line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        } else {
          try node.strings()
        }
      guard symbols.count == 2 else { throw node.failure(expected: "two symbols") }
      return (left: symbols[0], right: symbols[1])
    }
    do {
      try self.init(tokens: tokens, merges: merges)
    } catch Fault.unknownSymbol(let symbol, let rank) {
      throw JSONError.unexpected(
        file: whole.file, key: "\(list.path)[\(rank)]", expected: "symbols of the vocabulary",
        found: symbol.quoted)
    }
  }

  /// The tokens in the order of their ids, which are 0, 1, 2, … without a gap.
  private static func tokens(_ node: JSONNode) throws -> [String] {
    guard case .object(let ids) = node.value else { throw node.failure(expected: "an object") }
    var tokens = [String?](repeating: nil, count: ids.count)
    for (token, value) in ids {
      guard case .integer(let id) = value, tokens.indices ~= id, tokens[id] == nil else {
        throw JSONNode(value, file: node.file, path: token.quoted)
          .failure(expected: "an id from 0 to \(ids.count - 1) that no other token has")
      }
      tokens[id] = token
    }
    return tokens.compactMap(\.self)
  }

  /// The two symbols on each line; a first line that states a version is passed over.
  private static func lines(
    _ data: Data, file: String
  ) throws -> (merges: [(left: String, right: String)], first: Int) {
    let text = Array(data)
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    let hasVersion = lines.first?.starts(with: Array("#version".utf8)) ?? false
    if hasVersion { lines = lines.dropFirst() }
    if lines.last?.isEmpty ?? false { lines = lines.dropLast() }
    let first = hasVersion ? 2 : 1
    let merges = try lines.enumerated().map { rank, line in
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard let space = line.firstIndex(of: UInt8(ascii: " ")),
        let left = String(validating: line[..<space], as: UTF8.self), !left.isEmpty,
        let right = String(validating: line[(space + 1)...], as: UTF8.self), !right.isEmpty,
        !line[(space + 1)...].contains(UInt8(ascii: " "))
      else {
        throw TokenizerError.merge(
          file: file, line: first + rank, expected: "two symbols and a space between them",
          found: String(decoding: line, as: UTF8.self).quoted)
      }
      return (left, right)
    }
    return (merges, first)
  }
}
