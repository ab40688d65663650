import Networks
import Pages
import Records
import Tensors

/// What weights do to the vectors of a prompt, by either rule, and how a long prompt is cut.
package struct WeightStudy: Sendable {
  /// The prompt without its marks, and how much each token counts.
  package let prompt: ReadPrompt
  /// τ_θ(y) without weights, and with them by either rule, shape [M, D].
  package let plain: Tensor
  /// By A1111's rule.
  package let a1111: Tensor
  /// By compel's rule.
  package let compel: Tensor
  /// For each sequence |mean z′ − mean z| / mean |z| by A1111's rule.
  private let meanError: Double

  /// A token and what became of its vector.
  fileprivate struct TokenRow {
    let position: Int
    let chunk: Int
    let token: TokenizedPrompt.Token
    let weight: Double
    let norms: (plain: Double, a1111: Double, compel: Double)
    let changes: (a1111: Double, compel: Double)
  }

  fileprivate let rows: [TokenRow]

  /// - Parameters:
  ///   - prompt: as the encoder's tokenizer read it.
  ///   - encoder: gives the vectors.
  package init(_ prompt: ReadPrompt, _ encoder: PromptEncoder) {
    func encoded(_ rule: PromptMarks) -> Tensor {
      let z = encoder.network(prompt, encoder.tokenizer, rule: rule)
      return z.reshaped(Array(z.shape.dropFirst()))
    }
    let (plain, a1111, compel) = (encoded(.plain), encoded(.a1111), encoded(.compel))
    self.prompt = prompt
    (self.plain, self.a1111, self.compel) = (plain, a1111, compel)
    let norms = [plain, a1111, compel].map(EncoderStates.norms)
    let changes = [a1111, compel].map { EncoderStates.norms($0 - plain) }
    rows = prompt.tokens.tokens.enumerated().map { position, token in
      let length = max(norms[0][position], 1e-30)
      return TokenRow(
        position: position, chunk: position / prompt.length, token: token,
        weight: prompt.weights[position],
        norms: (norms[0][position], norms[1][position], norms[2][position]),
        changes: (changes[0][position] / length, changes[1][position] / length))
    }
    meanError = (0..<prompt.chunkCount).reduce(0) { worst, chunk in
      let part = chunk * prompt.length..<(chunk + 1) * prompt.length
      let (before, after) = (plain.rows(part), a1111.rows(part))
      let size = Double(before.norm) / Double(before.count).squareRoot()
      return max(worst, abs(after.moments.mean - before.moments.mean) / max(size, 1e-30))
    }
  }

  /// What the rule of the prompt's own marks makes of it, shape [M, D].
  package var heard: Tensor {
    switch prompt.marks {
    case .plain: plain
    case .a1111: a1111
    case .compel: compel
    }
  }

  // MARK: Files

  /// A row for each token of all sequences.
  package var file: CSVTable { CSVTable(rows, columns) }

  private var columns: [Column<TokenRow>] {
    [
      Column<TokenRow>("position", \.position).shown(as: "position"),
      Column<TokenRow>("chunk", \.chunk).shown(as: "sequence"),
      Column<TokenRow>("id", \.token.id),
      Column<TokenRow>("token", \.token.text).shown(as: "token") {
        .prose("\(code: $0.token.text)")
      },
      Column<TokenRow>("weight", \.weight).shown(as: "weight", .decimals(3)),
      Column<TokenRow>("norm", \.norms.plain).shown(as: "length", .decimals(3)),
      Column<TokenRow>("norm_a1111", \.norms.a1111).shown(as: "by A1111", .decimals(3)),
      Column<TokenRow>("norm_compel", \.norms.compel).shown(as: "by compel", .decimals(3)),
      Column<TokenRow>("change_a1111", \.changes.a1111).shown(
        as: "change by A1111", .percent(1)),
      Column<TokenRow>("change_compel", \.changes.compel).shown(
        as: "change by compel", .percent(1)),
    ]
  }

  // MARK: The page

  /// The two rules beside each other; for a long prompt, its sequences.
  package var section: Section {
    Section(prompt.isWeighted ? "What the weights do" : "A long prompt in sequences") {
      if prompt.chunkCount > 1 {
        Text(
          """
          The prompt is \(prompt.chunkCount) sequences, each with a start and an end of its own; the \
          U-Net hears \(prompt.tokens.tokens.count) vectors. No token hears those of another sequence. \
          The rest of this page follows the first one.
          """)
      }
      if prompt.isWeighted { rules }
      Table("The tokens that are text", rows.filter { $0.token.word != nil }, columns)
    }
  }

  @PanelBuilder private var rules: [any Panel] {
    Text(
      """
      The same weights by two rules. A1111 multiplies each vector by its weight, and then all of them \
      by what restores their mean: so every vector changes, start and padding as well. compel takes a \
      vector further from that of an empty prompt; and for what counts less than 1 it mixes in \(math: "z'_o"), \
      the prompt in which nobody can listen to those words, so that its neighbours change, too.
      """)
    LiveFormula(
      "z' = w z \(fraction: "\"mean\" ( z )", "\"mean\" ( w z )") \"\u{2002}(A1111)\"")
    LiveFormula(
      """
      z' = z_∅ + w ( z − z_∅ ) "\u{2002}(compel), and for\u{2002}" w < 1 : "\u{2002}" \
      \(fraction: "z' + c z'_o", "1 + c") , c = tan ( ( 1 − w ) π / 2 )
      """)
    Row {
      chart(
        "How long the vectors are", "length",
        [
          (Quantity("‖z‖", "without weights", .neutral), \.norms.plain),
          (Quantity("‖z_A‖", "by A1111", .prediction), \.norms.a1111),
          (Quantity("‖z_c‖", "by compel", .condition), \.norms.compel),
        ])
      chart(
        "How much they change", "‖z′ − z‖ / ‖z‖",
        [
          (Quantity("Δ_A", "by A1111", .prediction), \.changes.a1111),
          (Quantity("Δ_c", "by compel", .condition), \.changes.compel),
        ])
    }
  }

  private func chart(
    _ title: Prose, _ y: Prose, _ curves: [(quantity: Quantity, value: KeyPath<TokenRow, Double>)]
  ) -> Chart {
    Chart(
      title, x: .linear("position"), y: .linear(y),
      curves: curves.map { curve in
        Curve(
          of: curve.quantity, x: rows.map { Double($0.position) },
          y: rows.map { $0[keyPath: curve.value] })
      })
  }

  /// Whether A1111's rule keeps what it promises.
  package var residuals: [Residual] {
    guard prompt.isWeighted else { return [] }
    return [
      Residual(
        "A1111's weights leave the mean of each sequence as it was: relative to its spread",
        measured: meanError, bound: 1e-5)
    ]
  }
}
