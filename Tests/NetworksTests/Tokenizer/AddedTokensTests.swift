import Diagnostics
import Foundation
import JSON
import Networks
import Testing
import TestSupport

@Suite("Words added to a vocabulary") struct AddedTokensTests {
  private static let golden = Result {
    try JSONNode(contentsOf: Repository.path("fixtures/golden/added-tokens.json"))
  }

  /// The files of a folder as transformers had them: the vocabulary, and what a case changes.
  private func files(of form: JSONNode) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in ["vocab.json", "merges.txt", "tokenizer_config.json"] {
      files[name] = try Data(
        contentsOf: URL(fileURLWithPath: Repository.path("fixtures/vocabulary/\(name)")))
    }
    if let added = try form.find("added") {
      files["tokenizer.json"] = try Data(whole(files, adding: added.value).serialized.utf8)
      (files["vocab.json"], files["merges.txt"]) = (nil, nil)
    }
    for (name, node) in try form["files"].members() {
      files[name] = Data(node.value.serialized.utf8)
    }
    return files
  }

  /// One `tokenizer.json` of a vocabulary and its merges.
  private func whole(_ files: [String: Data], adding added: JSONValue) throws -> JSONValue {
    let merges = String(decoding: files["merges.txt"] ?? Data(), as: UTF8.self)
      .split(separator: "\n").filter { !$0.hasPrefix("#version") }
    return .object([
      "added_tokens": added,
      "model": .object([
        "type": .string("BPE"), "end_of_word_suffix": .string("</w>"),
        "vocab": try JSONNode(parsing: files["vocab.json"] ?? Data(), file: "vocab.json").value,
        "merges": .array(merges.map { .string(String($0)) }),
      ]),
    ])
  }

  @Test("have the ids that transformers gives them, whatever form they were saved in")
  func golden() throws {
    let golden = try Self.golden.get()
    let prompts = try golden["prompts"].strings()
    let forms = try golden["cases"].elements()
    #expect(forms.count == 19)
    for form in forms {
      let (name, files) = (try form["name"].string(), try files(of: form))
      let tokenizer = try CLIPTokenizer(folder: "tokenizer") { files[$0] }
      for (prompt, ids) in zip(prompts, try form["ids"].elements()) {
        let ids = try ids.integers()
        let found = tokenizer.tokenize(prompt).ids.prefix(ids.count)
        #expect(Array(found) == ids, "\(name): \(prompt)")
      }
    }
  }

  @Test(
    "an added_tokens.json that is none is refused in one line that names it",
    arguments: [
      "[]", #"{"<a>": "x"}"#, #"{"<a>": -1}"#, #"{"<a>": 99999999999}"#, #"{"": 1014}"#,
      #"{"<a>": 1014, "<b>": 1014}"#,
      #"{"<a>": 1014.5}"#, "version https://git-lfs.github.com/spec/v1\n",
    ])
  func refusals(text: String) throws {
    let error = #expect(throws: (any Error).self) {
      try CLIPTokenizer(folder: "tokenizer") { name in
        if name == "added_tokens.json" { return Data(text.utf8) }
        guard ["vocab.json", "merges.txt"].contains(name) else { return nil }
        return try Data(
          contentsOf: URL(fileURLWithPath: Repository.path("fixtures/vocabulary/\(name)")))
      }
    }
    #expect((error as? any PersonFacingError)?.description.contains("added_tokens.json") == true)
  }

  @Test("an id with a gap before it, or one that is taken, is told", arguments: [1016, 320])
  func renumbered(id: Int) throws {
    var notices: [String] = []
    let tokenizer = try heard(by: .notices { notices.append($0) }) {
      try CLIPTokenizer(folder: "tokenizer") { name in
        if name == "added_tokens.json" { return Data("{\"<a>\": \(id), \"<b>\": 2000}".utf8) }
        guard ["vocab.json", "merges.txt"].contains(name) else { return nil }
        return try Data(
          contentsOf: URL(fileURLWithPath: Repository.path("fixtures/vocabulary/\(name)")))
      }
    }
    #expect(["<a>", "<b>"].map(tokenizer.vocabulary.id) == [1014, 1015])
    let expected =
      "tokenizer/added_tokens.json: \"<a>\" is token 1014, not \(id), and 1 more likewise"
    #expect(notices.count == 1 && notices[0].contains(expected), "\(notices)")
  }
}
