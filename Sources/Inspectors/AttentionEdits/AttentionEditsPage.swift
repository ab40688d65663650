import Attention
import Commands
import Imaging
import Pages
import Tensors

/// The page of `attention-edits`.
struct AttentionEditsPage {
  private let run: EditedRun
  private let arguments: [String]
  /// Which settings the model chose, in words.
  private let choices: [String]
  /// What LoRAs changed in the model.
  private let report: LoRAReport?
  /// What the reader goes through.
  private let edit: Axis

  private let ratio = Quantity("r", "times what the area alone gives")
  private let inside = Quantity("c", "the share of the squared change in the heatmap", .prediction)
  private let area = Quantity("a", "the area of the heatmap", .condition)

  init(
    _ run: EditedRun, arguments: [String], choices: [String] = [], report: LoRAReport? = nil
  ) {
    (self.run, self.arguments, self.choices) = (run, arguments, choices)
    self.report = report
    edit = Axis("edit", choices: run.variants.map(\.intervention.label))
  }

  func page() -> Page {
    Page(
      "Attention edits", number: 9, question: "Does the picture change where the heatmap says?",
      residuals: residuals + (report?.residuals ?? []), next: suggestions
    ) {
      instrument
      Section("How much of the change lies in the heatmap") {
        LiveFormula(
          """
          \(term: ratio, value: over { mean($0, \.ratio) }) = \
          \(term: inside, value: over { mean($0, \.inside) }) / \
          \(term: area, value: over { mean($0, \.area) })
          """,
          reading: """
            The plain mean of the changed word, before the change, reaches half its peak in a part of \
            the picture. Were the change spread evenly, that part would hold as much of it as it has \
            area, and the ratio would be 1.
            """)
        Table(
          "Does the picture change where the heatmap is?",
          columns: [
            "heatmap", "area at half its peak", "share of the squared change there",
            "times what the area alone gives",
          ],
          rows: run.heatmaps.map { heatmaps in
            [
              .prose(Prose(heatmaps.aggregate.title)), cell(heatmaps, .percent(1), \.area),
              cell(heatmaps, .percent(1), \.inside), cell(heatmaps, .decimals(2), \.ratio),
            ]
          })
      }
      if let report { report.section }
    }
  }

  private func mean(_ variant: Variant, _ value: (Effect) -> Double) -> Double {
    variant.effects.first { $0.aggregate == .mean }.map(value) ?? .nan
  }

  /// A number of one aggregate, for each edit.
  private func cell(
    _ heatmaps: Heatmaps, _ format: NumberFormat, _ value: (Effect) -> Double
  ) -> Table.Cell {
    .live(
      over { variant in
        let effect = variant.effects.first { $0.aggregate == heatmaps.aggregate }
        return effect.map { Self.text(value($0), format) } ?? "–"
      })
  }

  /// What can be told of a change only where there is one.
  private static func text(_ value: Double, _ format: NumberFormat) -> String {
    value.isNaN ? "no change" : format.text(value)
  }

  private func over<Value>(_ value: (Variant) -> Value) -> Varying<Value> {
    .over(edit, run.variants.map(value))
  }
}

// MARK: - The instrument

extension AttentionEditsPage {
  private var instrument: Section {
    Section {
      Text(
        """
        “\(em: run.columns.tokens.prompt)”: \(Prose(settings)). A heatmap is a correlation: here the same \
        picture is drawn again from the same noise while its attention is changed. Does it change where the word's heatmap is, and nowhere else?
        """)
      if !choices.isEmpty { Text("Nobody named them: \(choices.joined(separator: "; ")).") }
      if run.variants.count > 1 { Choice(edit) }
      Pictures(
        [
          Figure("the picture", .fixed(Picture(shown: run.picture))),
          Figure(
            "the word's heatmap before", over { picture(heat(of: $0), over: run.picture) },
            note: over { "“\($0.intervention.word)”, \(range(heat(of: $0)))" }),
          Figure("with the changed attention", over { Picture(shown: $0.picture) }),
          Figure(
            "what changed", over { Picture(shown: HeatmapPictures.changePicture($0.change)) },
            note: over { "colours 0 to \(number(Double($0.change.maxAbs)))" }),
          Figure(
            "looked at there now", over { picture(after($0).map, over: $0.picture) },
            note: over { after($0).note }),
        ], columns: 5)
      if run.variants.count > 1 { Timeline(edit) }
      Text("\(live: over { explanation($0) })")
    }
  }

  private var settings: String {
    let size = "\(run.picture.width) × \(run.picture.height) pixels"
    return ([run.walkWords, size] + run.partsWords + (report == nil ? [] : ["all with the LoRA"]))
      .joined(separator: ", ")
  }

  private func heat(of variant: Variant) -> Tensor? { run.heatmap(of: variant.intervention.word) }

