import Checkpoints
import Diagnostics
import GoldenSupport
import JSON
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Learned words in a text encoder") struct LearnedWordsTests {
  private static let folder = Repository.path("fixtures/golden/learned-words")
  /// In the order of the golden script, with the last of a list of prompts in another case.
  private static let files = ["learned_embeds.bin", "learned_embeds.safetensors", "file-name.pt"]
  private static let prompts = [
    "a <teal> boat", "my-style, a purple boat",
    "a boat in MY-STYLE at night and a <teal> moon", "old-word", "old-word_1 boat",
  ]

  private func model() throws -> (encoder: CLIPTextModel, tokenizer: CLIPTokenizer) {
    let path = Repository.path("fixtures/model")
    let files = try ModelFiles.open(path, parts: [.textEncoder, .tokenizer])
    return (
      try CLIPTextModel(#require(files.textEncoder)),
      try CLIPTokenizer(folder: #require(files.tokenizer))
    )
  }

  private func words() throws -> [LearnedWord] {
    try Self.files.map { try LearnedWord(LearnedWordChoice("\(Self.folder)/\($0)")) }
  }

  @Test("ids and τ_θ(y) are those of diffusers' textual inversion loader")
  func golden() throws {
    let (encoder, tokenizer) = try model()
    let learned = try encoder.learning(words(), by: tokenizer)
    let golden = try Golden.load("learned-words")
    for (number, prompt) in Self.prompts.enumerated() {
      let ids = learned.tokenizer.tokenize(prompt).ids
      #expect(try ids == #require(golden["ids.\(number)"]).elements.map { Int($0) })
      let final = try #require(golden["final.\(number)"])
      let error = learned.encoder([ids]).reshaped(final.shape).maxAbsDifference(from: final)
      #expect(error < 1e-5, "\(prompt): \(error)")
    }
    // The comparison is no empty one: without the words the vectors are others.
    let plain = encoder([tokenizer.tokenize(Self.prompts[0]).ids])
    let final = try #require(golden["final.0"])
    #expect(plain.reshaped(final.shape).maxAbsDifference(from: final) > 0.1)
  }

  @Test("the encoder that learns stays as it is, and shares all but the table")
  func sharing() throws {
    let (encoder, tokenizer) = try model()
    let learned = try encoder.learning(words(), by: tokenizer)
    #expect(encoder.tokenTable.shape == [600, 96])
    #expect(learned.encoder.tokenTable.shape == [606, 96])
    #expect(learned.encoder.tokenTable.rows(0..<600).elements == encoder.tokenTable.elements)
    let shared = zip(encoder.parameters, learned.encoder.parameters).count { $0 === $1 }
    #expect(shared == encoder.parameters.count - 1)
    let ids = tokenizer.tokenize("a boat").ids
    #expect(encoder([ids]).elements == learned.encoder([ids]).elements)
  }

  @Test("rows that the table has beyond the tokenizer's tokens are taken first")
  func spareRows() throws {
    let (_, tokenizer) = try model()
    var configuration = CLIPTextConfiguration()
    (configuration.vocabularySize, configuration.positions) = (603, 24)
    (configuration.width, configuration.heads) = (8, 2)
    (configuration.layers, configuration.innerWidth) = (1, 8)
    let encoder = try CLIPTextModel(configuration, seed: 1)
    let word = LearnedWord("zzz-q", vectors: Tensor([2, 8], (0..<16).map { Float($0) }))
    let table = try encoder.learning([word], by: tokenizer).encoder.tokenTable
    #expect(table.shape == [603, 8])
    #expect(table.rows(600..<602).elements == word.vectors.elements)
    #expect(table.rows(602..<603).elements == encoder.tokenTable.rows(602..<603).elements)
  }

  @Test("words that do not fit are refused by name")
  func refusals() throws {
    let (encoder, tokenizer) = try model()
    func refused(_ text: String, _ shape: [Int], _ expected: LearnedWordError) {
      #expect(throws: expected) {
        _ = try encoder.learning(
          [LearnedWord(text, vectors: Tensor.zeros(shape))], by: tokenizer)
      }
    }
    refused(
      "zzz", [1, 768], .width(file: "memory", word: "zzz", expected: 96, found: 768))
    refused("boat", [1, 96], .known(file: "memory", word: "boat"))
    refused("Boat", [1, 96], .known(file: "memory", word: "Boat"))
    refused(" ", [1, 96], .name(file: "memory", word: " "))
    refused(
      "zzz", [23, 96], .room(file: "memory", word: "zzz", vectors: 23, places: 22))
    let twice = [LearnedWord("zzz", vectors: .zeros([2, 96]))]
    #expect(throws: LearnedWordError.known(file: "memory", word: "ZZZ")) {
      _ = try encoder.learning(
        twice + [LearnedWord("ZZZ", vectors: .zeros([1, 96]))], by: tokenizer)
    }
    let message = LearnedWordError.width(file: "a.pt", word: "z", expected: 768, found: 1024)
    #expect(message.description.contains("1024 numbers, as of v2"))
  }

  @Test("the neighbours of a token's own vector begin with that token, at cosine 1")
  func neighbours() throws {
    let (encoder, tokenizer) = try model()
    let boat = try #require(tokenizer.vocabulary.id(of: "boat</w>"))
    let vectors = Tensor.concatenated(
      [encoder.tokenTable.rows(boat..<boat + 1).scaled(by: 3), encoder.tokenTable.rows(7..<8)],
      along: 0)
    let words = [LearnedWord("zzz", vectors: vectors)]
    let learned = try encoder.learning(words, by: tokenizer)
    let found = TokenNeighbours(of: words, learned.encoder, learned.tokenizer)
    #expect(found.tableError == 0)
    #expect(found.norms.count == 600 && found.vectors.map(\.id) == [600, 601])
    #expect(found.vectors[0].nearest[0].token == "boat</w>" && found.vectors[1].nearest[0].id == 7)
    #expect(found.vectors.allSatisfy { abs($0.nearest[0].cosine - 1) < 1e-6 })
    #expect(abs(found.vectors[0].norm - 3 * found.norms[boat]) < 1e-5)
    // Against the sum written out.
    let (a, b) = (vectors.rows(0..<1), encoder.tokenTable.rows(9..<10))
    let product = zip(a.elements, b.elements).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(found.vectors[0].cosines[9] - product / (a.norm * b.norm)) < 1e-6)
    let unheard = words.notice(for: [learned.tokenizer.tokenize("a boat")])
    #expect(unheard == "the learned word 'zzz' is not in the prompt “a boat”")
    #expect(words.notice(for: [learned.tokenizer.tokenize("a ZZZ")]) == nil)
  }
}
