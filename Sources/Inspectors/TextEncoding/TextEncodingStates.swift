import Networks
import Pages
import Tensors

/// From tokens to meaning: the states of the text encoder, layer by layer.
extension TextEncodingPage {
  private var embedding: Quantity { Quantity("E", "the token's own embedding", .condition) }
  private var position: Quantity { Quantity("P", "the embedding of its position") }
  private var before: Quantity { Quantity("h^{l−1}", "the state that comes in", .condition) }
  private var attended: Quantity {
    Quantity("Attn", "what the token hears from others", .prediction)
  }
  private var processed: Quantity {
    Quantity("MLP", "what the layer's network makes of it", .noise)
  }
  private var state: Quantity { Quantity("h^l", "the state after this layer", .condition) }

  var layerSection: Section {
    let count = experiment.shown.count
    return Section("From tokens to meaning, layer by layer") {
      if !experiment.encoder.isTrained {
        Text(
          """
          These weights were never trained. Who may listen to whom, the sums and the sizes are real; \
          what is similar to what is chance.
          """)
      }
      Choice(token)
      Row {
        MatrixPanel(
          MatrixPanel.Meaning(
            caption: "Similarity of the states: cosine",
            sentence: "{row} and {column}: cosine", colors: .balance, range: -1...1),
          labels: labels, layers: experiment.similarity.map { corner($0, count) }, token: token,
          layer: layer)
        MatrixPanel(
          MatrixPanel.Meaning(
            caption: "Attention: how much a row listens to a column",
            sentence: "{row} listens to {column}:", colors: .ember, range: 0...1, isRooted: true,
            isCausal: true, absence: "no attention here"),
          labels: labels, layers: [nil] + states.attention.map(heads) + [nil], token: token,
          layer: layer, head: head)
      }
      Choice(head)
      Timeline(layer)
      LiveFormula(
        """
        h^0 = \(term: embedding, value: overTokens(states.tokenEmbeddings)) \
        + \(term: position, value: overTokens(states.positionEmbeddings))
        """)
      LiveFormula(
        """
        \(term: state, value: overLayers(states.all)) \
        = \(term: before, value: overLayers(incoming)) \
        + \(term: attended, value: overLayers(additions(states.attentionOutputs))) \
        + \(term: processed, value: overLayers(additions(states.networkOutputs)))
        """,
        reading: """
          Under each term is the length of its vector for the chosen token. Every layer adds to the \
          state, nothing is replaced; the final norm brings all states to a common scale.
          """)
      Row {
        Chart(
          "What is like the chosen token", x: .linear("position"),
          y: .linear("cosine", in: -1...1),
          curves: [
            Curve(
              of: Quantity("cos", "similarity to the chosen token", .condition),
              x: .fixed(positions), y: .over(layer, token, rows(experiment.similarity)),
              style: .bars)
          ], cursor: token)
        Chart(
          "The chosen token through the layers", x: .linear("layer"),
          y: .log("length of the vector"),
          curves: [
            curve(state, states.all), curve(attended, additions(states.attentionOutputs)),
            curve(processed, additions(states.networkOutputs)),
          ], cursor: layer)
      }
    }
  }

  var positions: [Double] { experiment.shown.map(Double.init) }

  /// What comes into each position of the layer axis.
  private var incoming: [Tensor] { [states.hidden[0]] + states.hidden }

  /// What each position of the layer axis adds; the ends add nothing.
  private func additions(_ outputs: [Tensor]) -> [Tensor] {
    let nothing = Tensor.zeros(states.final.shape)
    return [nothing] + outputs + [nothing]
  }

  /// The length of the chosen token's vector.
  private func overTokens(_ states: Tensor) -> Varying<Double> {
    .over(token, lengths(states))
  }

  private func lengths(_ states: Tensor) -> [Double] {
    Array(EncoderStates.norms(states).prefix(token.count))
  }

  private func overLayers(_ states: [Tensor]) -> Varying<Double> {
    .over(layer, token, states.map(lengths))
  }

  private func curve(_ quantity: Quantity, _ states: [Tensor]) -> Curve {
    let all = states.map(lengths)
    return Curve(
      of: quantity, x: .fixed(layer.values),
      y: .over(token, labels.indices.map { token in all.map { $0[token] } }))
  }

  /// The rows of the shown positions in each layer.
  private func rows(_ matrices: [Tensor]) -> [[[Double]]] {
    matrices.map { matrix in
      let (count, elements) = (matrix.shape[1], matrix.elements)
      return experiment.shown.map { i in
        experiment.shown.map { Double(elements[i * count + $0]) }
      }
    }
  }

  /// The upper left corner of a matrix.
  func corner(_ matrix: Tensor, _ count: Int) -> Tensor {
    let last = matrix.rank - 1
    return matrix.slice(0..<count, along: last - 1).slice(0..<count, along: last)
  }

  /// The mean over the heads and then each head, cut to the shown positions.
  private func heads(_ weights: Tensor) -> Tensor {
    let mean = TextEncodingFiles.headMean(weights)
    return corner(
      .concatenated([mean.reshaped([1] + mean.shape), weights], along: 0), experiment.shown.count)
  }
}
