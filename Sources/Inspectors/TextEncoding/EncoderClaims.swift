import Networks
import Tensors

/// The identities that hold in any text encoder, trained or not, each as the residual that it leaves.
package enum EncoderClaims {
  /// max |Σ_j A_ij − 1| over layers, heads and rows.
  package static func rowSums(_ attention: [Tensor]) -> Double {
    worst(attention) { row, _ in abs(row.reduce(0) { $0 + Double($1) } - 1) }
  }

  /// max A_ij over j > i: what a token takes from those after it.
  package static func masked(_ attention: [Tensor]) -> Double {
    worst(attention) { row, i in Double(row[(i + 1)...].max() ?? 0) }
  }

  /// The worst of a measure over every row i of every head.
  private static func worst(_ attention: [Tensor], _ measure: ([Float], Int) -> Double) -> Double {
    attention.reduce(0) { worst, weights in
      let (count, elements) = (weights.shape[2], weights.elements)
      return stride(from: 0, to: elements.count, by: count).reduce(worst) { worst, start in
        max(worst, measure(Array(elements[start..<start + count]), start / count % count))
      }
    }
  }

  /// max |h⁰ − (E[id] + P)|, with the rows read from the tables.
  package static func embeddings(_ states: EncoderStates, ids: [Int], _ network: CLIPTextModel)
    -> Double
  {
    let tokens = table("text_model.embeddings.token_embedding.weight", network)
    let positions = table("text_model.embeddings.position_embedding.weight", network)
    return ids.enumerated().reduce(0) { worst, entry in
      let (position, id) = entry
      let sum = tokens.rows(id..<id + 1) + positions.rows(position..<position + 1)
      let state = states.hidden[0].rows(position..<position + 1)
      return max(worst, Double(sum.maxAbsDifference(from: state)))
    }
  }

  /// max |h^l − (h^{l−1} + attention + network)|, relative to max |h^l|, over the layers.
  package static func stream(_ states: EncoderStates) -> Double {
    states.hidden.indices.dropFirst().reduce(0) { worst, l in
      let sum =
        states.hidden[l - 1] + states.attentionOutputs[l - 1] + states.networkOutputs[l - 1]
      return max(worst, relative(states.hidden[l], sum))
    }
  }

  /// max |τ_θ(y) − LayerNorm(h^L)|, the norm computed in Float64, relative to max |τ_θ(y)|.
  package static func finalNorm(_ states: EncoderStates, _ network: CLIPTextModel) -> Double {
    guard let last = states.hidden.last else { return 0 }
    let weight = table("text_model.final_layer_norm.weight", network).elements.map(Double.init)
    let bias = table("text_model.final_layer_norm.bias", network).elements.map(Double.init)
    let width = weight.count
    let expected = Tensor(
      last.shape,
      stride(from: 0, to: last.count, by: width).flatMap { start in
        let row = last.rows(start / width..<start / width + 1)
        let moments = row.moments
        let scale = 1 / (moments.variance + network.configuration.normEpsilon).squareRoot()
        return row.elements.enumerated().map { i, x in
          Float((Double(x) - moments.mean) * scale * weight[i] + bias[i])
        }
      })
    return relative(states.final, expected)
  }

  /// max |a − b| / max |a|.
  package static func relative(_ a: Tensor, _ b: Tensor) -> Double {
    Double(a.maxAbsDifference(from: b)) / max(Double(a.maxAbs), 1e-30)
  }

  /// The worst `relative` over pairs of states, where `shorter` may lack the last positions.
  package static func relative(_ shorter: [Tensor], toBeginningOf longer: [Tensor]) -> Double {
    zip(shorter, longer).reduce(0) { worst, pair in
      max(worst, relative(pair.0, pair.1.rows(0..<pair.0.shape[0])))
    }
  }

  private static func table(_ name: String, _ network: CLIPTextModel) -> Tensor {
    guard let parameter = network.parameters.first(where: { $0.name == name }) else {
      preconditionFailure("the text encoder has no \(name)")
    }
    return parameter.value
  }
}
