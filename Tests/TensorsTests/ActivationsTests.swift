import Foundation
import Tensors
import Testing

@Suite("activations and softmax") struct ActivationsTests {
  /// −30 to 30 in steps of 1/64, and the tails.
  static let inputs =
    Tensor([3843], (-1921...1921).map { Float($0) / 64 })
  static let tails = Tensor([6], [-1e4, -200, -95, 95, 200, 1e4])

  func compare(
    _ name: String, _ fast: (Tensor) -> Tensor, within bound: Double,
    _ reference: (Double) -> Double
  ) {
    for x in [Self.inputs, Self.tails] {
      var worst = 0.0
      for (value, result) in zip(x.elements, fast(x).elements) {
        let expected = reference(Double(value))
        worst = max(worst, abs(Double(result) - expected) / max(abs(expected), 1))
      }
      print("\(name): max |Δ| \(worst)")
      #expect(worst <= bound)
    }
  }

  @Test("equal their definitions") func definitions() {
    compare("silu", Tensor.silu, within: 3e-7) { $0 / (1 + exp(-$0)) }
    compare("quick GELU", Tensor.quickGELU, within: 3e-7) { $0 / (1 + exp(-1.702 * $0)) }
    compare("GELU", Tensor.gelu, within: 3e-7) { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) }
  }

  @Test("GEGLU multiplies values by the GELU of gates", arguments: [(1, 1), (3, 40), (2000, 33)])
  func geglu(rows: Int, width: Int) {
    let x = TorchGenerator(seed: 31).normal([rows, 2 * width])
    let (value, gate) = (x.slice(0..<width, along: 1), x.slice(width..<(2 * width), along: 1))
    expectClose(Tensor.geglu(x), value * Tensor.gelu(gate), within: 1e-7, "GEGLU \(rows)×\(width)")
  }

  @Test("softmax rows are positive, sum to 1 and ignore an offset", arguments: [1, 2, 77, 1000])
  func softmax(width: Int) {
    let x = TorchGenerator(seed: 32).normal([301, width]).scaled(by: 4)
    let y = Tensor.softmax(x)
    let rows = x.elements.map(Double.init)
    let reference = (0..<301).flatMap {
      Reference.softmax(Array(rows[($0 * width)..<(($0 + 1) * width)])).map(Float.init)
    }
    expectClose(y, Tensor([301, width], reference), within: 1e-6, "softmax of \(width)")
    for row in 0..<301 {
      let sum = y.rows(row..<(row + 1)).elements.reduce(0.0) { $0 + Double($1) }
      #expect(abs(sum - 1) < 1e-6)
    }
    #expect(y.moments.min >= 0)
    expectClose(Tensor.softmax(x.scaled(by: 1, plus: 64)), y, within: 2e-5, "softmax with offset")
  }

  @Test("softmax of −∞ is 0 and of NaN is NaN") func special() {
    let y = Tensor.softmax(Tensor([2, 3], [0, -.infinity, 0, 1, .nan, 0])).elements
    #expect(y[0] == 0.5 && y[1] == 0 && y[2] == 0.5)
    #expect(y[3...].allSatisfy { $0.isNaN })
  }
}
