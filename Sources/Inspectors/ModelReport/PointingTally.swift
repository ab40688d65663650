import Imaging
import Tensors

/// Sums over words whose attention was held against their masks.
package struct PointingTally: Sendable {
  package private(set) var words = 0
  package private(set) var hits = 0
  /// The shares of cells that would have been hits.
  package private(set) var chance = 0.0
  /// The shares of the attention that lie in the masks.
  package private(set) var mass = 0.0
  /// The shares of the picture that the masks cover.
  package private(set) var area = 0.0

  package init() {}

  /// Adds one word.
  /// - Parameters:
  ///   - map: the attention that each cell pays it, h · w numbers.
  ///   - mask: where the word is, [H, W].
  ///   - size: h and w.
  package mutating func add(_ map: [Float], _ mask: Tensor, size: (height: Int, width: Int)) {
    let cells = mask.reshaped([1, 1] + mask.shape)
      .resized(height: size.height, width: size.width, .area).elements
    let peak = map.indices.max { map[$0] < map[$1] } ?? 0
    let total = map.reduce(0, +)
    // Stars are smaller than half a cell: for them, half of what the fullest cell has is enough.
    let enough = min(0.5, (cells.max() ?? 1) / 2)
    words += 1
    hits += cells[peak] >= enough ? 1 : 0
    chance += Double(cells.count { $0 >= enough }) / Double(cells.count)
    mass += Double(zip(map, cells).reduce(0) { $0 + $1.0 * $1.1 } / max(total, 1e-12))
    area += Double(cells.reduce(0, +)) / Double(cells.count)
  }

  /// Joins what others have added.
  package mutating func add(_ other: PointingTally) {
    words += other.words
    hits += other.hits
    chance += other.chance
    mass += other.mass
    area += other.area
  }
}
