import Foundation
import Tensors
import Testing

@Suite("gradients of normalisation") struct NormalizationGradientsTests {
  /// Σ dy·f(z), f the identity or SiLU.
  static func pairing(_ dy: [Double], _ z: [Double], silu: Bool) -> Double {
    zip(dy, z).reduce(0) { $0 + $1.0 * (silu ? $1.1 / (1 + exp(-$1.1)) : $1.1) }
  }

  @Test(
    "group norm's equal finite differences, with and without SiLU",
    arguments: [(1, 3, 4, 2), (1, 20, 6, 3), (2, 17, 8, 4), (1, 5, 130, 10)])
  func groupNorm(batch: Int, pixels: Int, channels: Int, groups: Int) {
    let generator = TorchGenerator(seed: 34)
    let x = generator.normal([batch, pixels, channels]).scaled(by: 2, plus: 1)
    let (weight, bias) = (generator.normal([channels]), generator.normal([channels]))
    let dy = generator.normal(x.shape)
    let each = pixels * channels
    let back = dy.elements.map(Double.init)
    for silu in [false, true] {
      func loss(_ x: [Double], _ weight: [Double], _ bias: [Double]) -> Double {
        (0..<batch).reduce(0) { sum, entry in
          let range = entry * each..<(entry + 1) * each
          let z = Reference.normalized(
            Array(x[range]), channels: channels, groups: groups, weight: weight, bias: bias,
            epsilon: 1e-5)
          return sum + Self.pairing(Array(back[range]), z, silu: silu)
        }
      }
      let (xs, ws, bs) = (
        x.elements.map(Double.init), weight.elements.map(Double.init),
        bias.elements.map(Double.init)
      )
      let expected = (
        Reference.differences(x) { loss($0, ws, bs) },
        Reference.differences(weight) { loss(xs, $0, bs) },
        Reference.differences(bias) { loss(xs, ws, $0) }
      )
      forEachInstructionSet { isa in
        let g = Tensor.groupNormGradients(
          x, groups: groups, weight: weight, bias: bias, epsilon: 1e-5, silu: silu,
          outputGradient: dy)
        let label = "\(batch)×\(pixels)×\(channels)\(silu ? ", SiLU" : ""), \(isa)"
        expectClose(g.input, expected.0, within: 2e-5, "group norm ∂x \(label)")
        expectClose(g.weight, expected.1, within: 1e-5, "group norm ∂w \(label)")
        expectClose(g.bias, expected.2, within: 1e-5, "group norm ∂b \(label)")
      }
    }
  }

  @Test("layer norm's equal finite differences", arguments: [(7, 5), (70, 33), (3, 64)])
  func layerNorm(rows: Int, width: Int) {
    let generator = TorchGenerator(seed: 35)
    let x = generator.normal([rows, width]).scaled(by: 3, plus: -2)
    let (weight, dy) = (generator.normal([width]), generator.normal(x.shape))
    let back = dy.elements.map(Double.init)
    let zero = [Double](repeating: 0, count: width)
    func loss(_ x: [Double], _ weight: [Double]) -> Double {
      (0..<rows).reduce(0) { sum, row in
        let range = row * width..<(row + 1) * width
        let z = Reference.normalized(
          Array(x[range]), channels: width, groups: 1, weight: weight, bias: zero, epsilon: 1e-5)
        return sum + Self.pairing(Array(back[range]), z, silu: false)
      }
    }
    let (xs, ws) = (x.elements.map(Double.init), weight.elements.map(Double.init))
    let expected = (
      Reference.differences(x) { loss($0, ws) }, Reference.differences(weight) { loss(xs, $0) }
    )
    forEachInstructionSet { isa in
      let g = Tensor.layerNormGradients(x, weight: weight, epsilon: 1e-5, outputGradient: dy)
      expectClose(g.input, expected.0, within: 2e-5, "layer norm ∂x \(rows)×\(width) \(isa)")
      expectClose(g.weight, expected.1, within: 1e-5, "layer norm ∂w \(rows)×\(width) \(isa)")
      expectClose(g.bias, dy.columnSums(), within: 1e-6, "layer norm ∂b \(rows)×\(width) \(isa)")
    }
  }
}
