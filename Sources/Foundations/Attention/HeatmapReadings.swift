import Tensors

// What can be read off the heatmaps of a run beside looking at them.

extension [Heatmaps] {
  /// Those of one aggregate; nil where it had no layer to look at.
  package func of(_ aggregate: Aggregate) -> Heatmaps? { first { $0.aggregate == aggregate } }
}

extension Heatmaps {
  /// Two words with maps alike.
  package struct Pair: Sendable {
    /// A column.
    package let first: Int
    /// Another column.
    package let second: Int
    /// Pearson's correlation over the pixels.
    package let correlation: Double
  }

  /// All maps, shape [columns, H, W]; a column that the method drops is NaN.
  package var stacked: Tensor {
    let missing = Tensor([1, height, width], repeating: .nan)
    return .concatenated(maps.map { $0?.reshaped(missing.shape) ?? missing }, along: 0)
  }

  /// max |Σ over the columns − 1| of a plain mean: each pixel shares out all of its attention.
  package func sumResidual(_ columns: PromptColumns) -> Double {
    var sums = [Double](repeating: 0, count: height * width)
    for (map, column) in zip(maps, columns.columns) {
      // A column's map is the mean of its tokens'.
      for (i, value) in (map?.elements ?? []).enumerated() {
        sums[i] += Double(value) * Double(column.positions.count)
      }
    }
    return sums.map { abs($0 - 1) }.max() ?? 0
  }

  /// The two words whose maps are most alike; nil with fewer than two words, or flat maps alone.
  package func mostAlike(_ columns: PromptColumns) -> Pair? {
    let centered = columns.words.compactMap { column -> (column: Int, map: Tensor)? in
      guard let map = maps[column] else { return nil }
      let rest = map.scaled(by: 1, plus: -Float(map.moments.mean))
      return rest.norm > 0 ? (column, rest / Float(rest.norm)) : nil
    }
    var best: Pair?
    for (i, a) in centered.enumerated() {
      for b in centered.dropFirst(i + 1) {
        let correlation = a.map.dot(b.map)
        guard correlation > best?.correlation ?? -.infinity else { continue }
        best = Pair(first: a.column, second: b.column, correlation: correlation)
      }
    }
    return best
  }

  /// Who is looked at instead of some hidden words: the column that gains most attention where their
  /// heatmap reached half its peak.
  /// - Parameters:
  ///   - hidden: their columns.
  ///   - before: the heatmaps of the same aggregate and prompt before they were hidden.
  ///   - columns: all of the prompt.
  package func successor(
    of hidden: [Int], before: Heatmaps, _ columns: PromptColumns
  ) -> (column: Int, gain: Double)? {
    guard let old = before.mean(of: hidden) else { return nil }
    let region = Effect.region(of: old, height: height, width: width)
    let pixels = Double(max(region.count { $0 }, 1))
    let gains = columns.columns.indices.compactMap { column -> (column: Int, gain: Double)? in
      guard !hidden.contains(column), let a = maps[column]?.elements,
        let b = before.maps[column]?.elements
      else { return nil }
      let more = region.indices.reduce(0.0) { $0 + (region[$1] ? Double(a[$1] - b[$1]) : 0) }
      // A column's map is the mean of its tokens'.
      return (column, more / pixels * Double(columns.columns[column].positions.count))
    }
    return gains.max { $0.gain < $1.gain }
  }
}
