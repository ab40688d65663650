import Attention
import Commands
import Imaging
import Networks
import Pages
import Tensors

/// The page of `attention-maps`.
struct AttentionMapsPage {
  let run: AttentionRun
  let arguments: [String]
  /// Which settings the model chose, in words.
  let choices: [String]
  /// What LoRAs changed in the model.
  let report: LoRAReport?
  let axes: MapAxes

  init(
    _ run: AttentionRun, arguments: [String], choices: [String] = [], report: LoRAReport? = nil
  ) {
    self.run = run
    self.arguments = arguments
    self.choices = choices
    self.report = report
    axes = MapAxes(run.conditional, run: run)
  }

  let weights = Quantity("A", "how a pixel shares out its attention", .condition)
  let queries = Quantity("Q", "what the pixels ask", .signal)
  let keys = Quantity("K", "what the tokens offer", .condition)

  func page() -> Page {
    Page(
      "Attention maps", number: 9, question: "Which words does each pixel look at?",
      residuals: residuals + (report?.residuals ?? []), next: suggestions
    ) {
      instrument
      aggregateSection
      tokenSection
      arithmeticSection
      if let unconditional = run.unconditional { negativeSection(unconditional) }
      if let ledger = run.selfAttention { selfSection(ledger) }
      if let report { report.section }
    }
  }
}

// MARK: - The instrument

extension AttentionMapsPage {
  private var instrument: Section {
    Section {
      Text(opening)
      if !choices.isEmpty { Text("Nobody named them: \(choices.joined(separator: "; ")).") }
      MapPanel(run.conditional, run: run, axes)
      Timeline(axes.step)
      Choice(axes.layer)
      if axes.head.count > 1 { Choice(axes.head) }
      Choice(axes.scale)
      Choice(axes.behind)
      MapOverview()
      if let left = leftOut { Text(Prose(left)) }
    }
  }

  private var opening: Prose {
    let picture =
      run.walkWords ?? "one pass for each of \(run.frames.count) noise levels over your picture"
    let size = "\(run.picture.width) × \(run.picture.height) pixels"
    let settings = ([picture, size] + run.partsWords + (report == nil ? [] : ["with the LoRA"]))
      .joined(separator: ", ")
    return """
      “\(em: run.columns.tokens.prompt)”: \(Prose(settings)). In every cross-attention layer each pixel shares out an attention \
      of 1 among the tokens. Pick a word to see who looks at it; point at a pixel to read what it \
      looks at.
      """
  }

  private var leftOut: String? {
    let page = run.conditional.page
    var parts: [String] = []
    if page.leavesOutSteps {
      parts.append("\(page.steps.count) of \(run.conditional.seen.count) steps")
    }
    if !page.holdsHeads { parts.append("the mean of the heads only") }
    guard !parts.isEmpty else { return nil }
    return "To stay small this page holds \(parts.joined(separator: " and ")). All of them are in "
      + "attention.csv; --layers, --heads, --timesteps and --resolution choose what it holds."
  }

  private var aggregateSection: Section {
    Section("One heatmap out of \(mapCount) matrices") {
      Text(
        """
        Published heatmaps differ because they leave out different layers and steps, meet on different \
        grids and do different things to the numbers. These are all made of the same matrices, those \
        of the prompt itself. A word of several tokens is the mean of their maps.
        """)
      AggregatePanel(run, axes)
    }
  }

  private var mapCount: Int {
    run.conditional.seen.count * run.conditional.heads.reduce(0) { $0 + $1.count }
  }
}

// MARK: - Who gets how much

extension AttentionMapsPage {
  private var tokenSection: Section {
    let masses = run.conditional.tokenMasses
    let columns = run.columns.columns
    let totals = columns.map { $0.positions.reduce(0) { $0 + masses[$1] } }
    let silent = zip(columns, totals).reduce(0) { $0 + ($1.0.kind == .word ? 0 : $1.1) }
    return Section("Who gets how much") {
      Text(
        """
        All attention adds up to 1 at every pixel. The start, the end and the padding that fills the \
        prompt up to \(run.columns.tokens.tokens.count) tokens are no words, and get \
        \(silent, .percent(1)) of it here. \(Prose(run.prompts.sequenceWords ?? ""))
        """)
      if let alike { Text(alike) }
      if run.prompts.weights != nil {
        Text(
          """
          The prompt's marks change the vectors of its tokens, by the weights in the table, and so what \
          pixels find when they look; they are no part of the words.
          """)
      }
      Row(widths: [1, 2]) {
        Table(
          "Share of all attention, over all steps, layers and heads",
          columns: ["", "tokens", "share"] + (run.prompts.weights == nil ? [] : ["weight"]),
          rows: columns.indices.map { index in
            let positions = columns[index].positions
            let weight = run.prompts.weights.map { $0[positions[0]] }
            return [
              .prose(Prose(axes.word.labels[index])),
              .number(Double(positions.count), .integer),
              .number(totals[index], .percent(2)),
            ] + (weight.map { [.number($0, .decimals(2))] } ?? [])
          }, follows: axes.word)
        massChart
      }
    }
  }

