import Attention
import GoldenSupport
import Imaging
import LatentDiffusion
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Changed attention") struct InterventionTests {
  @Test(
    "Prompt-to-Prompt draws what it draws in diffusers",
    arguments: ["scale", "replace", "replace-longer", "refine"])
  func golden(name: String) throws {
    let tensors = try Golden.load("attention")
    let edit = try #require(Examples.golden().edits[name])
    let run = try Examples.edited([edit.intervention].compactMap(\.self))
    let variant = try #require(run.variants.first)
    #expect(variant.prompt == edit.prompt)
    let expected = try #require(tensors["edit/\(name)"])
    let unchanged = try #require(tensors["edit/nothing"])
    #expect(expected.maxAbsDifference(from: unchanged) > 0.05)
    // Pictures of 8 bits: half a step of rounding on each side.
    #expect(difference(variant.picture, expected) <= 1.01 / 255)
    #expect(difference(run.picture, unchanged) <= 1.01 / 255)
  }

  private func difference(_ picture: Image, _ expected: Tensor) -> Float {
    picture.tensor.scaled(by: 0.5, plus: 0.5)
      .maxAbsDifference(from: expected.reshaped([1] + expected.shape))
  }

  @Test("a factor of 1, or a word swapped for itself, changes nothing")
  func nothing() throws {
    let run = try Examples.edited([.scale("boat", 1), .swap(old: "boat", new: "boat")])
    for variant in run.variants { #expect(variant.change.maxAbs < 1e-4) }
  }

  @Test("who may not be looked at gets nothing, and every row still sums to 1")
  func ablation() throws {
    let run = try Examples.edited([.ablate("boat")])
    let variant = try #require(run.variants.first)
    #expect(variant.change.maxAbs > 1e-3)
    let word = try #require(variant.columns.columns(of: "boat").first)
    let mean = try #require(variant.heatmaps.of(.mean))
    #expect(mean.maps[word]?.maxAbs == 0)
    #expect(mean.sumResidual(variant.columns) < 1e-5)
  }

  @Test("of an erased word nothing is left, of an ablated one what later tokens know of it")
  func erasure() throws {
    // The same prompt with one of two words: without the word they are the same.
    func pictures(_ word: String) throws -> [Tensor] {
      let run = try Examples.edited([.ablate(word), .erase(word)]) {
        $0.prompt = "a red \(word) and a green house"
      }
      return run.variants.map(\.picture.tensor)
    }
    let (boat, tent) = (try pictures("boat"), try pictures("tent"))
    #expect(boat[0].maxAbsDifference(from: tent[0]) > 0.02)
    // A step of 8 bits may fall on either side.
    #expect(boat[1].maxAbsDifference(from: tent[1]) <= 2.01 / 255)
    #expect(boat[1].meanSquaredError(from: tent[1]) < 1e-6)
    #expect(boat[0].maxAbsDifference(from: boat[1]) > 0.02)
  }

  @Test("what is said of a change's place is counted from its pixels")
  func effect() {
    // The heatmap is strong on the left half, where most of the squared change lies.
    let heatmap = Tensor([1, 2], [1, 0.2])
    let change = Tensor([2, 4], [3, 3, 0, 1, 1, 1, 2, 1.0])
    let effect = Effect(.mean, heatmap: heatmap, change: change)
    let region = Effect.region(of: heatmap, height: 2, width: 4)
    #expect(region == [true, true, false, false, true, true, false, false])
    #expect(effect.area == 0.5)
    #expect(abs(effect.inside - 20.0 / 26) < 1e-9)
  }

  @Test("injection ends where the authors' notebook ends it")
  func schedule() {
    let layer = AttentionLayer(
      path: "", name: "", kind: .cross, place: .up, heads: 1, height: 64, width: 64)
    let selfAttention = AttentionLayer(
      path: "", name: "", kind: .selfAttention, place: .up, heads: 1, height: 32, width: 32)
    let large = AttentionLayer(
      path: "", name: "", kind: .selfAttention, place: .up, heads: 1, height: 33, width: 32)
    let schedule = InjectionSchedule()
    #expect((0..<50).filter { schedule.injects(layer, at: $0, of: 50) } == Array(0..<40))
    #expect((0..<50).filter { schedule.injects(selfAttention, at: $0, of: 50) } == Array(0..<20))
    #expect(!schedule.injects(large, at: 0, of: 50))
  }

  @Test("a word is swapped in the prompt's text, not in the marks that weigh it")
  func swappedBesideMarks() throws {
    func prompts(_ prompt: String, _ interventions: [Intervention] = []) throws -> EditedRun {
      try Examples.edited(interventions) { request in
        (request.prompt, request.reading.marks, request.steps) = (prompt, .a1111, 1)
      }
    }
    let swapped = try prompts(
      "1 (boat 5:1.5)", [.swap(old: "1", new: "a"), .swap(old: "5", new: "2")]
    ).variants
    #expect(swapped.count == 2)
    for (variant, prompt) in zip(swapped, ["a (boat 5:1.5)", "1 (boat 2:1.5)"]) {
      let expected = try prompts(prompt).prompts
      #expect(variant.columns.tokens.ids == expected.conditionalTokens.ids)
      #expect(variant.prompt == expected.conditionalTokens.prompt)
    }
  }

  @Test("a word that is not in the prompt is refused by name")
  func unknownWord() throws {
    #expect(throws: SelectionError.self) {
      try Examples.edited([.ablate("tent")])
    }
  }
}

@Suite("Which token takes whose attention") struct TokenMapperTests {
  private func tokens(_ prompt: String) throws -> TokenizedPrompt {
    try CLIPTokenizer(folder: Repository.path("fixtures/vocabulary")).tokenize(prompt)
  }

  @Test("every new token takes all of the old attention or keeps its own")
  func columns() throws {
    for (old, new) in [
      ("a red boat", "a red tent"), ("a red boat", "a red xylophone"),
      ("a xylophone on grass", "a boat on grass"), ("a boat", "a big red boat"), ("", "a boat"),
      ("a boat", ""), (String(repeating: "boat ", count: 90), "boat"),
    ] {
      let mapper = TokenMapper(from: try tokens(old), to: try tokens(new))
      for k in 0..<77 {
        let total = (0..<77).reduce(Float(0)) { $0 + mapper.matrix[$1, k] }
        let isAShare = total > 0 && total < 10
        #expect(mapper.taken[k] == 1 ? isAShare : total == 0, "\(old) → \(new), token \(k)")
      }
    }
  }

  @Test("a longest common subsequence")
  func alignment() {
    #expect(TokenMapper.aligned([1, 2, 3], [1, 9, 2, 3]) == [0, nil, 1, 2])
    #expect(TokenMapper.aligned([1, 2, 3], [3]) == [2])
    #expect(TokenMapper.aligned([], [4, 5]) == [nil, nil])
    #expect(TokenMapper.aligned([7, 8], [8, 7]).compactMap(\.self).count == 1)
  }
}
