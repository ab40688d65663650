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
    let n = value.shape[2]
    value = AttentionEditor.hidden(tokens, in: value) { !tokens.contains($0 % n) }
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
