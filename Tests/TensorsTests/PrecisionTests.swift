import CKernels
import Foundation
import Tensors
import Testing

/// Products of rounded factors against references that round the same numbers and sum in double
/// precision, on every instruction set: the processor's own products of pairs where it has them, the
/// widened ones elsewhere.
@Suite("products of bfloat16 factors") struct PrecisionTests {
  @Test("float32 is native everywhere, bfloat16 where the processor has its instruction")
  func native() {
    forEachInstructionSet { isa in
      #expect(Precision.float32.isNative)
      #expect(Precision.bfloat16.isNative == (isa == "AVX512_BF16"))
    }
  }

  @Test(
    "x Wᵀ + b + residual",
    arguments: [
      (8, 1, 1), (8, 9, 31), (9, 50, 37), (77, 40, 33), (130, 320, 64), (15, 401, 96),
      (300, 1601, 70), (15, 7, 0), (0, 3, 4),
    ])
  func linear(rows: Int, inputs: Int, outputs: Int) {
    let generator = TorchGenerator(seed: 1)
    let x = generator.normal([rows, inputs])
    let weight = WeightTests.Stored([outputs, inputs], .float16, generator)
    let (bias, residual) = (generator.normal([outputs]), generator.normal([rows, outputs]))
    let product = Reference.linear(rounded(x), rounded(weight.widened), bias: bias)
    let exact = Reference.linear(x, weight.widened, bias: bias)
    if outputs > 0, rows > 0 { #expect(product.maxAbsDifference(from: exact) > 0) }
    forEachInstructionSet { isa in
      expectClose(
        Tensor.linear(x, weight.weight, bias: bias, adding: residual, precision: .bfloat16),
        product + residual, within: 2e-6, "linear \(rows)×\(inputs)→\(outputs) \(isa)")
    }
  }

  @Test("fewer than 8 rows are not rounded") func fewRows() {
    let generator = TorchGenerator(seed: 2)
    let (x, weight) = (generator.normal([7, 30]), generator.normal([20, 30]))
    #expect(
      Tensor.linear(x, weight, precision: .bfloat16).elements
        == Tensor.linear(x, weight).elements)
  }

  @Test("convolution, directly or by Winograd's transformation", arguments: ConvolutionTests.cases)
  func convolution(_ c: ConvolutionTests.Case) {
    let generator = TorchGenerator(seed: 11)
    let x = generator.normal([c.batch, c.height, c.width, c.inputs])
    let weight = generator.normal([c.outputs, c.inputs, c.kernel, c.kernel])
    let bias = generator.normal([c.outputs])
    let direct = Reference.convolution2d(
      rounded(x), rounded(weight), bias: bias, stride: c.stride, padding: c.padding)
    let tiles = c.batch * ((direct.shape[1] + 3) / 4) * ((direct.shape[2] + 3) / 4)
    let transforms =
      c.kernel == 3 && c.stride == 1
      && 5 * tiles < c.batch * direct.shape[1] * direct.shape[2]
    let rows = c.batch * direct.shape[1] * direct.shape[2]
    guard transforms || rows >= 8 || c.kernel > 1 else { return }
    let reference = transforms ? winograd(x, weight, bias, c.padding) : direct
    forEachInstructionSet { isa in
      let y = Tensor.convolution2d(
        x, weight, bias: bias, stride: c.stride, padding: c.padding, precision: .bfloat16)
      // A transformed number near the middle between two neighbours may be rounded to the other one.
      expectClose(
        y, reference, within: transforms ? 1e-3 : 1e-5, "\(c.testDescription) \(isa)")
    }
  }

  @Test("attention, its weights rounded as well", arguments: AttentionTests.cases)
  func attention(_ c: AttentionTests.Case) {
    let generator = TorchGenerator(seed: 41)
    let width = c.heads * c.features
    let q = generator.normal([c.batch, c.queries, width])
    let k = generator.normal([c.batch, c.keys, width])
    let v = generator.normal([c.batch, c.keys, width])
    let scale = 1 / Float(c.features).squareRoot()
    let exact = Reference.attentionWeights(
      rounded(q), rounded(k), heads: c.heads, scale: Double(scale), causal: c.causal)
    let reference = Reference.attention(
      weights: roundedToLargest(exact), values: rounded(v))
    // A weight near the middle between two neighbours may be rounded to the other one. Up to 168 keys
    // all weights refer to the largest score; beyond, to the largest so far.
    let bound: Float = c.keys <= 168 ? 1e-3 : 3e-3
    forEachInstructionSet { isa in
      expectClose(
        Tensor.attention(
          q, k, v, heads: c.heads, scale: scale, causal: c.causal, precision: .bfloat16),
        reference, within: bound, "attention \(c.testDescription) \(isa)")
    }
  }

