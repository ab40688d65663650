import Foundation
import LatentDiffusion
import Tensors

/// Reads attention matrices as they pass by and keeps what can be said of them: numbers of every
/// map, sums over the steps, small copies for the page. The matrices themselves are let go, unless
/// they are to be written.
package final class MapLedger: AttentionObserver {
  /// Whose maps are kept.
  package let half: PromptHalf
  /// The words and other tokens of its prompt.
  package let columns: PromptColumns
  /// The layers that are looked at.
  package let layers: [AttentionLayer]
  /// For each layer the heads that are looked at, 0-based.
  package let heads: [[Int]]
  private let steps: Set<Int>
  private let keepsMatrices: Bool
  private let keepsMaps: Bool
  private let indices: [String: Int]

  /// The steps that were seen, in order.
  package private(set) var seen: [(step: Int, t: Double)] = []
  /// One for each step, layer, head and token.
  package private(set) var statistics: [MapStatistics] = []
  /// For each layer Σ_t A over the steps that were seen, shape [heads, N, M].
  package private(set) var sums: [Tensor?]
  /// For each layer A at the last step that was seen.
  package private(set) var last: [Tensor?]
  /// A at each step by layer, shape [heads, N, M]; only when matrices are kept.
  package private(set) var matrices: [[Tensor]]
  /// The largest |Σ_k A_ik − 1| of all rows.
  package private(set) var rowResidual = 0.0
  /// The maps of the page, in 8 bits.
  package private(set) var page: QuantizedMaps

  /// - Parameters:
  ///   - half: whose matrices are read.
  ///   - columns: the tokens of its prompt.
  ///   - layers: the cross-attention layers of the U-Net.
  ///   - selection: which of them, and which heads and steps.
  ///   - steps: those that are looked at; `t` is only known when they are seen.
  ///   - keepsMatrices: keeps every matrix, to write it.
  ///   - keepsMaps: keeps numbers and small copies of every map; without, what aggregates need
  ///     alone.
  ///   - pageLimit: the most bytes of maps that the page may hold of this prompt.
  package init(
    _ half: PromptHalf = .conditional, of columns: PromptColumns, layers: [AttentionLayer],
    selection: MapSelection, steps: [Int], keepsMatrices: Bool = false, keepsMaps: Bool = true,
    pageLimit: Int = QuantizedMaps.limit
  ) {
    self.half = half
    self.columns = columns
    self.layers = layers
    heads = layers.map { selection.heads(of: $0) }
    self.steps = Set(steps)
    self.keepsMatrices = keepsMatrices
    self.keepsMaps = keepsMaps
    indices = Dictionary(uniqueKeysWithValues: layers.enumerated().map { ($1.path, $0) })
    sums = Array(repeating: nil, count: layers.count)
    last = sums
    matrices = Array(repeating: [], count: layers.count)
    page = QuantizedMaps(
      layers, heads: heads, columns: columns.count, steps: steps, limit: pageLimit)
  }

  package func wants(_ layer: AttentionLayer, _ site: UNetPassSite) -> Bool {
    site.conditions.entry(of: half) != nil && site.call == 0 && steps.contains(site.step)
      && indices[layer.path] != nil
  }

  /// Takes note of the matrices of one layer in one pass.
  package func visit(_ visited: inout AttentionMatrices) {
    guard let index = indices[visited.layer.path], let all = visited[half] else { return }
    let site = visited.site
    if seen.last?.step != site.step { seen.append((site.step, site.t)) }
    let chosen = Self.copied(heads[index], of: all)
    sums[index] = sums[index].map { $0 + chosen } ?? chosen
    last[index] = chosen
    if keepsMatrices { matrices[index].append(chosen) }
    guard keepsMaps else { return }
    measure(chosen, layer: index, step: seen.count - 1)
    page.add(chosen, layer: index, step: site.step, columns)
  }

  /// The matrices of some heads in memory of their own: the pass's own memory is let go.
  private static func copied(_ heads: [Int], of all: Tensor) -> Tensor {
    let size = all.shape[1] * all.shape[2]
    return Tensor([heads.count] + all.shape.dropFirst()) { out in
      all.withUnsafeElements { from in
        for (i, head) in heads.enumerated() {
          for j in 0..<size { out[i * size + j] = from[head * size + j] }
        }
      }
    }
  }

  private func measure(_ chosen: Tensor, layer: Int, step: Int) {
    for (i, head) in heads[layer].enumerated() {
      let matrix = chosen.rows(i..<i + 1).reshaped(Array(chosen.shape.dropFirst()))
      let measures = MatrixMeasures(matrix)
      rowResidual = max(rowResidual, measures.rowResidual)
      for token in 0..<measures.mass.count {
        statistics.append(
          MapStatistics(
            step: Int32(step), layer: Int16(layer), head: Int16(head), token: Int16(token),
            peak: Int32(measures.peak[token]), mass: measures.mass[token],
            entropy: measures.entropy[token]))
      }
    }
  }
}

