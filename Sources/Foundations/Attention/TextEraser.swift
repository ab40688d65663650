import LatentDiffusion
import Networks
import Tensors

/// Hides tokens from all others within the text encoder.
///
/// Its attention is causal: what stands behind a word carries it on, and a U-Net that may not look at
/// the word itself finds it there.
final class TextEraser: Probe {
  private let tokens: [Int]

  init(_ tokens: [Int]) { self.tokens = tokens }

  func wants(_ site: ProbeSite) -> Bool { site.quantity == .attentionWeights }

  func visit(_ value: inout Tensor, at site: ProbeSite) {
    let (n, m) = (value.shape[2], value.shape[3])
    let hidden = tokens
    value.withUnsafeMutableElements { a in
      for row in stride(from: 0, to: a.count, by: m) where !hidden.contains(row / m % n) {
        for k in hidden { a[row + k] = 0 }
        let left = (0..<m).reduce(Float(0)) { $0 + a[row + $1] }
        guard left > 0 else { continue }
        for k in 0..<m { a[row + k] /= left }
      }
    }
  }
}

extension EncodedPrompts {
  /// The prompt encoded while no token but themselves looks at some of its tokens.
  func erasing(_ tokens: [Int], with encoder: CLIPTextModel) -> EncodedPrompts {
    EncodedPrompts(
      conditionalTokens: conditionalTokens, unconditionalTokens: unconditionalTokens,
      conditional: encoder([conditionalTokens.ids], ForwardPass(probe: TextEraser(tokens))),
      unconditional: unconditional)
  }
}
