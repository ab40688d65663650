import Networks
import Tensors
import Testing
import TextEncoding

@Suite("States of the text encoder") struct EncoderStatesTests {
  private func states(_ prompt: String) throws -> EncoderStates {
    let encoder = try Examples.encoder()
    return EncoderStates(encoder.network, ids: encoder.tokenizer.tokenize(prompt).ids)
  }

  @Test("every layer is there with its shape, and the last state is the network's own result")
  func shapes() throws {
    let encoder = try Examples.encoder()
    let ids = encoder.tokenizer.tokenize("a purple boat").ids
    let states = EncoderStates(encoder.network, ids: ids)
    let layers = encoder.network.configuration.layers
    #expect(states.hidden.count == layers + 1 && states.all.count == layers + 2)
    #expect(states.all.allSatisfy { $0.shape == [77, 96] })
    #expect(states.attention.count == layers)
    #expect(states.attention.allSatisfy { $0.shape == [4, 77, 77] })
    #expect(states.attentionOutputs.count == layers && states.networkOutputs.count == layers)
    let direct = encoder.network([ids]).reshaped([77, 96])
    #expect(states.final.maxAbsDifference(from: direct) < 1e-5)
  }

  @Test("similarity is the cosine: symmetric, 1 on the diagonal, as computed one by one")
  func similarity() throws {
    let states = try states("a purple boat and an orange house").hidden[2]
    let similarity = EncoderStates.similarity(states)
    let norms = EncoderStates.norms(states)
    for i in 0..<12 {
      #expect(abs(similarity[i, i] - 1) < 1e-6)
      for j in 0..<12 {
        #expect(abs(similarity[i, j] - similarity[j, i]) < 1e-6)
        let dot = states.rows(i..<i + 1).dot(states.rows(j..<j + 1))
        #expect(abs(Double(similarity[i, j]) - dot / (norms[i] * norms[j])) < 1e-5)
      }
    }
  }

  @Test("a state of zeros is like nothing")
  func zeros() {
    let similarity = EncoderStates.similarity(Tensor([2, 2], [0, 0, 3, 4]))
    #expect(similarity.elements == [0, 0, 0, 1])
  }
}
