import Testing

import TextEncoding

@Suite("The whole experiment") struct TextEncodingExperimentTests {
  @Test(
    "every identity holds",
    arguments: [
      "a purple boat and an orange house", "", "naïve 日本 👩‍🚀 <|endoftext|> x",
      String(repeating: "a very ", count: 50) + "long prompt",
    ])
  func identities(prompt: String) throws {
    let experiment = try Examples.experiment(prompt)
    for residual in experiment.residuals {
      #expect(residual.holds, "\(residual.identity): \(residual.measured)")
    }
    #expect(experiment.shown.upperBound <= experiment.prompt.tokens.count)
    #expect(experiment.similarity.count == experiment.states.all.count)
    #expect(experiment.influence.changed.count == experiment.shown.count - 1)
  }

  @Test("progress is told of every pass")
  func progress() throws {
    let encoder = try Examples.encoder()
    let prompt = encoder.tokenizer.tokenize("a purple boat")
    var passes = 0
    _ = TextEncodingExperiment(encoder, prompt: prompt, generator: .init(seed: 1)) { passes += 1 }
    #expect(passes == TextEncodingExperiment.passes(for: prompt))
  }
}
