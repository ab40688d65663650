import Foundation
import Tensors
import Testing

@Suite("gradients of activations") struct ActivationGradientsTests {
  /// From −12 to 12, and where exponentials end.
  static let points = Tensor(
    [2407], (0..<2401).map { Float($0 - 1200) / 100 } + [-100, -90, -30, 30, 90, 100])

  static func gelu(_ x: Double) -> Double { 0.5 * x * (1 + erf(x / 2.0.squareRoot())) }
  static func geluSlope(_ x: Double) -> Double {
    0.5 * (1 + erf(x / 2.0.squareRoot())) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
  }
  static func siluSlope(_ x: Double) -> Double {
    let s = 1 / (1 + exp(-x))
    return s * (1 + x * (1 - s))
  }

  @Test("equal their slopes") func slopes() {
    let x = Self.points
    let dy = TorchGenerator(seed: 36).normal(x.shape)
    func expected(_ slope: (Double) -> Double) -> Tensor {
      Tensor(x.shape, zip(x.elements, dy.elements).map { Float(slope(Double($0)) * Double($1)) })
    }
    let (silu, quick, gelu) = (
      expected(Self.siluSlope), expected { Self.siluSlope(1.702 * $0) }, expected(Self.geluSlope)
    )
    let leaky = expected { $0 > 0 ? 1 : 0.2 }
    expectClose(Tensor.siluGradient(x, outputGradient: dy), silu, within: 1e-6, "SiLU")
    expectClose(Tensor.quickGELUGradient(x, outputGradient: dy), quick, within: 1e-6, "quick GELU")
    expectClose(Tensor.geluGradient(x, outputGradient: dy), gelu, within: 1e-6, "GELU")
    expectClose(
      Tensor.leakyReLUGradient(x, slope: 0.2, outputGradient: dy), leaky, within: 1e-7,
      "leaky ReLU")
  }

  @Test("GEGLU's equals its definition", arguments: [1, 3, 16, 77]) func geglu(width: Int) {
    let generator = TorchGenerator(seed: 37)
    let (x, dy) = (generator.normal([50, 2 * width]), generator.normal([50, width]))
    let (xs, back) = (x.elements.map(Double.init), dy.elements.map(Double.init))
    var expected = [Float](repeating: 0, count: x.count)
    for i in 0..<50 * width {
      let value = i / width * 2 * width + i % width
      expected[value] = Float(back[i] * Self.gelu(xs[value + width]))
      expected[value + width] = Float(back[i] * xs[value] * Self.geluSlope(xs[value + width]))
    }
    expectClose(
      Tensor.gegluGradient(x, outputGradient: dy), Tensor(x.shape, expected), within: 1e-6,
      "GEGLU \(width)")
  }

  @Test("a doubled image's gradient is the sum of four, and a bias' of all rows") func sums() {
    let generator = TorchGenerator(seed: 38)
    let dy = generator.normal([2, 6, 10, 5])
    let from = dy.elements
    let expected = (0..<2 * 3 * 5 * 5).map { i -> Float in
      let (c, x, y) = (i % 5, i / 5 % 5, i / 25)
      return [(0, 0), (0, 1), (1, 0), (1, 1)].reduce(0) {
        $0 + from[((2 * y + $1.0) * 10 + 2 * x + $1.1) * 5 + c]
      }
    }
    expectClose(
      Tensor.upsampleNearest2xGradient(outputGradient: dy), Tensor([2, 3, 5, 5], expected),
      within: 1e-6, "doubling")
    for width in [1, 16, 100, 130] {
      let x = generator.normal([3, 301, width])
      let sums = x.columnSums(entries: 3)
      for entry in 0..<3 {
        let rows = x.rows(entry..<entry + 1).elements
        let expected = (0..<width).map { c in
          Float((0..<301).reduce(0.0) { $0 + Double(rows[$1 * width + c]) })
        }
        expectClose(
          sums.rows(entry..<entry + 1), Tensor([1, width], expected), within: 1e-6,
          "column sums \(width)")
      }
    }
  }
}
