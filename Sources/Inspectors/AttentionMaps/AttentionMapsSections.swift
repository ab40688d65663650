import Attention
import Commands
import Imaging
import Pages
import Tensors

// Sections that are there when they were asked for, what the page claims, and what to try next.

// MARK: - The negative prompt, self-attention

extension AttentionMapsPage {
  func negativeSection(_ ledger: MapLedger) -> Section {
    let axes = MapAxes(ledger, run: run, wordName: "token of the negative prompt")
    let prompt = ledger.columns.tokens.prompt
    return Section("The other half: the negative prompt") {
      Text(
        """
        Guidance asks the U-Net twice. The second time it listens to \
        \(Prose(prompt.isEmpty ? "no prompt at all" : "“\(prompt)”")). These are its maps: a mistaken \
        half of the batch would show them in place of the prompt's.
        """)
      MapPanel(ledger, run: run, axes)
      MapOverview()
    }
  }

  func selfSection(_ ledger: SelfLedger) -> Section {
    Section("Pixels that look at pixels") {
      Text(
        """
        Self-attention lets each pixel gather from all others: the mean over heads and steps. Point at \
        a pixel of the left picture to see where it looks.
        """)
      SelfPanel(ledger, run: run)
      if let (layer, components) = components(of: ledger) {
        Text(
          """
          What varies most in where pixels look, as Prompt-to-Prompt shows it: the first right singular \
          vectors of A less the mean of its rows, in \(layer.name), \(layer.height)×\(layer.width).
          """)
        Pictures(components, columns: 6)
      }
    }
  }

  /// The components of the last layer whose grid is at most 16×16; larger ones take minutes.
  private func components(of ledger: SelfLedger) -> (AttentionLayer, [Figure])? {
    let small = ledger.layers.indices.filter { ledger.layers[$0].pixels <= 256 }
    guard let most = small.map({ ledger.layers[$0].pixels }).max(),
      let index = small.last(where: { ledger.layers[$0].pixels == most }),
      let sum = ledger.sums[index]
    else { return nil }
    let layer = ledger.layers[index]
    let found = SelfComponents(
      sum / Float(ledger.seen.count), height: layer.height, width: layer.width)
    let figures = zip(found.maps, found.strengths).map { map, strength in
      Figure(
        "component",
        .fixed(
          Picture(
            png: PNG.data(
              of: ColorMap.balance.image(of: map, range: ColorMap.symmetricRange(of: map))),
            kind: .grid, values: map.elements)),
        note: .fixed("s = \(NumberFormat.automatic.text(strength))"))
    }
    return (layer, figures)
  }
}

// MARK: - Claims

extension AttentionMapsPage {
  var residuals: [Residual] {
    let it = run.arithmetic
    var residuals = [
      Residual(
        """
        Each row of every attention matrix sums to 1: largest difference over \(rowCount) rows
        """, measured: rowResidual, bound: 1e-5),
      Residual(
        """
        \(math: "softmax ( Q K^T / √d )") by hand = the U-Net's own matrix, in the head above: largest \
        difference
        """, measured: it.residual, bound: 1e-5),
      Residual(
        """
        The prompt's half of the batch = the matrix of a pass with the prompt alone, in that layer: \
        largest difference
        """, measured: it.halfResidual, bound: 1e-4),
      Residual(
        "Looking changes nothing: what the U-Net says with and without anybody looking, relative",
        measured: it.lookingResidual, bound: 1e-4),
    ]
    if let mean = run.heatmaps.of(.mean) {
      residuals.append(
        Residual(
          "The plain mean of all columns sums to 1 at every pixel: largest difference",
          measured: mean.sumResidual(run.columns), bound: 1e-5))
    }
    return residuals
  }

  private var ledgers: [MapLedger] { [run.conditional, run.unconditional].compactMap(\.self) }

  private var rowResidual: Double {
    (ledgers.map(\.rowResidual) + [run.selfAttention?.rowResidual ?? 0]).max() ?? 0
  }

  private var rowCount: Int {
    let cross = ledgers.reduce(0) { total, ledger in
      total
        + ledger.seen.count
        * zip(ledger.layers, ledger.heads).reduce(0) { $0 + $1.0.pixels * $1.1.count }
    }
    return cross
      + (run.selfAttention?.statistics.reduce(0) {
        $0 + (run.selfAttention?.layers[$1.layer].pixels ?? 0)
      } ?? 0)
  }

  var suggestions: [Suggestion] {
    let word = run.columns.words.map { run.columns.columns[$0].text }.max { $0.count < $1.count }
    var suggestions: [Suggestion] = []
    if let word, !run.looksAtPicture {
      suggestions.append(
        Suggestion(
          "attention-edits", drawn + ["--ablate", word, "--erase", word],
          because: "cause, not only correlation: nobody may look at the word"))
    }
    suggestions.append(
      suggestion(
        "--image", "fixtures/images/scene.png", because: "a picture that is there already, noised"))
    suggestions.append(
      suggestion("--self-attention", nil, because: "which pixels look at which pixels"))
    suggestions.append(
      suggestion("--unconditional", nil, because: "the half of the batch with the negative prompt"))
    suggestions.append(
      Suggestion(
        "model-report", ["--pointing", "200"],
        because: "how often the heatmaps of the bundled model point at what they should"))
    return suggestions
  }

  /// What this run has in common with others that draw the same picture.
  private var drawn: [String] {
    let common: Set = [
      "--prompt", "--negative-prompt", "--model", "--variant", "--seed", "--steps", "--sampler",
      "--guidance-scale", "--width", "--height",
    ]
    return zip(arguments, arguments.dropFirst()).flatMap { common.contains($0) ? [$0, $1] : [] }
  }

  private func suggestion(
    _ option: String, _ value: String?, because reason: Prose
  ) -> Suggestion {
    let kept = option == "--image" ? [] : arguments
    return Suggestion(
      "attention-maps", kept + [option] + (value.map { [$0] } ?? []), because: reason)
  }

  /// The words with their share of the attention and the peak of their plain mean.
  var summary: Summary {
    let masses = run.conditional.tokenMasses
    let rows = run.columns.columns.enumerated().map { index, column -> [String] in
      let share = column.positions.reduce(0) { $0 + masses[$1] }
      let map = run.heatmaps.of(.mean)?.maps[index]
      let peak = map.map { MatrixMeasures($0.reshaped([$0.count, 1])).peak[0] } ?? 0
      let width = run.heatmaps.of(.mean)?.width ?? 1
      return [
        run.columns.label(index), "\(column.positions.count)",
        NumberFormat.percent(2).text(share), "\(peak / width), \(peak % width)",
      ]
    }
    return Summary(
      columns: ["word", "tokens", "share of attention", "peak row, column"], rows: rows)
  }
}
