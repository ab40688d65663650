import CKernels

/// How far the numbers of one tensor are from those of another of the same shape.
package struct TensorDifference: Sendable, Equatable {
  /// How many numbers each of them has.
  package private(set) var count = 0
  /// How many differ; what is not finite differs unless its bits are equal.
  package private(set) var differing = 0
  /// max |b − a| where both are finite.
  package private(set) var max: Float = 0
  /// Σ(b−a)² where both are finite.
  private var squares = 0.0
  /// Σa² where both are finite.
  private var reference = 0.0

  /// Of no numbers yet.
  package init() {}

  /// √(Σ(b−a)²/n)
  package var rms: Double { count > 0 ? (squares / Double(count)).squareRoot() : 0 }

  /// √(Σ(b−a)² / Σa²): 0 where nothing differs, infinite where a is all 0 and b is not.
  package var relative: Double {
    squares == 0 ? 0 : (squares / reference).squareRoot()
  }

  /// The share of numbers that differ, 0…1.
  package var share: Double { count > 0 ? Double(differing) / Double(count) : 0 }

  fileprivate mutating func add(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
  ) {
    let sums = ck_compare_weights(a, b, count)
    self.count += count
    differing += sums.differing
    max = Swift.max(max, sums.max)
    squares += sums.squares
    reference += sums.reference_squares
  }

  /// Takes in the numbers of another stretch, or of another tensor of the same module.
  package mutating func merge(_ other: TensorDifference) {
    count += other.count
    differing += other.differing
    max = Swift.max(max, other.max)
    squares += other.squares
    reference += other.reference
  }
}

extension WeightListing {
  /// How often `differences` tells how far it is.
  package static func lots(of pairs: [(ListedTensor, ListedTensor)]) -> Int {
    WeightPiece.lots(WeightPiece.all(of: pairs.map(\.0.elementCount)).count)
  }

  /// The difference of each pair of tensors of equal shape, as numbers, whatever their formats; nil
  /// where one of them is in a format that is not read here.
  /// - Parameters:
  ///   - pairs: what is compared with what.
  ///   - advance: called after each lot of work.
  /// - Precondition: the shapes of each pair are equal.
  /// - Throws: `CheckpointError`.
  package static func differences(
    _ pairs: [(ListedTensor, ListedTensor)], advance: () -> Void = {}
  ) throws -> [TensorDifference?] {
    precondition(pairs.allSatisfy { $0.shape == $1.shape }, "tensors of different shapes")
    let pieces = WeightPiece.all(of: pairs.map(\.0.elementCount))
    let parts = try WeightPiece.work(on: pieces, advance: advance) { piece in
      try difference(pairs[piece.tensor], piece)
    }
    var all = pairs.map { $0.isReadable && $1.isReadable ? TensorDifference() : nil }
    for (piece, part) in zip(pieces, parts) {
      if let part { all[piece.tensor]?.merge(part) }
    }
    return all
  }

  private static func difference(
    _ pair: (ListedTensor, ListedTensor), _ piece: WeightPiece
  ) throws -> TensorDifference? {
    guard let one = try NumberReader(pair.0.numbers), let two = try NumberReader(pair.1.numbers)
    else { return nil }
    var difference = TensorDifference()
    withScratch { first in
      withScratch { second in
        for block in piece.blocks {
          one.read(block, first) { a in
            two.read(block, second) { b in difference.add(a, b, block.count) }
          }
        }
      }
    }
    one.discard(piece.elements)
    two.discard(piece.elements)
    return difference
  }
}
