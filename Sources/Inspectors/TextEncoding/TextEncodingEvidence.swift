import Networks
import Pages
import Tensors

/// Who can reach whom, what padding does, what does not fit, and what to try next.
extension TextEncodingPage {
  // MARK: Causality

  var causeSection: Section {
    let influence = experiment.influence
    let mask = Quantity("M", "0 where j ≤ i, −∞ where j > i: later tokens are not heard", .error)
    return Section("Nobody hears what comes after") {
      LiveFormula(
        """
        A = softmax ( Q K^T / √d + \(term: mask) ) , \
        \(term: mask)_{i j} = −∞ "\u{2002}if\u{2002}" j > i
        """)
      Row(widths: [1.2, 1]) {
        MatrixPanel(
          MatrixPanel.Meaning(
            caption: """
              What replacing the token of a row does to the token of a column: relative change of \
              its state
              """,
            sentence: "replacing {row} changes {column} by", colors: .tide, range: 0...1.5,
            isRooted: true),
          labels: labels, layers: influence.influence, token: token, layer: layer)
        Text(
          """
          An experiment on this prompt. Each token in turn was replaced by a token drawn at random, \
          and the states of all tokens were compared with the original ones, at the layer of the \
          timeline above. Left of the diagonal nothing moves, not even in the last digit: a token \
          knows only what stands before it. So in “a purple boat” the boat knows that it is \
          purple, and purple does not know that it is a boat. The end has heard everything, which is \
          why CLIP compares pictures with the end's state; Stable Diffusion uses all of them.
          """)
      }
    }
  }

  // MARK: Padding

  var paddingSection: Section {
    let all = prompt.tokens.indices.map(Double.init)
    let end = prompt.contentRange.upperBound
    let length = Quantity("‖h‖", "length of the state", .condition)
    let likeness = Quantity("cos", "similarity to the end of the prompt", .condition)
    let padding: [Marker] =
      end + 1 < prompt.tokens.count
      ? [.region(x: Double(end + 1)...Double(prompt.tokens.count - 1), "padding", .noise)] : []
    return Section("What padding does") {
      Text(
        """
        The network takes \(prompt.tokens.count) tokens, whatever the prompt's length. This prompt \
        fills \(end + 1) of them, with start and end; the other \(prompt.tokens.count - end - 1) \
        repeat “\(tokenizer.specialTokens.padding)”. The same token with the same id, and yet \
        every one has a state of its own: it stands at another place and hears all that came before. \
        Cross-attention sees them too, and much of its weight falls on them.
        """)
      Row {
        Chart(
          "How long the states are, at the layer above", x: .linear("position"),
          y: .linear("length"),
          curves: [
            Curve(
              of: length, x: .fixed(all), y: .over(layer, states.all.map(EncoderStates.norms)))
          ], markers: padding, cursor: token)
        Chart(
          "How like the end of the prompt, at the layer above", x: .linear("position"),
          y: .linear("cosine", in: -1...1),
          curves: [
            Curve(
              of: likeness, x: .fixed(all),
              y: .over(
                layer,
                experiment.similarity.map { matrix in
                  matrix.rows(end..<end + 1).elements.map(Double.init)
                }))
          ], markers: padding, cursor: token)
      }
    }
  }

  // MARK: Truncation

  var truncationSection: Section {
    Section("What does not fit") {
      if let notice = prompt.truncationNotice {
        Text("\(em: "Not seen by the model"): \(notice).")
        Table(
          "The first tokens that were dropped", prompt.dropped.prefix(20),
          experiment.wordColumns { $0 })
      } else if let chunks = experiment.weights?.prompt.chunkCount, chunks > 1 {
        Text("Nothing is dropped: what does not fit here is in the next of \(chunks) sequences.")
      } else {
        Text(
          """
          All of this prompt fits: \(prompt.contentRange.count) of \(prompt.tokens.count - 2) places \
          are taken. From the next token on, a prompt is cut at its end, and the model never hears of \
          the rest.
          """)
      }
      Table(
        "The tokens", experiment.shown.map { (offset: $0, element: prompt.tokens[$0]) },
        experiment.tokenColumns, follows: token)
    }
  }

  // MARK: Next

  var suggestions: [Suggestion] {
    [
      Suggestion(
        "text-encoding", ["--prompt", "a boat that is purple, a house that is orange"],
        because: "put the adjectives after their nouns: who hears whom now?"),
      Suggestion(
        "text-encoding", ["--prompt", "naïve café 日本 👩‍🚀 don't 2024"],
        because: "see what accents, scripts, emoji and digits cost in tokens"),
      Suggestion(
        "text-encoding",
        [
          "--prompt", Array(repeating: "a very", count: 40).joined(separator: " ") + " long prompt",
        ],
        because: "write more than fits, and see what is lost"),
      Suggestion(
        "text-encoding", ["--model", "stable-diffusion-v1-5", "--tensors"],
        because: "the text encoder of Stable Diffusion, with every array for NumPy"),
    ]
  }
}
