import Tensors
import Testing

@Suite("attention") struct AttentionTests {
  struct Case: CustomTestStringConvertible {
    var batch = 1
    var queries: Int
    var keys: Int
    var heads: Int
    var features: Int
    var causal = false
    var testDescription: String {
      "\(batch)×\(queries)×\(keys), \(heads) heads of \(features)\(causal ? ", causal" : "")"
    }
  }
  static let cases = [
    Case(queries: 1, keys: 1, heads: 1, features: 1),
    Case(batch: 2, queries: 64, keys: 77, heads: 8, features: 40),
    Case(queries: 300, keys: 300, heads: 2, features: 20),
    Case(queries: 17, keys: 5000, heads: 1, features: 8),
    Case(queries: 259, keys: 77, heads: 3, features: 33),
    Case(queries: 100, keys: 513, heads: 1, features: 160),
    Case(batch: 2, queries: 77, keys: 77, heads: 12, features: 64, causal: true),
    Case(queries: 270, keys: 270, heads: 2, features: 16, causal: true),
    Case(queries: 1100, keys: 1100, heads: 1, features: 12, causal: true),
  ]

  @Test("equals softmax(scale · Q Kᵀ) V", arguments: cases) func definition(_ c: Case) {
    let generator = TorchGenerator(seed: 41)
    let width = c.heads * c.features
    let q = generator.normal([c.batch, c.queries, width])
    let k = generator.normal([c.batch, c.keys, width])
    let v = generator.normal([c.batch, c.keys, width])
    let scale = 1 / Float(c.features).squareRoot()
    let weights = Tensor.attentionWeights(q, k, heads: c.heads, scale: scale, causal: c.causal)
    let referenceWeights = Reference.attentionWeights(
      q, k, heads: c.heads, scale: Double(scale), causal: c.causal)
    expectClose(weights, referenceWeights, within: 3e-6, "weights \(c.testDescription)")
    let reference = Reference.attention(weights: referenceWeights, values: v)
    expectClose(
      Tensor.attention(weights: weights, values: v), reference, within: 3e-6,
      "weights · V \(c.testDescription)")
    forEachInstructionSet { isa in
      expectClose(
        Tensor.attention(q, k, v, heads: c.heads, scale: scale, causal: c.causal), reference,
        within: 3e-6, "attention \(c.testDescription) \(isa)")
    }
  }

  @Test("large scores neither overflow nor lose the row's sum") func largeScores() {
    let generator = TorchGenerator(seed: 43)
    let q = generator.normal([1, 50, 16]).scaled(by: 40)
    let (k, v) = (generator.normal([1, 1200, 16]).scaled(by: 40), Tensor.ones([1, 1200, 16]))
    let y = Tensor.attention(q, k, v, heads: 1, scale: 1)
    expectClose(y, Tensor.ones([1, 50, 16]), within: 1e-6, "attention to ones")
  }

  @Test("a causal row sees no later key") func causal() {
    let generator = TorchGenerator(seed: 42)
    let (q, k) = (generator.normal([1, 40, 32]), generator.normal([1, 40, 32]))
    let weights = Tensor.attentionWeights(q, k, heads: 4, scale: 0.3, causal: true)
    for row in 0..<40 {
      let values = (0..<40).map { weights[0, 2, row, $0] }
      #expect(values[(row + 1)...].allSatisfy { $0 == 0 })
      #expect(abs(values.reduce(0, +) - 1) < 1e-6)
    }
    let open = Tensor.attentionWeights(q, k, heads: 4, scale: 0.3)
    #expect(open.maxAbsDifference(from: weights) > 0.01)
  }
}
