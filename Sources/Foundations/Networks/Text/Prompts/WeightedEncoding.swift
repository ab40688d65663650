import Foundation
import Tensors

extension CLIPTextModel {
  /// τ_θ(y) of a prompt whose marks are read, its sequences in a row, shape [1, chunks·N, D].
  /// - Parameters:
  ///   - prompt: as `tokenizer` read it.
  ///   - tokenizer: the one that read it; compel weighs against its empty prompt.
  ///   - skipped: how many of the last layers are left out; the final norm is not.
  ///   - rule: how weights change the vectors; nil for the rule of the prompt's own marks.
  ///   - places: tokens that no token but themselves listens to, counted over all sequences.
  public func callAsFunction(
    _ prompt: ReadPrompt, _ tokenizer: CLIPTokenizer, skippingLast skipped: Int = 0,
    rule: PromptMarks? = nil, hiding places: Set<Int> = []
  ) -> Tensor {
    let chunks = (0..<prompt.chunkCount).map { chunk -> Tensor in
      let sequence = chunk * prompt.length..<(chunk + 1) * prompt.length
      let part = prompt.weights[sequence]
      let hidden = Set(places.filter(sequence.contains).map { $0 - sequence.lowerBound })
      let plain = self(
        [prompt.chunks[chunk]], skippingLast: skipped,
        ForwardPass(probe: hidden.isEmpty ? nil : HidingProbe(fromOthers: hidden)))
      guard part.contains(where: { $0 != 1 }) else { return plain }
      return switch rule ?? prompt.marks {
      case .plain: plain
      case .a1111: Self.restoringMean(plain, Array(part))
      case .compel: leaning(plain, of: prompt, chunk: chunk, tokenizer, skipped, hidden)
      }
    }
    return .concatenated(chunks, along: 1)
  }

  /// Each vector times its weight, and all of them by what restores their common mean.
  ///
  ///     z′ = w z · mean(z) / mean(w z)
  private static func restoringMean(_ z: Tensor, _ weights: [Double]) -> Tensor {
    let scaled = z.scalingRows(by: weights)
    let mean = scaled.moments.mean
    return mean == 0 ? scaled : scaled.scaled(by: Float(z.moments.mean / mean))
  }

  /// Each vector away from that of an empty prompt, or towards it; and for each fragment with w < 1 a
  /// step towards the prompt in which nobody can listen to it.
  ///
  ///     z′ = z_∅ + w (z − z_∅),   (z′ + Σ_k c_k z′_k) / (1 + Σ_k c_k),   c_k = tan((1 − w_k) π / 2)
  private func leaning(
    _ z: Tensor, of prompt: ReadPrompt, chunk: Int, _ tokenizer: CLIPTokenizer, _ skipped: Int,
    _ hiddenFromOthers: Set<Int>
  ) -> Tensor {
    let places = chunk * prompt.length..<(chunk + 1) * prompt.length
    let weights = Array(prompt.weights[places])
    let empty = self([tokenizer.tokenize("").ids], skippingLast: skipped)
    func weighted(_ z: Tensor) -> Tensor {
      z + (z - empty).scalingRows(by: weights.map { $0 - 1 })
    }
    var (sum, total) = (weighted(z), 1.0)
    for (index, fragment) in prompt.fragments.enumerated() where fragment.weight < 1 {
      guard prompt.owners.contains(index) else { continue }
      let hidden = places.filter { prompt.owners[$0] == index }.map { $0 - places.lowerBound }
      let without =
        hidden.isEmpty
        ? z
        : self(
          [prompt.chunks[chunk]], skippingLast: skipped,
          ForwardPass(probe: HidingProbe(fromAll: Set(hidden), fromOthers: hiddenFromOthers)))
      let share = fragment.blendingShare
      sum = sum + weighted(without).scaled(by: Float(share))
      total += share
    }
    return sum.scaled(by: Float(1 / total))
  }
}

extension PromptFragment {
  /// How much compel blends in the prompt without a fragment of weight below 1.
  fileprivate var blendingShare: Double {
    tan((1 - max(weight, 1e-5)) * Double.pi / 2)
  }
}

extension Tensor {
  /// Row i of [1, N, D] times `factors[i]`.
  fileprivate func scalingRows(by factors: [Double]) -> Tensor {
    let width = shape[2]
    return Tensor(
      shape, elements.enumerated().map { $1 * Float(factors[$0 / width]) })
  }
}
