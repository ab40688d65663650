import Foundation
import Tensors

/// Gradients written for reading: plain loops in double precision.
extension Reference {
  /// ∂x, ∂W and ∂b of a convolution of channels-last images.
  static func convolution2dGradients(
    _ x: Tensor, _ weight: Tensor, outputGradient dy: Tensor, stride: Int, padding: Padding
  ) -> (input: Tensor, weight: Tensor, bias: Tensor) {
    let (batch, height, width, inputs) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (outputs, kh, kw) = (weight.shape[0], weight.shape[2], weight.shape[3])
    let (outHeight, outWidth) = (dy.shape[1], dy.shape[2])
    let (xs, w, g) = (
      x.elements.map(Double.init), weight.elements.map(Double.init), dy.elements.map(Double.init)
    )
    var dx = [Double](repeating: 0, count: xs.count)
    var dw = [Double](repeating: 0, count: w.count)
    var db = [Double](repeating: 0, count: outputs)
    for pixel in 0..<batch * outHeight * outWidth {
      let (b, i, j) = (
        pixel / (outHeight * outWidth), pixel / outWidth % outHeight, pixel % outWidth
      )
      for o in 0..<outputs { db[o] += g[pixel * outputs + o] }
      for ky in 0..<kh {
        let row = stride * i + ky - padding.top
        guard 0..<height ~= row else { continue }
        for kx in 0..<kw {
          let column = stride * j + kx - padding.left
          guard 0..<width ~= column else { continue }
          let from = ((b * height + row) * width + column) * inputs
          for o in 0..<outputs {
            let gradient = g[pixel * outputs + o]
            for c in 0..<inputs {
              let k = ((o * inputs + c) * kh + ky) * kw + kx
              dx[from + c] += gradient * w[k]
              dw[k] += gradient * xs[from + c]
            }
          }
        }
      }
    }
    return (
      Tensor(x.shape, dx.map { Float($0) }), Tensor(weight.shape, dw.map { Float($0) }),
      Tensor([outputs], db.map { Float($0) })
    )
  }

  /// ∂Q, ∂K and ∂V of attention.
  static func attentionGradients(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Double, causal: Bool,
    outputGradient dy: Tensor
  ) -> (q: Tensor, k: Tensor, v: Tensor) {
    let (batch, n, m, width) = (q.shape[0], q.shape[1], k.shape[1], q.shape[2])
    let d = width / heads
    let (qs, ks) = (q.elements.map(Double.init), k.elements.map(Double.init))
    let (vs, g) = (v.elements.map(Double.init), dy.elements.map(Double.init))
    var dq = [Double](repeating: 0, count: qs.count)
    var dk = [Double](repeating: 0, count: ks.count)
    var dv = dk
    for b in 0..<batch {
      for h in 0..<heads {
        for i in 0..<n {
          let query = (b * n + i) * width + h * d
          let keys = (0..<(causal ? i + 1 : m)).map { (b * m + $0) * width + h * d }
          let p = softmax(
            keys.map { key in scale * (0..<d).reduce(0) { $0 + qs[query + $1] * ks[key + $1] } })
          let dp = keys.map { key in (0..<d).reduce(0) { $0 + g[query + $1] * vs[key + $1] } }
          let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
          for (j, key) in keys.enumerated() {
            let ds = scale * p[j] * (dp[j] - mean)
            for c in 0..<d {
              dq[query + c] += ds * ks[key + c]
              dk[key + c] += ds * qs[query + c]
              dv[key + c] += p[j] * g[query + c]
            }
          }
        }
      }
    }
    return (
      Tensor(q.shape, dq.map { Float($0) }), Tensor(k.shape, dk.map { Float($0) }),
      Tensor(v.shape, dv.map { Float($0) })
    )
  }
}

extension Reference {
  /// Central differences of a scalar function of `x`, in double precision.
  /// - Parameter f: the function of x's elements.
  static func differences(_ x: Tensor, step: Double = 1e-5, _ f: ([Double]) -> Double) -> Tensor {
    var values = x.elements.map(Double.init)
    return Tensor(
      x.shape,
      values.indices.map { index in
        let value = values[index]
        values[index] = value + step
        let above = f(values)
        values[index] = value - step
        let below = f(values)
        values[index] = value
        return Float((above - below) / (2 * step))
      })
  }

  /// Group normalisation of one batch entry [rows, channels] in double precision; layer
  /// normalisation has one row and one group.
  static func normalized(
    _ x: [Double], channels: Int, groups: Int, weight: [Double], bias: [Double], epsilon: Double
  ) -> [Double] {
    let width = channels / groups
    var y = x
    for group in 0..<groups {
      let indices = x.indices.filter { $0 % channels / width == group }
      let mean = indices.reduce(0) { $0 + x[$1] } / Double(indices.count)
      let variance =
        indices.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / Double(indices.count)
      for index in indices {
        let c = index % channels
        y[index] = (x[index] - mean) / (variance + epsilon).squareRoot() * weight[c] + bias[c]
      }
    }
    return y
  }
}
