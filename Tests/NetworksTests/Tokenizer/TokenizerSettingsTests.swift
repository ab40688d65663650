import Foundation
import Networks
import Testing

/// The cases are what transformers 5.23 makes of the same files.
@Suite("Tokenizer settings") struct TokenizerSettingsTests {
  private static let strings = """
    "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"
    """
  private static func flagged(_ use: String, _ text: String, _ normalized: Bool) -> String {
    #""\#(use)": {"__type": "AddedToken", "content": "\#(text)", "normalized": \#(normalized)}"#
  }
  private static func decoder(_ normalized: Bool) -> String {
    let tokens = [(514, "<|startoftext|>"), (515, "<|endoftext|>")].map {
      #""\#($0.0)": {"content": "\#($0.1)", "normalized": \#(normalized), "special": true}"#
    }
    return #""added_tokens_decoder": {\#(tokens.joined(separator: ", "))}"#
  }

  private func open(config: [String], map: [String] = []) throws -> CLIPTokenizer {
    let vocabulary = try BytePairVocabulary(
      merges: [("t", "h"), ("th", "e</w>")], specialTokens: ["<|startoftext|>", "<|endoftext|>"])
    var files = try CLIPTokenizer(vocabulary: vocabulary).files
    files["tokenizer_config.json"] = "{\(config.joined(separator: ", "))}"
    files["special_tokens_map.json"] = map.isEmpty ? nil : "{\(map.joined(separator: ", "))}"
    return try CLIPTokenizer(folder: "folder") { files[$0].map { Data($0.utf8) } }
  }

  /// Whether each token is looked for in any case.
  private func flags(_ tokenizer: CLIPTokenizer) -> [String: Bool] {
    Dictionary(uniqueKeysWithValues: tokenizer.addedTokens.map { ($0.text, $0.isNormalized) })
  }

  @Test("plain names are looked for as they are")
  func plainNames() throws {
    let tokenizer = try open(config: [Self.strings])
    #expect(flags(tokenizer) == ["<|startoftext|>": false, "<|endoftext|>": false])
    #expect(tokenizer.paddingID == tokenizer.endID)
  }

  @Test("of two uses of one token the last holds")
  func lastUse() throws {
    let tokenizer = try open(config: [
      Self.flagged("bos_token", "<|startoftext|>", true),
      Self.flagged("eos_token", "<|endoftext|>", true), #""pad_token": "<|endoftext|>""#,
    ])
    #expect(flags(tokenizer) == ["<|startoftext|>": true, "<|endoftext|>": false])
  }

  @Test("the list of added tokens knows best", arguments: [true, false])
  func list(normalized: Bool) throws {
    let tokenizer = try open(
      config: [Self.strings, Self.decoder(normalized)],
      map: [Self.flagged("eos_token", "<|endoftext|>", !normalized)])
    #expect(
      flags(tokenizer) == ["<|startoftext|>": normalized, "<|endoftext|>": normalized])
  }

  @Test("the map of special tokens replaces the settings, and padding may be any token")
  func padding() throws {
    let tokenizer = try open(
      config: [Self.strings, #""pad_token": "<|endoftext|>""#], map: [#""pad_token": "!""#])
    #expect(tokenizer.paddingID == 0)
    // As an added token it is found within words, without the end of a word.
    let found = tokenizer.tokenize("a! the")
    #expect(found.tokens[found.contentRange].map(\.text) == ["a</w>", "!", "the</w>"])
  }

  @Test("an added token may extend the vocabulary")
  func newToken() throws {
    let tokenizer = try open(config: [
      #""added_tokens_decoder": {"516": {"content": "<My-Cat>", "special": false}}"#
    ])
    let found = tokenizer.tokenize("the <my-cat> <MY-CAT>")
    #expect(found.ids[1...3] == [513, 516, 516])
    #expect(tokenizer.mergeTrace(of: found.words[1]) == MergeTrace(bytes: [516], steps: []))
    #expect(tokenizer.decode(found.ids) == "the <My-Cat><My-Cat>")
  }
}
