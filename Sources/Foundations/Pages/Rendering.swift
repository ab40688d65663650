import Diagnostics
import Foundation

/// What a page gathers while its panels are rendered: its axes, the pictures and texts that move
/// with them, the charts and the special instruments.
public struct Rendering {
  private(set) var axes: [Axis] = []
  private var texts: [VaryingData<String>] = []
  private var films = Films()
  private var charts: [ChartData] = []
  private var customs: [(code: PanelCode, data: Result<ScriptJSON, any Error>, pictures: [Int])] =
    []
  private var names = 0

  /// The number by which the script knows `axis`; the same axis has the same number everywhere.
  mutating func index(of axis: Axis) -> Int {
    if let index = axes.firstIndex(where: { $0.name == axis.name }) {
      precondition(axes[index] == axis, "two axes are called \(axis.name)")
      return index
    }
    axes.append(axis)
    return axes.count - 1
  }

  mutating func varying<Value>(_ value: Varying<Value>) -> VaryingData<Value> {
    VaryingData(axes: value.axes.map { index(of: $0) }, values: value.values)
  }

  /// Where a text that is shorter than others gets spaces, so that nothing jumps.
  enum Padding { case none, before, around }

  /// A text that changes with its axes.
  /// - Parameter padding: what keeps the width of the longest.
  mutating func live(
    _ text: Varying<String>, element: String = "span", padding: Padding = .none
  ) -> HTML {
    let longest = text.values.map(\.count).max() ?? 0
    let text = text.map { Self.padded($0, to: longest, padding) }
    guard !text.axes.isEmpty else {
      return HTML(markup: "<\(element) class=\"value\">") + "\(text.values[0])"
        + HTML(markup: "</\(element)>")
    }
    texts.append(varying(text))
    let index: HTML = "\(texts.count - 1)"
    return HTML(markup: "<\(element) class=\"value\" data-text=\"\(index.text)\"></\(element)>")
  }

  private static func padded(_ text: String, to length: Int, _ padding: Padding) -> String {
    let count = max(length - text.count, 0)
    let before =
      switch padding {
      case .none: 0
      case .before: count
      case .around: count / 2
      }
    let after = padding == .around ? count - before : 0
    func spaces(_ count: Int) -> String { String(repeating: "\u{2007}", count: count) }
    return spaces(before) + text + spaces(after)
  }

  mutating func image(_ picture: Varying<Picture>, alt: String) -> HTML {
    for axis in picture.axes { _ = index(of: axis) }
    let first = picture.values[0]
    let film = films.add(picture)
    let style: HTML = first.frameStyle.map { " style=\"\($0)\"" } ?? ""
    return """
      <div class="frame \(first.kind.rawValue)"\(style)><img data-film="\(film)" \
      width="\(first.width)" height="\(first.height)" alt="\(alt)" decoding="sync"></div>
      """
  }

  mutating func add(chart: ChartData) -> Int {
    charts.append(chart)
    return charts.count - 1
  }

  mutating func add(
    custom code: PanelCode, data: Result<ScriptJSON, any Error>, pictures: [Picture]
  ) -> Int {
    customs.append((code, data, films.addFixed(pictures)))
    return customs.count - 1
  }

  mutating func uniqueName(_ stem: String) -> String {
    names += 1
    return "\(stem)-\(names)"
  }
}

// MARK: - What the script reads

extension Rendering {
  /// The page's data, and the code of its special instruments.
  struct Output {
    var data: ScriptJSON
    /// The scripts of the special instruments, in order.
    var scripts: [String]
    /// Their style sheets, each once.
    var styles: [String]
    /// Every how many-th frame of the films is held; 1 when all are.
    var thinning: Int
  }

  private struct AxisData: Encodable {
    var name: String
    var labels: [String]
    var values: [Double?]
    var start: Int
  }

  private struct Everything: Encodable {
    var axes: [AxisData]
    var texts: [VaryingData<String>]
    var films: [Films.FilmData]
    var charts: [ChartData]
    var customs: [[Int]]
  }

  private static func encoded(_ data: Result<ScriptJSON, any Error>) throws -> ScriptJSON {
    do { return try data.get() } catch { throw PanelDataError(reason: "\(error)") }
  }

  /// - Parameter limit: the most bytes that the pictures may take.
  /// - Throws: `PanelDataError`.
  func output(limit: Int) throws -> Output {
    let shown = films.output(limit: limit) { axis in
      axes.firstIndex { $0.name == axis.name } ?? 0
    }
    let everything = Everything(
      axes: axes.map {
        AxisData(
          name: $0.name, labels: $0.labels, values: $0.values.map(ChartData.rounded),
          start: $0.start)
      },
      texts: texts, films: shown.films, charts: charts, customs: customs.map(\.pictures))
    let data = ScriptJSON(array: [
      try ScriptJSON(encoding: everything), try ScriptJSON(encoding: shown.pictures),
      ScriptJSON(array: try customs.map { try Self.encoded($0.data) }),
    ])
    var styles: [String] = []
    for style in customs.map(\.code.style) where !style.isEmpty && !styles.contains(style) {
      styles.append(style)
    }
    return Output(
      data: data, scripts: customs.map(\.code.script), styles: styles, thinning: shown.thinning)
  }
}

/// An instrument's data that is no JSON: the page would show nothing in its place.
public struct PanelDataError: PersonFacingError, Equatable {
  let reason: String

  /// A fault of the program, 70.
  public var exitStatus: ExitStatus { .brokenIdentity }

  /// What is wrong in one line.
  public var description: String { "the data of an instrument cannot be encoded: \(reason)" }
}
