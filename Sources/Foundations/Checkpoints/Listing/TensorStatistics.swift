import CKernels
import Foundation

/// What the numbers of a tensor are like. Mean, deviation and extremes are those of its finite numbers.
package struct TensorStatistics: Sendable, Equatable {
  /// How many numbers there are.
  package private(set) var count = 0
  /// How many of them are NaN or infinite.
  package private(set) var notFinite = 0
  /// How many are exactly 0.
  package private(set) var zeros = 0
  /// Nil where no number is finite.
  package var mean: Double? { finite > 0 ? average : nil }
  /// √(Σ(x−mean)²/n), as NumPy's `std`; nil where no number is finite.
  package var std: Double? { finite > 0 ? (deviations / Double(finite)).squareRoot() : nil }
  /// Nil where no number is finite.
  package private(set) var min: Float?
  /// Nil where no number is finite.
  package private(set) var max: Float?

  private var average = 0.0
  /// Σ(x−mean)²
  private var deviations = 0.0

  private var finite: Int { count - notFinite }

  /// Of no numbers yet.
  package init() {}

  /// The largest absolute value; nil where no number is finite.
  package var maxAbs: Float? { min.flatMap { low in max.map { Swift.max(abs(low), abs($0)) } } }

  /// The mean of the squares of the finite numbers.
  package var meanSquare: Double? {
    finite > 0 ? average * average + deviations / Double(finite) : nil
  }

  /// The zeros among all numbers, 0…1; nil where there are none at all.
  package var zeroShare: Double? { count > 0 ? Double(zeros) / Double(count) : nil }
  /// What is not finite among all numbers, 0…1; nil where there are none at all.
  package var notFiniteShare: Double? { count > 0 ? Double(notFinite) / Double(count) : nil }

  /// Takes in a block of numbers.
  fileprivate mutating func add(_ elements: UnsafePointer<Float>, _ count: Int) {
    // Sums around a number of the block itself: equal numbers have no deviation, not even by rounding.
    let block = UnsafeBufferPointer(start: elements, count: count)
    guard let pivot = block.first(where: \.isFinite) else {
      self.count += count
      notFinite += count
      return
    }
    let sums = ck_reduce_weights(elements, pivot, count)
    var part = TensorStatistics()
    (part.count, part.notFinite, part.zeros) = (count, sums.not_finite, sums.zeros)
    (part.min, part.max) = (sums.min, sums.max)
    let shift = sums.sum / Double(part.finite)
    part.average = Double(pivot) + shift
    part.deviations = Swift.max(sums.sum_of_squares - sums.sum * shift, 0)
    merge(part)
  }

  /// Takes in the numbers of another stretch.
  ///
  ///     M = M_a + M_b + δ²·n_a·n_b/n,  δ = mean_b − mean_a        Chan, Golub, LeVeque (1979)
  package mutating func merge(_ other: TensorStatistics) {
    let (mine, theirs) = (Double(finite), Double(other.finite))
    if other.finite > 0 {
      let delta = other.average - average
      average = finite > 0 ? average + delta * theirs / (mine + theirs) : other.average
      deviations += other.deviations + delta * delta * mine * theirs / (mine + theirs)
      min = Swift.min(min ?? .infinity, other.min ?? .infinity)
      max = Swift.max(max ?? -.infinity, other.max ?? -.infinity)
    }
    count += other.count
    notFinite += other.notFinite
    zeros += other.zeros
  }
}

extension WeightListing {
  /// How often `statistics` tells how far it is.
  package var statisticsLots: Int { WeightPiece.lots(pieces.count) }

  private var pieces: [WeightPiece] { WeightPiece.all(of: tensors.map(\.elementCount)) }

  /// The statistics of every tensor, in the order of `tensors`; nil where the numbers are in a format
  /// that is not read here. Every number is read once, in the order of the files, a few megabytes at a
  /// time.
  /// - Parameter advance: called after each lot of work.
  /// - Throws: `CheckpointError`.
  package func statistics(advance: () -> Void = {}) throws -> [TensorStatistics?] {
    let order = inFileOrder
    let pieces = WeightPiece.all(of: order.map { tensors[$0].elementCount })
    let parts = try WeightPiece.work(on: pieces, advance: advance) { piece in
      try Self.statistics(of: tensors[order[piece.tensor]], piece)
    }
    var all = tensors.map { $0.isReadable ? TensorStatistics() : nil }
    for (piece, part) in zip(pieces, parts) {
      if let part { all[order[piece.tensor]]?.merge(part) }
    }
    return all
  }

  private static func statistics(
    of tensor: ListedTensor, _ piece: WeightPiece
  ) throws -> TensorStatistics? {
    guard let reader = try NumberReader(tensor.numbers) else { return nil }
    var statistics = TensorStatistics()
    withScratch { scratch in
      for block in piece.blocks {
        reader.read(block, scratch) { statistics.add($0, block.count) }
      }
    }
    reader.discard(piece.elements)
    return statistics
  }
}
