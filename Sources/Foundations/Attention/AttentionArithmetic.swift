import Foundation
import LatentDiffusion
import Networks
import Tensors

/// One head of one layer at one step, computed again from its queries and keys by hand: right, and
/// wrong in the two ways in which people get it wrong.
package struct AttentionArithmetic: Sendable {
  /// Whose head it is.
  package let layer: AttentionLayer
  /// 0-based.
  package let head: Int
  /// 0-based.
  package let t: Double
  /// Q of the head, shape [N, d].
  package let queries: Tensor
  /// K of the head, shape [M, d].
  package let keys: Tensor
  /// What the U-Net had in its run, shape [N, M].
  package let captured: Tensor
  /// softmax(QKᵀ/√d), over the tokens.
  package let right: Attempt
  /// softmax(QKᵀ), without 1/√d.
  package let unscaled: Attempt
  /// softmax over the pixels instead of the tokens.
  package let wrongAxis: Attempt
  /// The standard deviation of QKᵀ.
  package let scoreSpread: Double
  /// Rows of the captured matrix against those of a pass with the prompt alone: what a mistaken half
  /// of the batch would show.
  package let halfResidual: Double
  /// What the U-Net says with and without anybody looking, relative.
  package let lookingResidual: Double

  /// d
  package var features: Int { queries.shape[1] }
  /// The standard deviation of QKᵀ/√d.
  package var scaledSpread: Double { scoreSpread / Double(features).squareRoot() }
  /// max |softmax(QKᵀ/√d) − captured|
  package var residual: Double { Double(right.weights.maxAbsDifference(from: captured)) }

  /// A softmax and what can be seen of it.
  package struct Attempt: Sendable {
    /// Shape [N, M].
    package let weights: Tensor
    /// The least and the largest sum of a row.
    package let rowSums: ClosedRange<Double>
    /// The mean over the pixels of the entropy of a row made to sum to 1, in bits.
    package let entropy: Double
    /// The mean over the pixels of the largest share of a row.
    package let top: Double

    init(_ weights: [Double], _ n: Int, _ m: Int) {
      self.weights = Tensor([n, m], weights.map { Float($0) })
      var (low, high) = (Double.infinity, -Double.infinity)
      var (entropy, top) = (0.0, 0.0)
      for i in 0..<n {
        let row = weights[i * m..<(i + 1) * m]
        let sum = row.reduce(0, +)
        (low, high) = (min(low, sum), max(high, sum))
        for value in row where value > 0 { entropy -= value / sum * log2(value / sum) }
        top += (row.max() ?? 0) / sum
      }
      rowSums = min(low, high)...max(low, high)
      self.entropy = entropy / Double(n)
      self.top = top / Double(n)
    }
  }

  /// - Parameters:
  ///   - unet: the network.
  ///   - layer: one of its cross-attention layers.
  ///   - head: one of its heads.
  ///   - input: z_t, shape [1, z, h, w].
  ///   - t: the timestep, 0-based.
  ///   - context: τ_θ(y), shape [1, M, D].
  ///   - all: the layer's matrices of the run, shape [heads, N, M].
  package init(
    _ unet: UNet2DConditionModel, layer: AttentionLayer, head: Int = 0, input: Tensor, t: Double,
    context: Tensor, captured all: Tensor
  ) {
    func site(_ part: String) -> ProbeSite { ProbeSite("\(layer.path).\(part)") }
    let matrixSite = ProbeSite(layer.path, .attentionWeights)
    let probe = RecordingProbe(keeping: [site("to_q"), site("to_k"), matrixSite])
    let seen = unet(input, timesteps: [Float(t)], context: context, ForwardPass(probe: probe))
    let unseen = unet(input, timesteps: [Float(t)], context: context)
    lookingResidual = Double(seen.maxAbsDifference(from: unseen) / max(unseen.maxAbs, 1e-30))
    (self.layer, self.head, self.t) = (layer, head, t)
    queries = Self.head(head, of: layer.heads, in: probe.values[site("to_q")])
    keys = Self.head(head, of: layer.heads, in: probe.values[site("to_k")])
    let alone = probe.values[matrixSite] ?? all
    halfResidual = Double(alone.reshaped(all.shape).maxAbsDifference(from: all))
    let (n, m) = (queries.shape[0], keys.shape[0])
    captured = all.rows(head..<head + 1).reshaped([n, m])
    let scores = Self.products(queries, keys)
    let mean = scores.reduce(0, +) / Double(scores.count)
    scoreSpread =
      (scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)).squareRoot()
    let scale = 1 / Double(queries.shape[1]).squareRoot()
    let scaled = scores.map { $0 * scale }
    right = Attempt(Self.softmax(scaled, count: n, stride: m, over: m, step: 1), n, m)
    unscaled = Attempt(Self.softmax(scores, count: n, stride: m, over: m, step: 1), n, m)
    wrongAxis = Attempt(Self.softmax(scaled, count: m, stride: 1, over: n, step: m), n, m)
  }

  private static func head(_ head: Int, of heads: Int, in tensor: Tensor?) -> Tensor {
    guard let tensor else { return .zeros([1, 1]) }
    let d = tensor.shape[2] / heads
    return tensor.slice(head * d..<(head + 1) * d, along: 2).reshaped([tensor.shape[1], d])
  }

  /// QKᵀ in double precision, row by row.
  private static func products(_ q: Tensor, _ k: Tensor) -> [Double] {
    let d = q.shape[1]
    let (q, k) = (q.elements.map(Double.init), k.elements.map(Double.init))
    var scores: [Double] = []
    scores.reserveCapacity(q.count / d * (k.count / d))
    for i in stride(from: 0, to: q.count, by: d) {
      for j in stride(from: 0, to: k.count, by: d) {
        scores.append((0..<d).reduce(0) { $0 + q[i + $1] * k[j + $1] })
      }
    }
    return scores
  }

  /// Softmax of `count` lists of `over` numbers each; lists begin `stride` apart, and their numbers
  /// lie `step` apart.
  private static func softmax(
    _ scores: [Double], count: Int, stride: Int, over length: Int, step: Int
  ) -> [Double] {
    var result = scores
    for list in 0..<count {
      let places = (0..<length).map { list * stride + $0 * step }
      let highest = places.map { scores[$0] }.max() ?? 0
      var total = 0.0
      for place in places {
        result[place] = exp(scores[place] - highest)
        total += result[place]
      }
      for place in places { result[place] /= total }
    }
    return result
  }
}
