import Networks
import Tensors
import Testing
import TextEncoding

@Suite("What each token does to the others") struct InfluenceExperimentTests {
  private func experiment(
    leaking: Bool = false
  ) throws -> (experiment: InfluenceExperiment, count: Int) {
    let encoder = try Examples.encoder()
    let ids = Array(encoder.tokenizer.tokenize("a purple boat on the sea").ids[..<8])
    func encode(_ ids: [Int]) -> EncoderStates {
      EncoderStates(encoder.network, ids: ids) { weights, site in
        guard leaking, site.quantity == .attentionWeights else { return }
        weights[0, 0, 0, 7] = 1e-3
      }
    }
    let experiment = InfluenceExperiment(
      ids: ids, base: encode(ids), vocabularyCount: encoder.tokenizer.vocabulary.tokens.count,
      generator: TorchGenerator(seed: 2), encode: encode)
    return (experiment, ids.count)
  }

  @Test("nothing before the replaced token moves, it and what follows do")
  func causal() throws {
    let (experiment, count) = try experiment()
    #expect(experiment.earlierChange == 0)
    #expect(experiment.changed == Array(1..<count))
    for (layer, matrix) in experiment.influence.enumerated() {
      for i in experiment.changed {
        #expect((0..<i).allSatisfy { matrix[i, $0] == 0 })
        #expect(matrix[i, i] > 0)
        // The embeddings hear nobody; every later layer does.
        #expect((i + 1..<count).allSatisfy { (matrix[i, $0] > 0) == (layer > 0) })
      }
    }
  }

  @Test("a single weight that looks ahead is found")
  func leak() throws {
    #expect(try experiment(leaking: true).experiment.earlierChange > 1e-6)
  }

  @Test("no token stands in for itself")
  func substitutes() throws {
    let encoder = try Examples.encoder()
    let (experiment, _) = try experiment()
    let ids = encoder.tokenizer.tokenize("a purple boat on the sea").ids
    for (position, substitute) in zip(experiment.changed, experiment.substitutes) {
      #expect(substitute != ids[position])
      #expect(encoder.tokenizer.vocabulary.tokens.indices.contains(substitute))
    }
  }
}