  private func picture(_ map: Tensor?, over picture: Image) -> Picture {
    Picture(shown: map.map { HeatmapPictures.over(picture, $0) } ?? picture)
  }

  /// The colours of a plain mean.
  private func range(_ map: Tensor?) -> String {
    guard let range = map.map({ HeatmapPictures.range(of: $0) }) else { return "no heatmap" }
    return "plain mean, colours \(number(Double(range.lowerBound))) to "
      + number(Double(range.upperBound))
  }

  private func number(_ value: Double) -> String { NumberFormat.automatic.text(value) }

  /// The map of the new or weighed word, or of the column that is looked at instead of a hidden one.
  private func after(_ variant: Variant) -> (map: Tensor?, note: String) {
    let columns = run.columns
    let means = variant.heatmaps.of(.mean)
    if variant.intervention.injects {
      var word = variant.intervention.word
      if case .swap(_, let new) = variant.intervention { word = new }
      let map = means?.mean(of: variant.columns.columns(of: word))
      return (map, "“\(word)”, \(range(map))")
    }
    guard let before = run.heatmaps.of(.mean), let means,
      let successor = means.successor(
        of: columns.columns(of: variant.intervention.word), before: before, columns),
      successor.gain > 0, let map = means.maps[successor.column]
    else { return (nil, "nothing more than before") }
    let gain = NumberFormat.percent(1).text(successor.gain)
    return (
      map,
      "“\(columns.distinctLabels[successor.column])”, \(gain) more of the attention there; \(range(map))"
    )
  }

  private func explanation(_ variant: Variant) -> String {
    switch variant.intervention {
    case .ablate(let word):
      """
      No pixel may look at “\(word)”: its columns of A are 0 in every layer, and each row is made to \
      sum to 1 again. What the tokens behind it know of it, through the text encoder, stays; --erase \
      takes that away as well.
      """
    case .erase(let word):
      """
      “\(word)” is hidden from everybody: no pixel may look at it, and in the text encoder no other \
      token may, so that none carries it on.
      """
    case .scale(let word, let factor):
      """
      Prompt-to-Prompt's re-weighting: the first picture's attention is used again, with the columns of \
      “\(word)” times \(factor). Rows no longer sum to 1, as published.
      """
    case .swap(let old, let new):
      """
      Prompt-to-Prompt: “\(variant.prompt)” is drawn with the attention of the first prompt, and “\(new)” \
      gets what “\(old)” got. A heatmap that means something keeps the new thing in the old place.
      """
    }
  }
}

// MARK: - Claims, and what to try next

extension AttentionEditsPage {
  /// Those in which a word is hidden: what is left of the attention is shared out anew.
  private var residuals: [Residual] {
    let hidden = run.variants.filter { !$0.intervention.injects }.compactMap { variant in
      variant.heatmaps.of(.mean).map { (variant, $0) }
    }
    guard !hidden.isEmpty else { return [] }
    return [
      Residual(
        "A hidden word gets no attention: largest value of its plain mean",
        measured: hidden.map { variant, means in
          let word = variant.columns.columns(of: variant.intervention.word)
          return Double(means.mean(of: word)?.maxAbs ?? 0)
        }.max() ?? 0, bound: 1e-9),
      Residual(
        "What the other columns get sums to 1 at every pixel all the same: largest difference",
        measured: hidden.map { $1.sumResidual($0.columns) }.max() ?? 0, bound: 1e-5),
    ]
  }

  private var suggestions: [Suggestion] {
    let words = run.columns.words.map { run.columns.columns[$0].text }
    let changed = run.variants.map { $0.intervention.word.lowercased() }
    let other = words.filter { !changed.contains($0.lowercased()) }.max { $0.count < $1.count }
    return
      (other.map { word in
        [
          Suggestion(
            "attention-edits", arguments + ["--ablate", word, "--erase", word],
            because: "another word: is it looked at by itself, or carried on by later ones?"),
          Suggestion(
            "attention-edits", arguments + ["--scale", "\(word)=3"],
            because: "more of a word, everything else as it was"),
        ]
      } ?? []) + [
        Suggestion(
          "model-report", ["--ablation", "100"],
          because: "the same over many prompts: how much of the change lies in the heatmap?")
      ]
  }

  var summary: Summary {
    Summary(
      columns: ["edit", "area of the heatmap", "change inside", "ratio", "mean change"],
      rows: run.variants.map { variant in
        [
          variant.intervention.label, NumberFormat.percent(1).text(mean(variant, \.area)),
          Self.text(mean(variant, \.inside), .percent(1)),
          Self.text(mean(variant, \.ratio), .decimals(2)),
          NumberFormat.decimals(4).text(variant.meanChange),
        ]
      })
  }
}
