import Attention
import Foundation
import Imaging
import Pages
import Tensors

/// What the reader moves along on the page of a run.
struct MapAxes {
  let word: Axis
  let step: Axis
  let layer: Axis
  let head: Axis
  /// One scale for each word, or one for all.
  let scale: Axis
  /// What lies under the heat.
  let behind: Axis

  /// - Parameter suffix: tells the axes of a second prompt apart.
  init(_ ledger: MapLedger, run: AttentionRun, wordName: String = "word") {
    let columns = ledger.columns
    word = Axis(wordName, choices: columns.distinctLabels, start: Self.clearest(ledger, run))
    let steps = ledger.page.steps
    step = Axis(
      "step", values: steps.map(Double.init),
      labels: steps.map { "\($0) (t = \(Self.label(run.frames[$0].t)))" }, start: steps.count / 3)
    layer = Axis(
      "layer",
      choices: ["all layers"] + ledger.layers.map { "\($0.name), \($0.height)×\($0.width)" })
    let known = Set(ledger.heads.flatMap { $0 }).sorted()
    head = Axis(
      "head", choices: ["all heads"] + (ledger.page.holdsHeads ? known.map(String.init) : []))
    scale = Axis("scale", choices: ["for this word", "one for all words"])
    behind = Axis("behind the heat", choices: ["the picture", "the step's x̂_0", "nothing"])
  }

  /// The page opens on the word whose map is most gathered in one place.
  private static func clearest(_ ledger: MapLedger, _ run: AttentionRun) -> Int {
    let words = ledger.columns.words
    guard ledger === run.conditional, let maps = run.heatmaps.of(.mean)?.maps else {
      return words.first ?? 0
    }
    func entropy(_ column: Int) -> Double {
      maps[column].map { MatrixMeasures($0.reshaped([$0.count, 1])).entropy[0] } ?? .infinity
    }
    return words.min { entropy($0) < entropy($1) } ?? 0
  }

  private static func label(_ t: Double) -> String {
    t == t.rounded() ? String(Int(t)) : String(format: "%.1f", t)
  }
}

/// The instrument: where a word goes over steps, layers and heads, and what a pixel attends to.
struct MapPanel: Panel {
  private struct Column: Encodable {
    var label: String
    var kind: String
  }

  private struct Layer: Encodable {
    var name: String
    var height: Int
    var width: Int
    /// The heads that are held, by their number; one that is −1 when only their mean is.
    var heads: [Int]
    /// How many heads a map stands for.
    var weight: Int
  }

  private struct Contents: Encodable {
    var axes: [String]
    var columns: [Column]
    var layers: [Layer]
    var stepLabels: [String]
    /// For each step the number of its x̂_0 among the pictures; −1 where there is none.
    var believed: [Int]
    var headNumbers: [Int]
    /// 8 bits: [step][layer][head][column][pixel].
    var maps: String
    /// Least and largest value of each map.
    var ranges: String
    /// The exact share of each column: [step][layer][head][column].
    var masses: String
    var colors: String
  }

  private let panel: Custom

  init(_ ledger: MapLedger, run: AttentionRun, _ axes: MapAxes) {
    let page = ledger.page
    let layers = zip(ledger.layers, ledger.heads).map { layer, heads in
      Layer(
        name: layer.name, height: layer.height, width: layer.width,
        heads: page.holdsHeads ? heads : [-1], weight: page.holdsHeads ? 1 : heads.count)
    }
    var pictures = [Picture(shown: run.picture)]
    let believed = page.steps.map { step -> Int in
      guard let image = run.frames[step].believed else { return -1 }
      pictures.append(Picture(shown: image))
      return pictures.count - 1
    }
    let contents = Contents(
      axes: [axes.word, axes.step, axes.layer, axes.head, axes.scale, axes.behind].map(\.name),
      columns: ledger.columns.columns.enumerated().map {
        Column(label: axes.word.labels[$0], kind: $1.kind.rawValue)
      },
      layers: layers, stepLabels: axes.step.labels, believed: believed,
      headNumbers: axes.head.labels.dropFirst().compactMap { Int($0) },
      maps: Packed.text(page.bytes.flatMap { $0 }),
      ranges: Packed.text(page.ranges.flatMap { $0 }), masses: Packed.text(Self.masses(ledger)),
      colors: HeatmapPictures.colors.hexadecimal)
    panel = Custom(
      markup: Self.markup, data: contents, pictures: pictures,
      axes: [axes.word, axes.step, axes.layer, axes.head, axes.scale, axes.behind],
      code: .attention)
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }

