import Attention
import Commands
import Foundation
import Imaging
import LatentDiffusion
import Pages
import Records
import Tensors

/// The maps of several pictures, word by word: what another prompt, or another beginning, does to where
/// the words are looked for.
struct AttentionComparison {
  /// One of the pictures.
  private struct Item {
    let index: Int
    let request: GenerationRequest
    let run: AttentionRun
    /// Each word of its prompt once, with its maps at the places of the timeline.
    let words: [(text: String, column: Int, maps: [Tensor])]
  }

  private let lists: ComparedLists
  private let items: [Item]
  /// The words of all prompts, each once, in the order in which they come up.
  private let words: [String]
  /// Steps of the walk.
  private let timeline: [Int]

  /// The option of the list whose pictures are without LoRAs and with them.
  static let lora = "lora"

  /// How many places the timeline has at most: every word has a picture at each of them.
  private static let mostPlaces = 12
  /// The longest side of a map's picture.
  private static let side = 96

  /// - Parameters:
  ///   - runs: one for each place of the table, row by row.
  ///   - requests: what each was asked for.
  init(_ runs: [AttentionRun], _ requests: [GenerationRequest], in lists: ComparedLists) {
    let places = min(Self.mostPlaces, runs.map(\.conditional.page.steps.count).min() ?? 1)
    func spread(over count: Int) -> [Int] {
      (0..<places).map { places == 1 ? count - 1 : $0 * (count - 1) / (places - 1) }
    }
    items = zip(runs, requests).enumerated().map { index, pair in
      let (run, request) = pair
      var seen: Set<String> = []
      let columns = run.columns.words.filter { seen.insert(run.columns.columns[$0].text).inserted }
      let maps = run.conditional.meanMaps(of: columns)
      let kept = spread(over: maps.count)
      return Item(
        index: index, request: request, run: run,
        words: columns.enumerated().map { place, column in
          (run.columns.columns[column].text, column, kept.map { maps[$0][place] })
        })
    }
    var seen: Set<String> = []
    words = items.flatMap { $0.words.map(\.text) }.filter { seen.insert($0).inserted }
    let longest = runs.max { $0.frames.count < $1.frames.count } ?? runs[0]
    timeline = spread(over: longest.conditional.page.steps.count).map {
      longest.conditional.page.steps[$0]
    }
    self.lists = lists
  }

  /// The heat of a word over a picture at one place of the timeline; a grey field where its prompt
  /// does not have the word.
  private func map(of word: String, in item: Item, at place: Int) -> Image {
    let small = item.run.picture.shrunk(to: Self.side)
    guard let found = item.words.first(where: { $0.text == word }) else {
      return Image(width: small.width, height: small.height, filledWith: ColorMap.missing)
    }
    return HeatmapPictures.over(
      small, found.maps[place], range: HeatmapPictures.range(of: found.maps))
  }

  // MARK: The page

  /// How the pictures were drawn, as far as it is the same for all.
  private func common(withLoRA: Bool) -> String {
    let walks = Set(items.compactMap(\.run.walkWords))
    let parts =
      (walks.count == 1 ? ["by \(walks.joined())"] : []) + items[0].run.partsWords
      + (withLoRA ? ["with the LoRA"] : [])
    return parts.isEmpty ? "" : "All \(parts.joined(separator: ", "))."
  }

  /// - Parameters:
  ///   - choices: which settings the model chose, in words.
  ///   - report: what LoRAs changed in the model.
  func page(choices: [String], report: LoRAReport? = nil) -> Page {
    let step = Axis("step", values: timeline.map(Double.init), start: timeline.count - 1)
    let names = [lists.rows, lists.columns].compactMap(\.self).map { "the \($0.name)" }
    let verb = names.count == 1 ? "does" : "do"
    return Page(
      "Attention maps, compared", number: 9,
      question: "What \(verb) \(names.joined(separator: " and ")) change in where words are found?",
      residuals: residuals + (report?.residuals ?? []), next: suggestions
    ) {
      Section {
        Text(
          """
          \(Prose(common(withLoRA: report != nil && lists.columns.option != Self.lora))) The mean over all layers and heads, in one scale for each word of a picture; grey where a prompt \
          does not have the word. All maps move together.
          """)
        if !choices.isEmpty { Text("Nobody named them: \(choices.joined(separator: "; ")).") }
        Pictures(
          items.map {
            Figure(Prose(lists.label($0.index)), .fixed(Picture(shown: $0.run.picture)))
          },
          columns: min(items.count, 4))
        Timeline(step)
        table(over: step)
      }
      Section("The words in numbers") {
        Text(
          """
          The share of all attention that a word gets, and how spread out its map is: 0 bits is one \
          pixel.
          """)
        Table("One row for each word of each picture", rows, columns)
      }
      if let report { report.section }
    }
  }

