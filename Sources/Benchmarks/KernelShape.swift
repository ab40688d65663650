import ArgumentParser
import Tensors

/// One product: its kind and its extents.
package struct KernelShape: ExpressibleByArgument {
  private enum Kind: String { case linear, convolution, strided, attention }

  /// As it is typed.
  package let text: String
  private let kind: Kind
  private let extents: [Int]

  /// A shape that is not understood is none, and the parser says which it was.
  package init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
    let fields = parts[1].split(separator: "x", omittingEmptySubsequences: false)
    let extents = fields.compactMap { Int($0) }.filter { 1...65_536 ~= $0 }
    let expected =
      switch kind {
      case .linear: 3
      case .convolution, .strided: 5
      case .attention: 4
      }
    guard extents.count == fields.count, extents.count == expected else { return nil }
    (text, self.kind, self.extents) = (argument, kind, extents)
  }

  private var stride: Int { kind == .strided ? 2 : 1 }

  /// Multiplications and additions of the definition.
  package var flops: Int {
    let e = extents
    return switch kind {
    case .linear: 2 * e[0] * e[1] * e[2]
    case .convolution, .strided:
      18 * e[0] * ((e[1] - 1) / stride + 1) * ((e[2] - 1) / stride + 1) * e[3] * e[4]
    case .attention: 4 * e[0] * e[1] * e[2] * e[3]
    }
  }

  /// Which of its ways the product takes, on so many threads as there are.
  package func form(_ precision: Precision) -> KernelForm {
    let e = extents
    return switch kind {
    case .linear: .linear(rows: e[0], inputs: e[1])
    case .convolution, .strided:
      .convolution(
        [e[0], e[1], e[2], e[3]], [e[4], e[3], 3, 3], stride: stride, padding: Padding(1),
        precision: precision)
    case .attention: .queryBlocks
    }
  }

  /// The product of random numbers, to be computed as often as one likes.
  package func product(_ precision: Precision) -> () -> Tensor {
    let (e, generator) = (extents, TorchGenerator(seed: 1))
    switch kind {
    case .linear:
      let (x, bias) = (generator.normal([e[0], e[1]]), generator.normal([e[2]]))
      let weight = generator.normal([e[2], e[1]])
      return { .linear(x, weight, bias: bias, precision: precision) }
    case .convolution, .strided:
      let (x, bias) = (generator.normal([e[0], e[1], e[2], e[3]]), generator.normal([e[4]]))
      let weight = generator.normal([e[4], e[3], 3, 3])
      let stride = stride
      return {
        .convolution2d(
          x, weight, bias: bias, stride: stride, padding: Padding(1), precision: precision)
      }
    case .attention:
      let q = generator.normal([1, e[0], e[2] * e[3]])
      let (k, v) = (
        generator.normal([1, e[1], e[2] * e[3]]), generator.normal([1, e[1], e[2] * e[3]])
      )
      let scale = 1 / Float(e[3]).squareRoot()
      return { .attention(q, k, v, heads: e[2], scale: scale, precision: precision) }
    }
  }
}
