import Networks
import Tensors
import Testing

import TextEncoding

/// Each claim holds for what the network computes and fails for what it might have computed.
@Suite("What is claimed of a text encoder") struct EncoderClaimsTests {
  private let encoder: PromptEncoder
  private let ids: [Int]
  private let states: EncoderStates

  init() throws {
    encoder = try Examples.encoder()
    ids = encoder.tokenizer.tokenize("a purple boat on the sea").ids
    states = EncoderStates(encoder.network, ids: ids)
  }

  /// The states where values at `path` were changed on the way.
  private func states(
    changing path: String, _ quantity: ProbeSite.Quantity = .output,
    _ change: @escaping (inout Tensor) -> Void
  ) -> EncoderStates {
    EncoderStates(encoder.network, ids: ids) { value, site in
      if site == ProbeSite(path, quantity) { change(&value) }
    }
  }

  @Test("rows of attention sum to 1")
  func rowSums() {
    #expect(EncoderClaims.rowSums(states.attention) < 1e-5)
    let scaled = states.attention.map { $0.scaled(by: 0.999) }
    #expect(EncoderClaims.rowSums(scaled) > 5e-4)
  }

  @Test("no weight falls on later tokens")
  func mask() {
    #expect(EncoderClaims.masked(states.attention) == 0)
    var leaky = states.attention
    leaky[1][0, 3, 5] = 1e-6
    #expect(EncoderClaims.masked(leaky) == Double(Float(1e-6)))
  }

  @Test("embeddings are rows of two tables")
  func embeddings() {
    #expect(EncoderClaims.embeddings(states, ids: ids, encoder.network) <= 1e-6)
    var other = ids
    other[3] += 1
    #expect(EncoderClaims.embeddings(states, ids: other, encoder.network) > 1e-3)
  }

  @Test("layers add to the stream")
  func stream() {
    #expect(EncoderClaims.stream(states) < 1e-5)
    let replaced = states(changing: "text_model.encoder.layers.1") { $0 = $0.scaled(by: 1.01) }
    #expect(EncoderClaims.stream(replaced) > 1e-3)
  }

  @Test("the last step is a norm")
  func finalNorm() {
    #expect(EncoderClaims.finalNorm(states, encoder.network) < 1e-5)
    let replaced = states(changing: "text_model.final_layer_norm") { $0[0, 4, 7] += 0.01 }
    #expect(EncoderClaims.finalNorm(replaced, encoder.network) > 1e-3)
  }

  @Test("padding changes nothing before it, unless the mask leaks")
  func padding() {
    let short = EncoderStates(encoder.network, ids: Array(ids[..<10]))
    #expect(EncoderClaims.relative(short.all, toBeginningOf: states.all) < 1e-5)
    let path = "text_model.encoder.layers.0.self_attn"
    let leaky = states(changing: path, .attentionWeights) { $0[0, 0, 2, 60] = 0.1 }
    #expect(EncoderClaims.relative(short.all, toBeginningOf: leaky.all) > 1e-4)
  }
}
