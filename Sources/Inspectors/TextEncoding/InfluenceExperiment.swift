import Networks
import Tensors

/// What each token does to the others, by experiment: one token is replaced, everything else stays,
/// and the states are compared. In a causal encoder nothing before the replaced token may change.
public struct InfluenceExperiment: Sendable {
  /// The positions that were replaced in turn.
  public let changed: [Int]
  /// The id that stood in for the original.
  public let substitutes: [Int]
  /// For each layer (h⁰ … h^L, τ_θ(y)) the relative change ‖Δh_j‖ / ‖h_j‖ at position j when position
  /// i was replaced, shape [positions, positions]; rows that were not replaced are 0.
  public let influence: [Tensor]
  /// max |Δh_j| over all j before the replaced position, all layers, all replacements.
  public let earlierChange: Double

  /// - Parameters:
  ///   - ids: the prompt up to and with its end.
  ///   - base: the states of `ids`.
  ///   - generator: draws the substitutes.
  ///   - progress: called after each replacement.
  ///   - encode: computes the states of ids.
  public init(
    ids: [Int], base: EncoderStates, vocabularyCount: Int, generator: TorchGenerator,
    progress: () -> Void = {}, encode: ([Int]) -> EncoderStates
  ) {
    // The first token stands in every prompt; replacing it tells nothing.
    changed = Array(ids.indices.dropFirst())
    let count = ids.count
    var rows = base.all.map { _ in [Float](repeating: 0, count: count * count) }
    var earlier = 0.0
    var substitutes: [Int] = []
    let norms = base.all.map(EncoderStates.norms)
    for position in changed {
      let shift = generator.integers(in: 1..<max(vocabularyCount, 2), count: 1)[0]
      substitutes.append((ids[position] + shift) % vocabularyCount)
      var other = ids
      other[position] = substitutes[substitutes.count - 1]
      for (layer, (before, after)) in zip(base.all, encode(other).all).enumerated() {
        let difference = after - before
        for j in 0..<count {
          let delta = difference.rows(j..<j + 1)
          if j < position { earlier = max(earlier, Double(delta.maxAbs)) }
          rows[layer][position * count + j] = Float(delta.norm / max(norms[layer][j], 1e-30))
        }
      }
      progress()
    }
    self.substitutes = substitutes
    influence = rows.map { Tensor([count, count], $0) }
    earlierChange = earlier
  }
}
