import Tensors
import Testing

@Suite("elementwise arithmetic") struct ArithmeticTests {
  @Test("a combination in double is rounded once", arguments: [1, 7, 16, 1000])
  func combination(count: Int) {
    let generator = TorchGenerator(seed: 1)
    let a = generator.normal([count])
    let b = a + 1e-3 * generator.normal([count])
    // Two parts that nearly cancel.
    let (alpha, beta) = (1 / 0.003, -0.99999 / 0.003)
    let expected = zip(a.elements, b.elements).map { Float(alpha * Double($0) + beta * Double($1)) }
    let combined = Tensor.combination(alpha, a, beta, b)
    let ulps = zip(combined.elements, expected).map { abs($0 - $1) / $1.ulp }
    #expect(ulps.allSatisfy { $0 <= 1 })
    let single = Tensor.weightedSum(Float(alpha), a, Float(beta), b)
    let loss = zip(single.elements, expected).map { abs($0 - $1) / $1.ulp }
    #expect(count < 16 || loss.contains { $0 > 4 })
  }
}
