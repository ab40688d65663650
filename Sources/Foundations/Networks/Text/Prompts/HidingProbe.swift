import Tensors

/// Keeps tokens from listening to some within a text encoder: their columns of attention become 0, and
/// each row that lost something sums to 1 again, which is the softmax without them.
final class HidingProbe: Probe {
  private let fromAll: Set<Int>
  private let fromOthers: Set<Int>

  /// - Parameters:
  ///   - fromAll: tokens that nobody listens to.
  ///   - fromOthers: tokens that none but themselves listen to.
  init(fromAll: Set<Int> = [], fromOthers: Set<Int> = []) {
    (self.fromAll, self.fromOthers) = (fromAll, fromOthers)
  }

  func wants(_ site: ProbeSite) -> Bool { site.quantity == .attentionWeights }

  func visit(_ value: inout Tensor, at site: ProbeSite) {
    let (rows, columns) = (value.shape[2], value.shape[3])
    value.withUnsafeMutableElements { a in
      for start in stride(from: 0, to: a.count, by: columns) {
        let isOther = !fromOthers.contains(start / columns % rows)
        let hidden = isOther ? fromAll.union(fromOthers) : fromAll
        guard !hidden.isEmpty else { continue }
        for column in hidden { a[start + column] = 0 }
        let sum = (0..<columns).reduce(Float(0)) { $0 + a[start + $1] }
        for column in 0..<columns where sum > 0 { a[start + column] /= sum }
      }
    }
  }
}
