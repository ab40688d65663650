import Networks
import Tensors
import Testing

@Suite("CLIP text encoder τ_θ(y)") struct CLIPTextModelTests {
  @Test("agrees with transformers", arguments: ["clip-quick-gelu", "clip-gelu"])
  func golden(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(CLIPTextModel.self)
    let ids = try golden.integers("ids")
    let length = try golden.tensor("ids").shape[1]
    let rows = stride(from: 0, to: ids.count, by: length).map { Array(ids[$0..<$0 + length]) }
    let error = try golden.error(model(rows), "output")
    #expect(error <= 1e-5, "max |Δ| \(error)")
  }

  @Test("a token changes itself and what follows, nothing before it")
  func causal() throws {
    let model = try GoldenNetwork("clip-gelu").network(CLIPTextModel.self)
    let a = model([[0, 5, 6, 7, 8, 9]])
    let b = model([[0, 5, 6, 17, 8, 9]])
    func difference(_ range: Range<Int>) -> Float {
      a.slice(range, along: 1).maxAbsDifference(from: b.slice(range, along: 1))
    }
    #expect(difference(0..<3) == 0)
    for token in 3..<6 { #expect(difference(token..<token + 1) > 1e-3) }
  }

  @Test("attention looks back only, and each row sums to 1")
  func mask() throws {
    let model = try GoldenNetwork("clip-gelu").network(CLIPTextModel.self)
    let site = ProbeSite("text_model.encoder.layers.1.self_attn", .attentionWeights)
    let probe = RecordingProbe(keeping: [site])
    let output = model([[3, 1, 4, 1, 5]], ForwardPass(probe: probe))
    let weights = try #require(probe.values[site])
    #expect(weights.shape == [1, 5, 5, 5])
    for head in 0..<5 {
      for query in 0..<5 {
        let row = (0..<5).map { weights[0, head, query, $0] }
        #expect(abs(row.reduce(0, +) - 1) < 1e-5)
        #expect(row[(query + 1)...].allSatisfy { $0 == 0 } && row[...query].allSatisfy { $0 > 0 })
      }
    }
    #expect(output.maxAbsDifference(from: model([[3, 1, 4, 1, 5]])) < 1e-5)
  }

  @Test("Stable Diffusion v1's text encoder has 123,060,480 parameters")
  func stableDiffusion() throws {
    #expect(try CLIPTextModel(CLIPTextConfiguration(), seed: 1).parameterCount == 123_060_480)
  }
}