  private func table(over step: Axis) -> PictureTable {
    PictureTable(
      "word", rows: words.map { Prose($0) }, columns: items.map { Prose(lists.label($0.index)) },
      cells: words.map { word in
        items.map { item in
          Figure(
            Prose("\(word), \(lists.label(item.index))"),
            .over(
              step,
              timeline.indices.map {
                Picture(png: PNG.data(of: map(of: word, in: item, at: $0)))
              }))
        }
      })
  }

  private var residuals: [Residual] {
    [
      Residual(
        "Each pixel shares out all of its attention: rows sum to 1, largest difference",
        measured: items.map(\.run.conditional.rowResidual).max() ?? 0, bound: 1e-5)
    ]
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "attention-maps",
        ["--prompt", "a red boat on the sea at day", "--prompt", "a red house on the sea at day"],
        because: "another thing in the same noise: does its map stay where the old one was?"),
      Suggestion(
        "attention-maps", ["--seed", "1-4"],
        because: "other noise: which words keep their place, and which follow the picture?"),
    ]
  }

  // MARK: Files

  /// A word of a picture.
  private typealias Row = (item: Item, text: String, column: Int)

  private var rows: [Row] {
    items.flatMap { item in item.words.map { (item, $0.text, $0.column) } }
  }

  /// `comparison.csv`; what has a heading stands on the page as well.
  private var columns: [Column<Row>] {
    let lists = lists
    let masses = items.map { item in
      let tokens = item.run.conditional.tokenMasses
      return item.run.columns.columns.map { $0.positions.reduce(0) { $0 + tokens[$1] } }
    }
    func measures(_ row: Row) -> MatrixMeasures? {
      row.item.run.heatmaps.of(.mean)?.maps[row.column].map {
        MatrixMeasures($0.reshaped([$0.count, 1]))
      }
    }
    return [
      Column("row") { lists.place($0.item.index).row },
      Column("column") { lists.place($0.item.index).column },
      Column("image") { "images/\(lists.stem($0.item.index)).png" },
      Column("prompt", \.item.request.prompt),
      Column("sampler") { ($0.item.request.sampler ?? .ddim).rawValue },
      Column("guidance_scale", \.item.request.guidanceScale),
      Column("seed") { String($0.item.request.seed) },
      Column<Row>("picture") { lists.label($0.item.index) }.shown(as: "picture"),
      Column<Row>("word", \.text).shown(as: "word"),
      Column<Row>("mass") { masses[$0.item.index][$0.column] }.shown(as: "share", .percent(2)),
      Column<Row>("entropy") { measures($0)?.entropy[0] }.shown(
        as: "entropy in bits", .decimals(2)),
    ]
  }

  func write(to output: RunOutput, tensors: Bool, film: Bool) throws {
    try output.write(CSVTable(rows, columns), as: "comparison.csv")
    var arrays: [String: Tensor] = [:]
    for item in items {
      let stem = lists.stem(item.index)
      try output.write(item.run.picture, as: "images/\(stem).png")
      guard let heatmaps = item.run.heatmaps.of(.mean) else { continue }
      for (_, column, _) in item.words {
        guard let map = heatmaps.maps[column] else { continue }
        try output.write(
          HeatmapPictures.over(item.run.picture, map),
          as: "images/\(stem)-word-\(padded(column, to: 2)).png")
      }
      arrays["heatmap.mean.\(stem)"] = heatmaps.stacked
    }
    let titles = items.map { lists.label($0.index) }
    func sheet(at place: Int, side: Int = Self.side) -> Image {
      .labelled(
        words.map { word in items.map { map(of: word, in: $0, at: place).shrunk(to: side) } },
        rows: words,
        columns: titles)
    }
    try output.write(sheet(at: timeline.count - 1), as: "contact-sheet.png")
    if film {
      // Some megabytes, however many maps there are.
      let affordable = Double(3_000_000 / (timeline.count * items.count * max(words.count, 1)))
      let side = max(32, min(Self.side, Int(affordable.squareRoot())))
      try output.write(
        MovingPictures.film(
          of: timeline.indices.map {
            sheet(at: $0, side: side).captioned("step \(timeline[$0])", scale: 2, room: 1)
          }), as: "film.png")
    }
    if tensors { try output.write(arrays) }
  }

  /// The words that get most attention in each picture.
  var summary: Summary {
    let shares = rows.map { row in
      let tokens = row.item.run.conditional.tokenMasses
      return row.item.run.columns.columns[row.column].positions.reduce(0) { $0 + tokens[$1] }
    }
    return Summary(
      columns: ["picture", "word", "share"],
      rows: zip(rows, shares).map { row, share in
        [lists.label(row.item.index), row.text, NumberFormat.percent(2).text(share)]
      })
  }
}
