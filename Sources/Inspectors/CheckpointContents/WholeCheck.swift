import Checkpoints
import Pages
import Tensors

/// A tensor measured a second time: read as a whole by the reader that the networks use, and summed by
/// another loop.
struct WholeCheck {
  let residual: Residual

  /// Larger tensors are not held for it.
  private static let most = 1 << 22

  /// Nil where no tensor can be measured so.
  init?(_ contents: Contents) throws {
    let candidates = contents.entries.filter { entry in
      guard let numbers = entry.statistics else { return false }
      return numbers.notFinite == 0 && (numbers.std ?? 0) > 0 && numbers.count <= Self.most
    }
    guard
      let entry = candidates.max(by: { $0.tensor.elementCount < $1.tensor.elementCount }),
      let mean = entry.statistics?.mean, let std = entry.statistics?.std,
      let whole = try entry.tensor.whole()
    else { return nil }
    let moments = whole.moments
    residual = Residual(
      """
      Mean and deviation measured piece by piece are those of \(code: entry.tensor.name), read as a whole \
      the way the networks read it: the larger difference in deviations
      """, measured: max(abs(mean - moments.mean), abs(std - moments.std)) / std, bound: 1e-6)
  }

  /// The same for a difference.
  struct Pair {
    let residual: Residual

    /// Nil where nothing changed, or only what cannot be held.
    init?(_ comparison: Comparison) throws {
      let candidate = comparison.mostChanged.first {
        ($0.one?.elementCount ?? .max) <= most && ($0.difference?.relative ?? 0).isFinite
      }
      guard let candidate, let difference = candidate.difference,
        let one = try candidate.one?.whole(), let other = try candidate.other?.whole()
      else { return nil }
      let whole = one.meanSquaredError(from: other).squareRoot()
      guard whole.isFinite else { return nil }
      residual = Residual(
        """
        The difference measured piece by piece is that of \(code: candidate.name), read as a whole: \
        relative to it
        """, measured: abs(difference.rms - whole) / max(whole, .leastNormalMagnitude), bound: 1e-5)
    }
  }
}
