import Tensors
import Testing

@Suite("gradients of attention") struct AttentionGradientsTests {
  struct Case: CustomTestStringConvertible {
    var batch = 1
    var queries: Int
    var keys: Int
    var heads = 1
    var features: Int
    var causal = false
    var testDescription: String {
      "\(batch)×\(queries)→\(keys), \(heads) heads of \(features)\(causal ? ", causal" : "")"
    }
  }

  static let cases = [
    Case(batch: 2, queries: 7, keys: 9, heads: 2, features: 5),
    Case(queries: 64, keys: 64, features: 96),
    Case(batch: 2, queries: 256, keys: 256, heads: 4, features: 16),
    Case(batch: 2, queries: 64, keys: 77, heads: 4, features: 24),
    Case(queries: 77, keys: 77, heads: 4, features: 24, causal: true),
    Case(queries: 300, keys: 300, heads: 2, features: 40, causal: true),
    Case(queries: 5, keys: 1, features: 3), Case(queries: 1, keys: 600, features: 64),
  ]

  @Test("equal their definition", arguments: cases) func definition(_ c: Case) {
    let generator = TorchGenerator(seed: 33)
    let q = generator.normal([c.batch, c.queries, c.heads * c.features])
    let k = generator.normal([c.batch, c.keys, c.heads * c.features])
    let (v, dy) = (generator.normal(k.shape), generator.normal(q.shape))
    let scale = 1 / Double(c.features).squareRoot()
    let reference = Reference.attentionGradients(
      q, k, v, heads: c.heads, scale: scale, causal: c.causal, outputGradient: dy)
    // With one key nothing flows through its weight, which is 1.
    let floor: Float = c.keys == 1 ? 1e-6 : 0
    forEachInstructionSet { isa in
      let fast = Tensor.attentionGradients(
        q, k, v, heads: c.heads, scale: Float(scale), causal: c.causal, outputGradient: dy)
      let pairs = [
        ("Q", fast.q, reference.q), ("K", fast.k, reference.k), ("V", fast.v, reference.v),
      ]
      for (name, fast, reference) in pairs {
        if floor > 0 && name != "V" {
          #expect(fast.maxAbs <= floor, "∂\(name) \(c.testDescription) \(isa)")
        } else {
          expectClose(fast, reference, within: 1e-5, "∂\(name) \(c.testDescription) \(isa)")
        }
      }
    }
  }
}