/// What can be said of one token's map in one head of one layer at one step.
package struct MapStatistics: Sendable {
  /// The position among the steps that were seen.
  package let step: Int32
  /// The position among the layers that are looked at.
  package let layer: Int16
  /// 0-based.
  package let head: Int16
  /// The position in the sequence.
  package let token: Int16
  /// The pixel, row by row, that attends to the token most.
  package let peak: Int32
  /// The share of all attention that the token gets; over the tokens it sums to 1.
  package let mass: Double
  /// How spread out the map is, in bits: 0 for one pixel, log2 N for all alike.
  package let entropy: Double
}

/// The measures of one attention matrix, column by column.
package struct MatrixMeasures {
  /// The share of all attention that each token gets.
  package private(set) var mass: [Double]
  /// How spread out the map of each token is, in bits.
  package private(set) var entropy: [Double]
  /// The pixel that attends to each token most, row by row.
  package private(set) var peak: [Int]
  /// The largest |Σ_k A_ik − 1|.
  package private(set) var rowResidual = 0.0

  /// - Parameter matrix: shape [N, M].
  package init(_ matrix: Tensor) {
    let (n, m) = (matrix.shape[0], matrix.shape[1])
    var sum = [Double](repeating: 0, count: m)
    var weighted = sum
    var highest = [Float](repeating: -1, count: m)
    var places = [Int](repeating: 0, count: m)
    var residual = 0.0
    matrix.withUnsafeElements { a in
      for i in 0..<n {
        var row = 0.0
        for k in 0..<m {
          let value = a[i * m + k]
          row += Double(value)
          sum[k] += Double(value)
          if value > 0 { weighted[k] += Double(value) * log2(Double(value)) }
          if value > highest[k] { (highest[k], places[k]) = (value, i) }
        }
        residual = max(residual, abs(row - 1))
      }
    }
    rowResidual = residual
    peak = places
    mass = sum.map { $0 / Double(n) }
    // H(p) of p = a/S: log2 S − Σ a log2 a / S.
    entropy = (0..<m).map {
      sum[$0] > 0 ? max(log2(sum[$0]) - weighted[$0] / sum[$0], 0) : 0
    }
  }
}

extension MapLedger {
  /// The share of all attention that each token got, over all steps, layers and heads alike.
  package var tokenMasses: [Double] {
    var masses = [Double](repeating: 0, count: columns.tokens.tokens.count)
    for map in statistics { masses[Int(map.token)] += map.mass }
    let maps = Double(max(statistics.count / max(masses.count, 1), 1))
    return masses.map { $0 / maps }
  }

  /// For each step that was seen, each layer and each of its heads, the share of each column:
  /// [step][layer][head][column].
  package var columnMasses: [[[[Double]]]] {
    let m = columns.tokens.tokens.count
    var masses: [[[[Double]]]] = []
    var next = 0
    for _ in seen {
      masses.append(
        heads.map { heads in
          heads.map { _ in
            defer { next += m }
            return columns.columns.map { column in
              column.positions.reduce(0) { $0 + statistics[next + $1].mass }
            }
          }
        })
    }
    return masses
  }
}
