import Foundation
import LatentDiffusion
import Tensors

/// Reads self-attention matrices as they pass by: which pixels look at which.
package final class SelfLedger: AttentionObserver {
  /// The layers that are looked at.
  package let layers: [AttentionLayer]
  private let selection: MapSelection
  private let steps: Set<Int>
  private let keepsMatrices: Bool
  private let indices: [String: Int]

  /// The steps that were seen, in order.
  package private(set) var seen: [(step: Int, t: Double)] = []
  /// One for each step, layer and head.
  package private(set) var statistics: [SelfStatistics] = []
  /// For each layer the sum over steps of the mean over heads, shape [N, N]; nil for grids of more
  /// than 1024 pixels, the bound of Prompt-to-Prompt.
  package private(set) var sums: [Tensor?]
  /// A at each step by layer, shape [heads, N, N]; only when matrices are kept.
  package private(set) var matrices: [[Tensor]]
  /// The largest |Σ_k A_ik − 1| of all rows.
  package private(set) var rowResidual = 0.0

  /// Keeps what it sees of the steps that are named.
  package init(
    _ layers: [AttentionLayer], selection: MapSelection, steps: [Int], keepsMatrices: Bool
  ) {
    self.layers = layers
    self.selection = selection
    self.steps = Set(steps)
    self.keepsMatrices = keepsMatrices
    indices = Dictionary(uniqueKeysWithValues: layers.enumerated().map { ($1.path, $0) })
    sums = Array(repeating: nil, count: layers.count)
    matrices = Array(repeating: [], count: layers.count)
  }

  package func wants(_ layer: AttentionLayer, _ site: UNetPassSite) -> Bool {
    site.conditions != .unconditional && site.call == 0 && steps.contains(site.step)
      && indices[layer.path] != nil
  }

  /// Takes note of the matrices of one layer in one pass.
  package func visit(_ visited: inout AttentionMatrices) {
    guard let index = indices[visited.layer.path], let all = visited[.conditional] else { return }
    let layer = visited.layer
    if seen.last?.step != visited.site.step { seen.append((visited.site.step, visited.site.t)) }
    let heads = selection.heads(of: layer)
    for head in heads {
      let matrix = all.rows(head..<head + 1).reshaped([layer.pixels, layer.pixels])
      let measures = SelfMeasures(matrix, width: layer.width)
      rowResidual = max(rowResidual, measures.rowResidual)
      statistics.append(
        SelfStatistics(step: seen.count - 1, layer: index, head: head, measures: measures))
    }
    if layer.pixels <= InjectionSchedule.mostPixels {
      let mean =
        heads.map { all.rows($0..<$0 + 1).reshaped([layer.pixels, layer.pixels]) }
        .reduce(Tensor.zeros([layer.pixels, layer.pixels])) { $0 + $1 } / Float(heads.count)
      sums[index] = sums[index].map { $0 + mean } ?? mean
    }
    if keepsMatrices {
      matrices[index].append(
        .concatenated(heads.map { all.rows($0..<$0 + 1) }, along: 0))
    }
  }
}

/// What can be said of one head of one layer at one step.
package struct SelfStatistics: Sendable {
  /// The position among the steps that were seen.
  package let step: Int
  /// The position among the layers that are looked at.
  package let layer: Int
  /// 0-based.
  package let head: Int
  /// What was measured.
  package let measures: SelfMeasures
}

/// What can be said of one self-attention matrix.
package struct SelfMeasures: Sendable {
  /// The mean over the pixels of the entropy of a row, in bits.
  package let entropy: Double
  /// How far away a pixel looks on the mean, in pixels of the grid.
  package let distance: Double
  /// The mean share of its attention that a pixel keeps for itself.
  package let kept: Double
  /// The largest |Σ_k A_ik − 1|.
  package let rowResidual: Double

  /// - Parameter matrix: shape [N, N].
  init(_ matrix: Tensor, width: Int) {
    let n = matrix.shape[0]
    var (entropy, distance, kept, residual) = (0.0, 0.0, 0.0, 0.0)
    matrix.withUnsafeElements { a in
      for i in 0..<n {
        var sum = 0.0
        for j in 0..<n {
          let value = Double(a[i * n + j])
          sum += value
          if value > 0 { entropy -= value * log2(value) }
          let (dy, dx) = (Double(i / width - j / width), Double(i % width - j % width))
          distance += value * (dy * dy + dx * dx).squareRoot()
        }
        kept += Double(a[i * n + i])
        residual = max(residual, abs(sum - 1))
      }
    }
    self.entropy = entropy / Double(n)
    self.distance = distance / Double(n)
    self.kept = kept / Double(n)
    rowResidual = residual
  }
}
