import LatentDiffusion
import Testing

@Suite("τ_θ(y)") struct EncodedPromptsTests {
  @Test("a prompt is 77 tokens, whatever its length, and what was cut is told")
  func truncation() throws {
    let model = try Models.golden()
    let short = model.encode(prompt: "a boat")
    #expect(short.conditional.shape == [1, 77, 24])
    #expect(short.unconditional.shape == [1, 77, 24])
    #expect(short.truncationNotices.isEmpty)
    let long = Array(repeating: "boat", count: 100).joined(separator: " ")
    let cut = model.encode(prompt: "a boat", negativePrompt: long)
    #expect(cut.truncationNotices.count == 1)
    #expect(cut.truncationNotices[0].hasPrefix("negative prompt: "))
    #expect(model.encode(prompt: long, negativePrompt: long).truncationNotices.count == 2)
  }

  @Test("marks are told of models that do not say which words they met")
  func quotationMarks() throws {
    let model = try Models.golden()
    #expect(model.trainedWords.words.isEmpty)
    let notices = model.notices(for: model.encode(prompt: "a boat", negativePrompt: "it’s snow"))
    #expect(notices.contains { $0.contains("has ’") })
    #expect(model.notices(for: model.encode(prompt: "a boat")).isEmpty)
  }

  @Test("the prompt and the negative prompt do not change places")
  func order() throws {
    let model = try Models.golden()
    let (one, two) = (
      model.encode(prompt: "a boat", negativePrompt: "snow"),
      model.encode(prompt: "snow", negativePrompt: "a boat")
    )
    #expect(one.conditional.maxAbsDifference(from: two.unconditional) < 1e-6)
    #expect(one.conditional.maxAbsDifference(from: one.unconditional) > 1e-2)
  }
}