  private static func masses(_ ledger: MapLedger) -> [Float] {
    let all = ledger.columnMasses
    let held = Set(ledger.page.steps)
    var masses: [Float] = []
    for (index, seen) in ledger.seen.enumerated() where held.contains(seen.step) {
      for heads in all[index] {
        if ledger.page.holdsHeads {
          masses += heads.flatMap { $0.map { Float($0) } }
        } else {
          masses += (0..<ledger.columns.count).map { column in
            Float(heads.reduce(0) { $0 + $1[column] } / Double(heads.count))
          }
        }
      }
    }
    return masses
  }

  private static let markup: HTML = """
    <div class="attention">
    <p class="prompt" role="group" aria-label="The words of the prompt"></p>
    <div class="views">
    <figure><div class="frame"><canvas class="plain" data-points="32" role="img" aria-label="The picture: point at a pixel"></canvas>\
    </div><figcaption class="shown"></figcaption></figure>
    <figure><div class="frame"><canvas class="raw" role="img" aria-label="The attention of each \
    pixel of the grid to the word"></canvas></div><figcaption>the grid as it is</figcaption></figure>
    <figure><div class="frame"><canvas class="smooth" role="img" aria-label="The same, smoothed, \
    over the picture"></canvas></div><figcaption>smoothed, over <span class="under"></span>\
    </figcaption></figure>
    <div class="reading-side"><p class="spot"></p><ol class="ranked scrollable" data-name="Attention by word"></ol>\
    <p class="sum"></p><p class="beyond-scale">hatched: beyond the scale</p></div>
    </div>
    <p class="scale"><span class="low"></span><i class="bar"></i><span class="high"></span>\
    <span>the word's share of all attention here: <b class="mass"></b></span></p>
    </div>
    """
}

/// Where the instrument shows the word's maps over the steps, and in every layer and head: a place of
/// its own, so that the controls can stand between.
struct MapOverview: Panel {
  private let panel = Custom(
    markup: """
      <div class="attention overview">
      <figure><canvas class="times" role="img" aria-label="The word's map over the steps"></canvas>\
      <figcaption>over the steps, first to last; a click goes there</figcaption></figure>
      <div class="row"><div style="--share:1"><figure class="cells scrollable" data-name="Layers and heads"><canvas class="grid" role="img" aria-label="The word's map in every layer \
      and head"></canvas><figcaption>every layer and head at this step; a click chooses one\
      </figcaption></figure></div>
      <div style="--share:1"><figure><div class="gallery"></div><figcaption>every word at this step, in \
      the layers and heads chosen; a click picks it</figcaption></figure></div></div>
      </div>
      """, data: [String](), code: PanelCode())

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}

/// The chosen word by every aggregate, side by side.
struct AggregatePanel: Panel {
  private struct Item: Encodable {
    var title: String
    var recipe: String
    var height: Int
    var width: Int
    /// For each column 8 bits per pixel, base64; nil where the method drops it.
    var maps: [String?]
    var ranges: [[Float]]
  }

  private struct Contents: Encodable {
    var axes: [String]
    var items: [Item]
    var colors: String
  }

  private let panel: Custom

  init(_ run: AttentionRun, _ axes: MapAxes) {
    let items = run.heatmaps.map { heatmaps in
      Item(
        title: heatmaps.aggregate.title, recipe: heatmaps.aggregate.recipe,
        height: heatmaps.height, width: heatmaps.width,
        maps: heatmaps.maps.map { $0.map { Packed.text($0.quantized(runs: $0.count).bytes) } },
        ranges: heatmaps.maps.map { map in
          let range = map.map { HeatmapPictures.range(of: $0) } ?? 0...0
          return [range.lowerBound, range.upperBound]
        })
    }
    panel = Custom(
      markup: "<div class=\"aggregates\"></div>",
      data: Contents(
        axes: [axes.word.name, axes.scale.name, axes.behind.name], items: items,
        colors: HeatmapPictures.colors.hexadecimal),
      pictures: [Picture(shown: run.picture)], axes: [axes.word, axes.scale, axes.behind],
      code: .aggregates)
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}
