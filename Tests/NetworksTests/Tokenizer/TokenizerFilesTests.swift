import Diagnostics
import Foundation
import JSON
import Networks
import Tensors
import Testing
import TestSupport

@Suite("Tokenizer folders") struct TokenizerFilesTests {
  private static let tiny: [String: String] = {
    let vocabulary = try? BytePairVocabulary(
      merges: [("t", "h"), ("th", "e</w>")], specialTokens: ["<|startoftext|>", "<|endoftext|>"])
    return (try? vocabulary.map { try CLIPTokenizer(vocabulary: $0).files }) ?? [:]
  }()

  /// Opens a folder with these files.
  private func open(_ files: [String: String]) throws -> CLIPTokenizer {
    try withTemporaryFolder { folder in
      for (name, text) in files {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      }
      return try CLIPTokenizer(folder: folder.path)
    }
  }

  /// The message with which such a folder is refused.
  private func refusal(_ files: [String: String]) -> String? {
    do {
      _ = try open(files)
      return nil
    } catch let error as any PersonFacingError {
      #expect(error.exitStatus == .badData || error.exitStatus == .missingInput)
      return error.description
    } catch {
      return "not for persons: \(error)"
    }
  }

  @Test("what is written is read back")
  func roundTrip() throws {
    let small = try Vocabularies.small.get()
    let added = try CLIPTokenizer(
      vocabulary: small.vocabulary, addedTokens: [.init("<|endoftext|>", isNormalized: true)],
      modelMaxLength: 16)
    let again = try open(added.files)
    #expect(again.vocabulary.tokens == small.vocabulary.tokens)
    #expect(again.vocabulary.merges == small.vocabulary.merges)
    #expect(again.specialTokens == added.specialTokens)
    #expect(Set(again.addedTokens.map(\.text)) == Set(added.addedTokens.map(\.text)))
    #expect(again.tokenize("A <|ENDOFTEXT|>").ids == added.tokenize("A <|ENDOFTEXT|>").ids)
    #expect(again.modelMaxLength == 16)
  }

  @Test(
    "one tokenizer.json says the same, with merges as pairs or as lines", arguments: [true, false])
  func wholeFile(pairs: Bool) throws {
    let small = try Vocabularies.small.get()
    let tokens = small.vocabulary.tokens
    let merges = small.vocabulary.merges.map { merge -> JSONValue in
      let symbols = [tokens[merge.left], tokens[merge.right]]
      return pairs ? .array(symbols.map(JSONValue.string)) : .string(symbols.joined(separator: " "))
    }
    let ids = tokens.dropLast(2).enumerated().map { ($1, JSONValue.integer($0)) }
    let added = [tokens.count - 2, tokens.count - 1].map { id in
      JSONValue.object([
        "id": .integer(id), "content": .string(tokens[id]), "normalized": .bool(false),
        "special": .bool(true),
      ])
    }
    let whole = JSONValue.object([
      // What transformers 5.24 keeps of its last call; it does not obey it itself.
      "truncation": .object(["max_length": .integer(4), "direction": .string("Right")]),
      "padding": .object(["strategy": .object(["Fixed": .integer(9)]), "pad_id": .integer(0)]),
      "added_tokens": .array(added),
      "model": .object([
        "type": .string("BPE"), "end_of_word_suffix": .string("</w>"),
        "vocab": .object(Dictionary(uniqueKeysWithValues: ids)), "merges": .array(merges),
      ]),
    ])
    let opened = try open(["tokenizer.json": whole.serialized])
    #expect(opened.vocabulary.tokens == tokens)
    for prompt in try GoldenPrompt.all.get() {
      #expect(opened.tokenize(prompt.text).ids == small.tokenize(prompt.text).ids)
    }
  }