  private var alike: Prose? {
    guard let pair = run.heatmaps.of(.mean)?.mostAlike(run.columns) else { return nil }
    let labels = axes.word.labels
    return """
      In the text encoder a token looks at those before it, and may carry them on, a small word or the \
      padding too. Here “\(Prose(labels[pair.first]))” and “\(Prose(labels[pair.second]))” have the \
      maps most alike of all words: correlation \(pair.correlation, .decimals(3)) of their plain means.
      """
  }

  private var massChart: Chart {
    let all = run.conditional.columnMasses
    let x = run.conditional.seen.map { Double($0.step) }
    let curves = run.columns.columns.indices.map { column in
      // Words in a formula stand in quotes, so a word may hold none.
      let symbol: String = "\"" + axes.word.labels[column].replacing("\"", with: "”") + "\""
      return Curve(
        of: Quantity(
          Math(symbol), "its share",
          run.columns.columns[column].kind == .word ? .condition : .neutral), x: x,
        y: all.map { layers in
          let heads = layers.flatMap { $0 }
          return heads.reduce(0) { $0 + $1[column] } / Double(max(heads.count, 1))
        }, choice: (axes.word, column))
    }
    return Chart(
      "Share of the attention over the steps, all layers and heads", x: .linear("step"),
      y: .log("share"), curves: curves, cursor: axes.step)
  }
}

// MARK: - The arithmetic

extension AttentionMapsPage {
  private var arithmeticSection: Section {
    let it = run.arithmetic
    let (n, m, d) = (it.queries.shape[0], it.keys.shape[0], it.features)
    return Section("The arithmetic") {
      LiveFormula(
        """
        \(term: weights) = "softmax over tokens" ( \
        \(fraction: "\(term: queries) \(term: keys)^T", "√d") ) , \
        Q : \(n) × \(d) , K : \(m) × \(d) , A : \(n) × \(m)
        """,
        reading: """
          Head \(it.head) of \(it.layer.name), a grid of \(it.layer.height) × \(it.layer.width), at \
          t = \(it.t): \(n) pixels ask, \(m) tokens answer, with vectors of d = \(d) numbers. The \
          pixel then takes that mixture of the tokens' values V (\(m) × \(d)). The products of Q and K \
          have a standard deviation of \(it.scoreSpread); divided by √d, of \(it.scaledSpread).
          """)
      Pictures(
        [
          attempt("as the U-Net does it", it.right), attempt("without 1/√d", it.unscaled),
          attempt("softmax over the pixels", it.wrongAxis),
        ], columns: 3)
      Table(
        "The same Q and K, three softmaxes",
        columns: ["", "sum of a row, least", "largest", "entropy of a row, bits", "largest share"],
        rows: [
          row("softmax over the tokens of QKᵀ/√d", it.right),
          row("without 1/√d: sharper than what was trained", it.unscaled),
          row("over the pixels: what a pixel attends to no longer sums to 1", it.wrongAxis),
        ])
    }
  }

  private func attempt(_ name: String, _ it: AttentionArithmetic.Attempt) -> Figure {
    let layer = run.arithmetic.layer
    let maps = run.columns.maps(
      of: it.weights.reshaped([1, it.weights.shape[0], it.weights.shape[1]]))
    let ranges = run.columns.columns.indices.map { index in
      HeatmapPictures.range(of: maps.slice(index..<index + 1, along: 1))
    }
    return Figure(
      Prose(name),
      .over(
        axes.word,
        run.columns.columns.indices.map { index in
          let map = maps.slice(index..<index + 1, along: 1).reshaped([layer.height, layer.width])
          return Picture(
            png: PNG.data(of: HeatmapPictures.colors.image(of: map, range: ranges[index])),
            kind: .grid, values: map.elements)
        }),
      note: .over(
        axes.word,
        ranges.map {
          "colours \(NumberFormat.automatic.text(Double($0.lowerBound))) to "
            + NumberFormat.automatic.text(Double($0.upperBound))
        }))
  }

  private func row(_ name: String, _ it: AttentionArithmetic.Attempt) -> [Table.Cell] {
    [
      .prose(Prose(name)), .number(it.rowSums.lowerBound, .decimals(4)),
      .number(it.rowSums.upperBound, .decimals(4)), .number(it.entropy, .decimals(2)),
      .number(it.top, .decimals(3)),
    ]
  }
}
