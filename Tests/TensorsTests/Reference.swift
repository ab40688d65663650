import CKernels
import Foundation
import Tensors
import Testing

/// The operations of a network written for reading: plain loops in double precision over
/// channels-last data. Every fast kernel is compared with its reference elementwise.
enum Reference {
  static func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?) -> Tensor {
    let (x, w, b) = (x.elements.map(Double.init), weight.elements.map(Double.init), bias?.elements)
    let (n, k) = (weight.shape[0], weight.shape[1])
    let rows = x.count / k
    var y = [Float](repeating: 0, count: rows * n)
    for row in 0..<rows {
      for o in 0..<n {
        var sum = Double(b?[o] ?? 0)
        for i in 0..<k { sum += x[row * k + i] * w[o * k + i] }
        y[row * n + o] = Float(sum)
      }
    }
    return Tensor([rows, n], y)
  }

  /// weight [Cout, Cin, kh, kw]; bias [Cout] or [B, Cout].
  static func convolution2d(
    _ x: Tensor, _ weight: Tensor, bias: Tensor?, stride: Int, padding: Padding
  ) -> Tensor {
    let (batch, height, width, inputs) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (outputs, kh, kw) = (weight.shape[0], weight.shape[2], weight.shape[3])
    let outHeight = (height + padding.top + padding.bottom - kh) / stride + 1
    let outWidth = (width + padding.left + padding.right - kw) / stride + 1
    let (x, w) = (x.elements.map(Double.init), weight.elements.map(Double.init))
    let biases = bias?.elements ?? [Float](repeating: 0, count: outputs)
    var y: [Float] = []
    y.reserveCapacity(batch * outHeight * outWidth * outputs)
    for b in 0..<batch {
      for i in 0..<outHeight {
        for j in 0..<outWidth {
          for o in 0..<outputs {
            var sum = Double(biases[biases.count == outputs ? o : b * outputs + o])
            for ky in 0..<kh {
              let row = stride * i + ky - padding.top
              guard 0..<height ~= row else { continue }
              for kx in 0..<kw {
                let column = stride * j + kx - padding.left
                guard 0..<width ~= column else { continue }
                let pixel = ((b * height + row) * width + column) * inputs
                for c in 0..<inputs {
                  sum += x[pixel + c] * w[((o * inputs + c) * kh + ky) * kw + kx]
                }
              }
            }
            y.append(Float(sum))
          }
        }
      }
    }
    return Tensor([batch, outHeight, outWidth, outputs], y)
  }

  static func groupNorm(
    _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Double, silu: Bool
  ) -> Tensor {
    let (batch, channels) = (x.shape[0], x.shape[x.rank - 1])
    let rows = x.count / batch / channels
    let width = channels / groups
    let (w, b) = (weight.elements, bias.elements)
    var y = x.elements
    for entry in 0..<batch {
      for group in 0..<groups {
        let indices = (0..<rows * width).map { i in
          (entry * rows + i / width) * channels + group * width + i % width
        }
        let values = indices.map { Double(y[$0]) }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        for (index, value) in zip(indices, values) {
          let c = index % channels
          let z = (value - mean) / (variance + epsilon).squareRoot() * Double(w[c]) + Double(b[c])
          y[index] = Float(silu ? z / (1 + exp(-z)) : z)
        }
      }
    }
    return Tensor(x.shape, y)
  }

  static func softmax(_ row: [Double]) -> [Double] {
    let largest = row.max() ?? 0
    let powers = row.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// [B, heads, N, M].
  static func attentionWeights(
    _ q: Tensor, _ k: Tensor, heads: Int, scale: Double, causal: Bool
  ) -> Tensor {
    let (batch, n, m, width) = (q.shape[0], q.shape[1], k.shape[1], q.shape[2])
    let d = width / heads
    let (q, k) = (q.elements.map(Double.init), k.elements.map(Double.init))
    var y: [Float] = []
    for b in 0..<batch {
      for h in 0..<heads {
        for i in 0..<n {
          let row = (0..<(causal ? i + 1 : m)).map { j in
            scale
              * (0..<d).reduce(0) {
                $0 + q[(b * n + i) * width + h * d + $1] * k[(b * m + j) * width + h * d + $1]
              }
          }
          y += softmax(row).map(Float.init) + [Float](repeating: 0, count: m - row.count)
        }
      }
    }
    return Tensor([batch, heads, n, m], y)
  }

  static func attention(weights: Tensor, values: Tensor) -> Tensor {
    let (batch, heads, n, m) = (
      weights.shape[0], weights.shape[1], weights.shape[2], weights.shape[3]
    )
    let width = values.shape[2]
    let d = width / heads
    let (w, v) = (weights.elements.map(Double.init), values.elements.map(Double.init))
    var y = [Float](repeating: 0, count: batch * n * width)
    for b in 0..<batch {
      for i in 0..<n {
        for c in 0..<width {
          let row = ((b * heads + c / d) * n + i) * m
          y[(b * n + i) * width + c] = Float(
            (0..<m).reduce(0) { $0 + w[row + $1] * v[(b * m + $1) * width + c] })
        }
      }
    }
    return Tensor([batch, n, width], y)
  }
}

/// Requires max |Δ| ≤ bound · max |reference|, and prints what it was.
func expectClose(
  _ fast: Tensor, _ reference: Tensor, within bound: Float, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(fast.shape == reference.shape, sourceLocation: sourceLocation)
  guard fast.shape == reference.shape else { return }
  let difference = fast.maxAbsDifference(from: reference) / max(reference.maxAbs, 1e-30)
  print("\(what): max |Δ| / max |reference| = \(difference)")
  #expect(difference <= bound, "\(what)", sourceLocation: sourceLocation)
}

/// Runs `body` with the kernels of each instruction set that this processor has, by its name.
func forEachInstructionSet(_ body: (String) -> Void) {
  let levels = [
    (CK_ISA_PLAIN, "plain"), (CK_ISA_AVX2, "AVX2"), (CK_ISA_AVX512, "AVX-512"),
    (CK_ISA_AVX512_BF16, "AVX512_BF16"),
  ]
  for (level, name) in levels {
    ck_limit_isa(level)
    defer { ck_limit_isa(CK_ISA_AVX512_BF16) }
    if ck_isa() == level { body(name) }
  }
}
