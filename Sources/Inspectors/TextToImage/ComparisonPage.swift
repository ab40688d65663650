import Commands
import Diffusion
import Imaging
import LatentDiffusion
import Pages

/// The page of `text-to-image` with several values for one or two options.
struct ComparisonPage {
  private let comparison: Comparison
  /// Which settings the model chose, in words.
  private let choices: [String]
  /// What LoRAs changed in the model that drew all of them.
  private let report: LoRAReport?
  private let step: Axis

  init(_ comparison: Comparison, choices: [String], report: LoRAReport? = nil) {
    (self.comparison, self.choices, self.report) = (comparison, choices, report)
    // The page opens on the finished pictures: they are what is compared.
    step = Axis(
      "step", values: comparison.timeline.map(Double.init), start: comparison.timeline.count - 1)
  }

  private var lists: ComparedLists { comparison.lists }

  func page() -> Page {
    Page(
      "Text to image, compared", number: 12, question: question, residuals: residuals,
      next: suggestions
    ) {
      instrument
      numbers
      if let report { report.section }
    }
  }

  private var question: Prose {
    let names = [lists.rows, lists.columns].compactMap(\.self).map {
      "the \($0.name)"
    }
    let verb = names.count == 1 ? "does" : "do"
    return "What \(verb) \(names.joined(separator: " and ")) change in the picture?"
  }

  private var instrument: Section {
    let spread = Quantity("σ", "distance from the mean of all pictures", .prediction)
    return Section {
      Text("\(common) Move along the steps: all pictures move together.")
      if !choices.isEmpty { Text("Nobody named them: \(choices.joined(separator: "; ")).") }
      pictures
      Timeline(step)
      Chart(
        "How much the pictures differ", x: .linear("step"), y: .linear("of 1"),
        curves: [Curve(of: spread, x: step.values, y: comparison.spreads)], cursor: step)
    }
  }

  /// What is the same in all pictures.
  private var common: Prose {
    let varied = [lists.rows, lists.columns].compactMap(\.self).map(\.option)
    let request = comparison.items[0].request
    let (height, width) = (comparison.generation.height, comparison.generation.width)
    var parts: [String] = []
    parts +=
      varied.contains("sampler")
      ? ["\(request.steps) steps", request.walk.words].compactMap(\.self)
      : [comparison.generation.walkWords]
    if !varied.contains("guidance-scale") {
      parts.append("guidance \(Values.text(request.guidanceScale))")
    }
    if !varied.contains("seed") { parts.append("seed \(request.seed), the same noise for all") }
    parts.append("\(width) × \(height) pixels")
    parts += comparison.generation.partsWords
    if report != nil { parts.append("all with the LoRA") }
    let settings = "\(parts.joined(separator: ", "))."
    return varied.contains("prompt") ? "\(Prose(settings))" : "“\(em: request.prompt)” \(settings)"
  }

  private var pictures: any Panel {
    let figures = comparison.items.map { item in
      Figure(
        Prose(lists.label(item.index)),
        .over(step, item.frames.map { Picture(shown: $0.believed) }),
        note: .over(step, item.frames.map { "step \($0.step), t = \(Int($0.t))" }))
    }
    let columns = lists.columns.titles.count
    guard let rows = lists.rows else { return Pictures(figures, columns: min(columns, 4)) }
    return PictureTable(
      Prose("\(rows.name) by \(lists.columns.name)"),
      rows: rows.titles.map { Prose($0) },
      columns: lists.columns.titles.map { Prose($0) },
      cells: rows.titles.indices.map { Array(figures[$0 * columns..<($0 + 1) * columns]) })
  }

  private var numbers: Section {
    Section("The pictures in numbers") {
      Text(
        """
        Distances are root mean squares over all pixels, in values from 0 to 1. The norm is the mean \
        over the steps of what the prompt changes; where guidance is 1 nobody asks.
        """)
      Table(
        "One row for each picture", comparison.items, ComparisonFiles.columns(of: comparison))
    }
  }

  private var residuals: [Residual] {
    var list: [Residual] = []
    if let noise = comparison.noiseDifference {
      list.append(
        Residual(
          "Pictures of one seed begin from the same noise, whatever else differs: relative",
          measured: noise, bound: 1e-6))
    }
    if let together = comparison.togetherResidual {
      list.append(
        Residual(
          "A picture made in a batch = the same made alone, after the first steps: relative",
          measured: together, bound: comparison.generation.request.precision.bound))
    }
    if let rounding = comparison.rounding { list.append(.rounding(rounding)) }
    return list + (report?.residuals ?? [])
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "text-to-image", ["--seed", "1-4", "--guidance-scale", "1,3,7.5"],
        because: "what chance decides, and what the prompt"),
      Suggestion(
        "text-to-image", ["--sampler", "all", "--steps", "10"],
        because: "every way down from one noise, with few steps"),
      Suggestion(
        "text-to-image",
        ["--prompt", "a red boat on the sea at day", "--prompt", "a blue boat on the sea at day"],
        because: "one word changed, from the same noise"),
    ]
  }

  /// One line for each picture.
  var summary: Summary {
    let first = comparison.items[0].image
    return Summary(
      columns: ["picture", "distance", "seconds"],
      rows: comparison.items.map { item in
        let numbers = [Comparison.distance(item.image, first), item.seconds]
        return [comparison.file(of: item)] + numbers.map(NumberFormat.decimals(3).text)
      })
  }
}