  @Test("a damaged folder is refused in one line that names the file and the line")
  func refusals() throws {
    var files = Self.tiny
    #expect(refusal(files) == nil)
    func refused(_ name: String, _ text: String?, _ parts: String...) {
      var files = Self.tiny
      files[name] = text
      let message = refusal(files)
      for part in [name] + parts {
        #expect(message?.contains(part) == true, "\(message ?? "accepted"), not \(part)")
      }
    }
    refused("vocab.json", nil, "no such file")
    refused("vocab.json", "", "empty")
    refused("vocab.json", "{\"a\": 0", "damaged")
    refused("vocab.json", "[]", "expected an object", "found an array")
    let ends = "\"<|startoftext|>\": 1, \"<|endoftext|>\": 2"
    refused("vocab.json", "{\"a\": 2, \(ends)}", "2")
    refused("vocab.json", "{\"a\": 3, \(ends)}", "\"a\"", "0 to 2", "3")
    refused("vocab.json", "{\"a\": -1, \(ends)}", "\"a\"", "-1")
    refused("vocab.json", "{\"a\": \"x\", \(ends)}", "\"a\"", "an id", "x")
    refused("vocab.json", "{\"a\": 99999999999, \(ends)}", "99999999999")
    refused("merges.txt", nil, "no such file")
    refused("merges.txt", "#version: 0.2\nt h\nthe\n", "line 3", "two symbols", "the")
    refused("merges.txt", "t h\n\nth e</w>\n", "line 2")
    refused("merges.txt", "t h\nth e x\n", "line 2")
    refused("merges.txt", "t h\nq x\n", "line 2", "qx")
    refused("merges.txt", "t h\nz漢 x\n", "line 2", "z漢")
    refused("tokenizer_config.json", "{\"model_max_length\": 1}", "model_max_length")
    refused("tokenizer_config.json", "{\"tokenizer_class\": \"T5Tokenizer\"}", "T5Tokenizer")
    refused("tokenizer_config.json", "{\"eos_token\": 3}", "eos_token")
    refused("special_tokens_map.json", "{\"pad_token\": {\"content\": \"\"}}", "pad_token")
    files["special_tokens_map.json"] = nil
    files["vocab.json"] = "{\"a\": 0}"
    #expect(refusal(files)?.contains("merges.txt, line 2: expected symbols") == true)
    files = ["vocab.json": "{\"a\": 0}", "merges.txt": "#version: 0.2\n"]
    #expect(refusal(files)?.contains("<|startoftext|>") == true)
    #expect(refusal([:])?.contains("vocab.json") == true)
  }

  @Test("a file where a folder should be, and no folder at all")
  func noFolder() {
    #expect(throws: FileError.self) { try CLIPTokenizer(folder: "/nowhere/at/all") }
    #expect(throws: TokenizerError.self) {
      try CLIPTokenizer(folder: Repository.path("Package.swift"))
    }
  }

  @Test("a folder without settings takes 77 tokens, and so does one without a limit")
  func missingSettings() throws {
    var files = Self.tiny
    files["tokenizer_config.json"] = nil
    #expect(try open(files).modelMaxLength == 77)
    files["tokenizer_config.json"] = "{\"model_max_length\": 1000000000000000019884624838656}"
    #expect(try open(files).modelMaxLength == 77)
  }

  /// One change: a byte set, a stretch cut out, or a stretch doubled.
  private func mutate(_ bytes: inout [UInt8], _ generator: TorchGenerator) {
    guard !bytes.isEmpty else { return }
    let draws = generator.integers(in: 0..<1 << 20, count: 4)
    let start = draws[0] % bytes.count
    let end = min(start + draws[1] % 30, bytes.count)
    switch draws[2] % 3 {
    case 0: bytes[start] = UInt8(truncatingIfNeeded: draws[3])
    case 1: bytes.removeSubrange(start..<end)
    default: bytes.insert(contentsOf: Array(bytes[start..<end]), at: start)
    }
  }

  @Test("mutated files are opened or refused in one line, and never worse")
  func fuzz() throws {
    let generator = TorchGenerator(seed: 7)
    let names = Self.tiny.keys.sorted()
    #expect(names.count == 4)
    var refused = 0
    let rounds = 5000
    let whole = Self.tiny.mapValues { Array($0.utf8) }
    for round in 0..<rounds {
      var files = whole
      for _ in 0..<generator.integers(in: 1..<4, count: 1)[0] {
        mutate(&files[names[round % names.count], default: []], generator)
      }
      do {
        let tokenizer = try CLIPTokenizer(folder: "folder") { files[$0].map { Data($0) } }
        let found = tokenizer.tokenize("the <|endoftext|> thé 7")
        #expect(found.ids.count == tokenizer.modelMaxLength)
        _ = tokenizer.decode(found.ids)
      } catch let error as any PersonFacingError {
        refused += 1
        #expect(!error.description.contains("\n"))
      }
    }
    #expect(refused > rounds / 10 && refused < rounds)
  }

  @Test(
    "CLIP's vocabulary opens, and a prompt is read, in no time that grows with a square",
    .enabled(if: Vocabularies.hasFull, Comment(rawValue: Vocabularies.absence)))
  func speed() throws {
    let opening = try processorTime { _ = try CLIPTokenizer(folder: Vocabularies.fullFolder) }
    #expect(opening < .seconds(5), "\(opening)")
    let tokenizer = try Vocabularies.full.get()
    let prompt = "a purple boat and an orange house on the sea, under the moon at sunset, 4k"
    let tokenizing = processorTime { _ = tokenizer.tokenize(prompt) }
    #expect(tokenizing < .milliseconds(50), "\(tokenizing)")
  }
}
