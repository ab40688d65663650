import Imaging
import Tensors

/// Attention maps in 8 bits, as many as a page can hold: each map between its own least and largest
/// value.
package struct QuantizedMaps: Sendable {
  /// The most bytes of maps that a page holds; Base64 makes a third more of them.
  package static let limit = 7_200_000

  /// The steps that are held, as the walk numbers them.
  package let steps: [Int]
  /// For each layer the heads that are held: all that are looked at, or one map that is their mean.
  package let heads: [Int]
  /// Whether the heads are there one by one.
  package let holdsHeads: Bool
  /// Whether some of the steps were left out.
  package let leavesOutSteps: Bool
  /// How many columns each map has: words and other tokens.
  package let columns: Int
  private let layers: [AttentionLayer]
  private let isHeld: Set<Int>

  /// For each step and layer its maps: [head][column][pixel].
  package private(set) var bytes: [[UInt8]] = []
  /// For each map its least and largest value: [head][column][2].
  package private(set) var ranges: [[Float]] = []

  init(
    _ layers: [AttentionLayer], heads: [[Int]], columns: Int, steps: [Int],
    limit: Int = Self.limit
  ) {
    let withHeads = zip(layers, heads).reduce(0) { $0 + $1.0.pixels * $1.1.count * columns }
    let averaged = layers.reduce(0) { $0 + $1.pixels * columns }
    let few = 6
    holdsHeads = min(steps.count, few) * withHeads <= limit
    let each = holdsHeads ? withHeads : averaged
    let count = min(steps.count, max(limit / max(each, 1), 1))
    // First and last, and evenly between.
    self.steps = (0..<count).map { steps[count == 1 ? 0 : $0 * (steps.count - 1) / (count - 1)] }
    leavesOutSteps = count < steps.count
    let isPerHead = holdsHeads
    self.heads = heads.map { isPerHead ? $0.count : 1 }
    self.columns = columns
    self.layers = layers
    isHeld = Set(self.steps)
  }

  /// Adds the matrices of one layer at one step; the layers of a step come in order.
  mutating func add(_ matrices: Tensor, layer: Int, step: Int, _ columns: PromptColumns) {
    guard isHeld.contains(step) else { return }
    let maps = columns.maps(of: matrices, averaged: !holdsHeads)
    let (bytes, ranges) = maps.quantized(runs: layers[layer].pixels)
    self.bytes.append(bytes)
    self.ranges.append(ranges)
  }
}

extension PromptColumns {
  /// The share of each pixel's attention that each column gets: the sum over its tokens.
  /// - Parameters:
  ///   - matrices: shape [heads, N, M].
  ///   - averaged: whether the mean of all heads is wanted alone.
  /// - Returns: shape [heads, columns, N]; with `averaged` one head, the mean of all.
  package func maps(of matrices: Tensor, averaged: Bool = false) -> Tensor {
    let (heads, n, m) = (matrices.shape[0], matrices.shape[1], matrices.shape[2])
    let groups = columns.map(\.positions)
    let factor: Float = averaged ? 1 / Float(heads) : 1
    var maps = Tensor.zeros([averaged ? 1 : heads, count, n])
    maps.withUnsafeMutableElements { out in
      matrices.withUnsafeElements { a in
        for head in 0..<heads {
          let first = averaged ? 0 : head * groups.count * n
          for i in 0..<n {
            let row = (head * n + i) * m
            for (column, positions) in groups.enumerated() {
              var sum: Float = 0
              for k in positions { sum += a[row + k] }
              out[first + column * n + i] += factor * sum
            }
          }
        }
      }
    }
    return maps
  }
}
