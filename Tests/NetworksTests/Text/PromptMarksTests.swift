import Checkpoints
import Foundation
import GoldenSupport
import JSON
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Marks in a prompt, and prompts in sequences") struct PromptMarksTests {
  private struct Case {
    let prompt: String
    let fragments: [PromptFragment]
    let ids: [Int]
  }

  private static func cases(_ marks: PromptMarks) throws -> [Case] {
    let path = Repository.path("fixtures/golden/prompt-weights.json")
    return try JSONNode(ofModel: path)[marks.rawValue].elements().map { node in
      Case(
        prompt: try node["prompt"].string(),
        fragments: try node["fragments"].elements().map { pair in
          let parts = try pair.elements()
          guard case .string(let text) = parts[0].value else {
            return PromptFragment("", isBreak: true)
          }
          return PromptFragment(text, weight: try parts[1].number())
        },
        ids: try node["ids"].elements().map { try $0.integer(in: 0...599) })
    }
  }

  private static func model() throws -> (encoder: CLIPTextModel, tokenizer: CLIPTokenizer) {
    let path = Repository.path("fixtures/model")
    let files = try ModelFiles.open(path, parts: [.textEncoder, .tokenizer])
    return (
      try CLIPTextModel(#require(files.textEncoder)),
      try CLIPTokenizer(folder: #require(files.tokenizer))
    )
  }

  private static func read(
    _ prompt: String, _ marks: PromptMarks, inChunks: Bool = true
  ) throws -> ReadPrompt {
    try model().tokenizer.read(prompt, as: PromptReading(marks: marks, inChunks: inChunks))
  }

  @Test(
    "the parts and their weights are A1111's and compel's",
    arguments: [PromptMarks.a1111, .compel])
  func fragments(marks: PromptMarks) throws {
    for golden in try Self.cases(marks) {
      let found = try marks.fragments(of: golden.prompt)
      #expect(found.map(\.text) == golden.fragments.map(\.text), "\(golden.prompt)")
      #expect(found.map(\.isBreak) == golden.fragments.map(\.isBreak))
      for (a, b) in zip(found, golden.fragments) { #expect(abs(a.weight - b.weight) < 1e-12) }
    }
  }

  @Test(
    "ids and τ_θ(y) are compel's, and those of A1111's formula",
    arguments: [PromptMarks.a1111, .compel])
  func golden(marks: PromptMarks) throws {
    let (encoder, tokenizer) = try Self.model()
    let golden = try Golden.load("prompt-weights")
    for (number, item) in try Self.cases(marks).enumerated() {
      let read = try tokenizer.read(item.prompt, as: PromptReading(marks: marks, inChunks: true))
      #expect(read.tokens.ids == item.ids, "\(item.prompt)")
      let expected = try #require(golden["\(marks.rawValue).\(number)"])
      let found = encoder(read, tokenizer)
      guard found.shape == [1] + expected.shape else {
        Issue.record("\(item.prompt): \(found.shape)")
        continue
      }
      let error = found.reshaped(expected.shape).maxAbsDifference(from: expected)
      // A1111's rule divides by a mean that is small, which makes more of what is rounded.
      #expect(error < (marks == .a1111 ? 5e-5 : 1e-5), "\(item.prompt): \(error)")
      guard read.isWeighted else { continue }
      let other = encoder(read, tokenizer, rule: .plain).reshaped(expected.shape)
      #expect(other.maxAbsDifference(from: expected) > 1e-2, "\(item.prompt) changes nothing")
    }
  }

  @Test("without marks a prompt is what it is without this reading")
  func plain() throws {
    let (encoder, tokenizer) = try Self.model()
    let prompt = "a (purple:1.3) boat++ and [snow]"
    let read = try tokenizer.read(prompt, as: PromptReading())
    let plain = tokenizer.tokenize(prompt)
    #expect(read.tokens.ids == plain.ids && !read.isWeighted && read.chunkCount == 1)
    #expect(encoder(read, tokenizer).elements == encoder([plain.ids]).elements)
    #expect(read.tokens.prompt == prompt)
  }

  @Test("the words of all parts stand where they were, without the marks")
  func words() throws {
    let read = try Self.read("a (purple boat)1.3, naïve++ moon", .compel)
    let text = read.tokens.prompt
    #expect(text == "a purple boat , naïve moon")
    let words = read.tokens.words.map { String(text[$0.range]) }
    #expect(words == ["a", "purple", "boat", ",", "naïve", "moon"])
    for (index, word) in read.tokens.words.enumerated() where word.text == "boat" {
      let places = read.tokens.positions(ofWord: index)
      #expect(places.allSatisfy { read.weights[$0] == 1.3 && read.owners[$0] == 1 })
    }
  }

  @Test("what is too long is dropped unless there may be several sequences, and marks do not count")
  func lengths() throws {
    let long = Array(repeating: "(boat:1.2) moon", count: 20).joined(separator: " ")
    let cut = try Self.read(long, .a1111, inChunks: false)
    #expect(cut.chunkCount == 1 && cut.tokens.dropped.count == 18)
    let chunks = try Self.read(long, .a1111)
    #expect(chunks.chunkCount == 2 && chunks.tokens.dropped.isEmpty)
    #expect(chunks.weights.count { $0 == 1.2 } == 20)
    #expect(chunks.chunks.allSatisfy { $0.count == 24 && $0[0] == 598 })
    // A learned word is not torn apart.
    let (_, tokenizer) = try Self.model()
    let learned = try tokenizer.learning("zzz-q", count: 3)
    let text = Array(repeating: "boat", count: 20).joined(separator: " ") + " zzz-q"
    let read = try learned.read(text, as: PromptReading(marks: .a1111, inChunks: true))
    #expect(read.chunks[1][1...3] == [600, 601, 602])
  }

  @Test("a break without sequences and compel's other operators are refused by name")
  func refusals() throws {
    #expect(throws: PromptMarkError.breakWithoutChunks) {
      _ = try Self.read("a BREAK b", .a1111, inChunks: false)
    }
    #expect(throws: PromptMarkError.unread(operator: ".swap(", of: .compel)) {
      _ = try Self.read("a boat.swap(house)", .compel)
    }
    for (prompt, found) in [
      ("a [red:green:0.5] boat", "[red:green:0.5]"), ("a [boat:10]", "[boat:10]"),
      ("a [(red:1.2)::.5] boat", "[(red:1.2)::.5]"), ("[a] [red|blue] boat", "[red|blue]"),
      ("a boat <lora:foo:0.8>", "<lora:foo:0.8>"), ("a boat AND a moon", "AND"),
    ] {
      #expect(throws: PromptMarkError.unread(operator: found, of: .a1111), "\(prompt)") {
        _ = try Self.read(prompt, .a1111)
      }
      #expect(try Self.read(prompt, .plain).chunkCount == 1)
    }
    for prompt in [
      "a|b", "a \\[red|blue\\]", "[a:b]", "(a:0.5)", "a:0.5]", "sand and SANDY", "a < b",
    ] {
      #expect(try Self.read(prompt, .a1111).chunkCount == 1, "\(prompt)")
    }
    // Nobody means an operator where nothing is read.
    #expect(try Self.read("a boat.swap(house) BREAK", .plain).chunkCount == 1)
  }

  @Test(
    "odd prompts are prompts too",
    arguments: [
      "", " ", "(", ")", "((((", "[[)", ":1.3)", "(:1.3)", "\\", "a\\", "(a:x)", "++", "a+", "\"",
      "\"\"++", "(a", "a)", "()++", "(a)1.", "(a).5", ",,,", "BREAK", "(a BREAK b:1.2)", "👩‍🚀++ é-",
    ])
  func odd(prompt: String) throws {
    let (encoder, tokenizer) = try Self.model()
    for marks in PromptMarks.allCases {
      let read = try tokenizer.read(prompt, as: PromptReading(marks: marks, inChunks: true))
      #expect(read.tokens.tokens.count == read.weights.count && read.chunkCount > 0)
      #expect(encoder(read, tokenizer).isFinite)
    }
  }
}