  @Test("ties go to the even neighbour, and nothing finite becomes infinite before its time")
  func rounding() {
    let numbers: [Float] = [
      1 + 0x1p-8, 1 + 0x3p-8, -1 - 0x1p-8, 1 + 0x1.01p-8, 0x1.fep127, -.infinity, 0, -0.0,
    ]
    let expected: [Float] = [1, 1 + 0x1p-6, -1, 1 + 0x1p-7, 0x1.fep127, -.infinity, 0, -0.0]
    #expect(numbers.map(rounded) == expected)
    forEachInstructionSet { isa in
      let y = Tensor.linear(
        Tensor([8, 1], numbers), Tensor([1, 1], [1]), precision: .bfloat16)
      #expect(y.elements == expected, "\(isa)")
    }
  }

  // MARK: References

  private func rounded(_ x: Float) -> Float {
    let bits = x.bitPattern
    return x.isFinite
      ? Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000) : x
  }

  private func rounded(_ x: Double) -> Double { Double(rounded(Float(x))) }

  private func rounded(_ x: Tensor) -> Tensor { x.map(rounded) }

  /// Rows that sum to 1, rounded in units of their largest element.
  private func roundedToLargest(_ weights: Tensor) -> Tensor {
    let keys = weights.shape[3]
    var numbers = weights.elements
    for first in stride(from: 0, to: numbers.count, by: keys) {
      let largest = numbers[first..<first + keys].max() ?? 1
      for i in first..<first + keys { numbers[i] = largest * rounded(numbers[i] / largest) }
    }
    return Tensor(weights.shape, numbers)
  }

  /// Bᵀ, G and Aᵀ of F(4×4, 3×3) with the points 0, ±√½, ±√2, ∞.
  private static let (p, q) = (0.5.squareRoot(), 2.0.squareRoot())
  private static let input: [[Double]] = [
    [1, 0, -2.5, 0, 1, 0], [0, -q, -2, p, 1, 0], [0, q, -2, -p, 1, 0],
    [0, -p, -0.5, q, 1, 0], [0, p, -0.5, -q, 1, 0], [0, 1, 0, -2.5, 0, 1],
  ]
  private static let kernel: [[Double]] = [
    [1, 0, 0], [-2.0 / 3, -p / 1.5, -1.0 / 3], [-2.0 / 3, p / 1.5, -1.0 / 3],
    [1.0 / 6, q / 6, 1.0 / 3], [1.0 / 6, -q / 6, 1.0 / 3], [0, 0, 1],
  ]
  private static let output: [[Double]] = [
    [1, 1, 1, 1, 1, 0], [0, p, -p, q, -q, 0], [0, 0.5, 0.5, 2, 2, 0],
    [0, 0.5 * p, -0.5 * p, 2 * q, -2 * q, 1],
  ]

  /// m · x · mᵀ
  private func transformed(_ m: [[Double]], _ x: [[Double]]) -> [[Double]] {
    let half: [[Double]] = m.map { row in
      x[0].indices.map { column in dot(row, x.map { $0[column] }) }
    }
    return half.map { line in m.map { dot($0, line) } }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Aᵀ[Σ (G g Gᵀ) ⊙ (Bᵀ d B)]A, the two transformed factors rounded.
  private func winograd(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ padding: Padding
  ) -> Tensor {
    let (height, width, inputs, outputs) = (x.shape[1], x.shape[2], x.shape[3], weight.shape[0])
    let (down, across) = (
      height + padding.top + padding.bottom - 2, width + padding.left + padding.right - 2
    )
    let (pixels, g, biases) = (x.elements, weight.elements.map(Double.init), bias.elements)
    let kernels: [[Double]] = (0..<outputs * inputs).map { at in
      let taps = (0..<3).map { Array(g[at * 9 + 3 * $0..<at * 9 + 3 * $0 + 3]) }
      return transformed(Self.kernel, taps).joined().map(rounded)
    }
    var y = [Float](repeating: 0, count: x.shape[0] * down * across * outputs)
    for b in 0..<x.shape[0] {
      for top in stride(from: 0, to: down, by: 4) {
        for left in stride(from: 0, to: across, by: 4) {
          let tiles: [[Double]] = (0..<inputs).map { channel in
            var patch = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 6)
            for i in 0..<6 {
              for j in 0..<6 {
                let (row, column) = (top + i - padding.top, left + j - padding.left)
                guard 0..<height ~= row, 0..<width ~= column else { continue }
                let pixel = (b * height + row) * width + column
                patch[i][j] = Double(pixels[pixel * inputs + channel])
              }
            }
            return transformed(Self.input, patch).joined().map(rounded)
          }
          for o in 0..<outputs {
            var sums = [Double](repeating: 0, count: 36)
            for channel in 0..<inputs {
              let kernel = kernels[o * inputs + channel]
              for f in 0..<36 { sums[f] += tiles[channel][f] * kernel[f] }
            }
            let tile = transformed(
              Self.output, (0..<6).map { Array(sums[6 * $0..<6 * $0 + 6]) })
            for i in 0..<min(4, down - top) {
              for j in 0..<min(4, across - left) {
                y[((b * down + top + i) * across + left + j) * outputs + o] =
                  Float(tile[i][j]) + biases[o]
              }
            }
          }
        }
      }
    }
    return Tensor([x.shape[0], down, across, outputs], y)
  }
}
