import Foundation
import Tensors

/// The cross-entropy of several choices made at once.
///
///     L = mean over rows of Σ over choices of −ln softmax(logits of the choice)[label]
public enum CrossEntropy {
  /// - Parameters:
  ///   - logits: [B, K].
  ///   - labels: for each row, the index of the right class within each choice.
  ///   - choices: where the classes of each choice lie in a row.
  /// - Returns: L, and ∂L/∂logits = (softmax − one-hot)/B.
  public static func loss(
    logits: Tensor, labels: [[Int]], choices: [Range<Int>]
  ) -> (value: Double, gradient: Tensor) {
    let (rows, width) = (logits.shape[0], logits.shape[1])
    precondition(labels.count == rows, "\(labels.count) labels for \(logits.shape)")
    var total = 0.0
    let gradient = Tensor(logits.shape) { out in
      out.update(repeating: 0)
      logits.withUnsafeElements { logits in
        for row in 0..<rows {
          for (choice, label) in zip(choices, labels[row]) {
            let start = row * width + choice.lowerBound
            let probabilities = softmax(logits[start..<start + choice.count])
            total -= log(max(probabilities[label], 1e-30))
            for (i, p) in probabilities.enumerated() {
              out[start + i] = Float((p - (i == label ? 1 : 0)) / Double(rows))
            }
          }
        }
      }
    }
    return (total / Double(max(rows, 1)), gradient)
  }

  /// The likeliest class and its probability.
  static func likeliest(_ logits: some Collection<Float>) -> (index: Int, probability: Double) {
    let probabilities = softmax(logits)
    let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
    return (best, probabilities[best])
  }

  static func softmax(_ logits: some Collection<Float>) -> [Double] {
    let top = Double(logits.max() ?? 0)
    let weights = logits.map { exp(Double($0) - top) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
}
