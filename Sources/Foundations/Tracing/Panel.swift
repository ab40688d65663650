/// A part of a page: pictures, a chart, numbers, a formula, a control.
///
/// The panels of this module cover what inspectors show; `Custom` is the hook for an instrument that
/// only one page has.
public protocol Panel: Sendable {
  /// The panel's markup; what moves with an axis is left with `rendering`.
  func html(_ rendering: inout Rendering) -> HTML
}

/// Lists panels one after another; `if` and `for` work.
@resultBuilder
public enum PanelBuilder {
  public static func buildExpression(_ panel: any Panel) -> [any Panel] { [panel] }
  public static func buildExpression(_ panels: [any Panel]) -> [any Panel] { panels }
  public static func buildBlock(_ parts: [any Panel]...) -> [any Panel] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any Panel]?) -> [any Panel] { part ?? [] }
  public static func buildEither(first: [any Panel]) -> [any Panel] { first }
  public static func buildEither(second: [any Panel]) -> [any Panel] { second }
  public static func buildArray(_ parts: [[any Panel]]) -> [any Panel] { parts.flatMap { $0 } }
}

/// Panels side by side where there is room, one below the other where there is not.
public struct Row: Panel {
  private let panels: [any Panel]
  private let widths: [Double]

  /// - Parameter widths: the share of each panel; equal when not given.
  public init(widths: [Double]? = nil, @PanelBuilder _ panels: () -> [any Panel]) {
    self.panels = panels()
    self.widths = widths ?? self.panels.map { _ in 1 }
    precondition(
      self.widths.count == self.panels.count,
      "\(self.widths.count) widths for \(self.panels.count) panels")
  }

  public func html(_ rendering: inout Rendering) -> HTML {
    let cells = zip(panels, widths).map { panel, width -> HTML in
      "<div style=\"--share:\(NumberFormat.decimals(2).text(width))\">\(panel.html(&rendering))</div>"
    }
    return "<div class=\"row\">\(cells)</div>"
  }
}

/// A short paragraph.
public struct Text: Panel {
  private let prose: Prose
  public init(_ prose: Prose) { self.prose = prose }
  public func html(_ rendering: inout Rendering) -> HTML { "<p>\(prose.html(&rendering))</p>" }
}

/// A slider along an axis with play, speed and the keys ← → Home End and space.
///
/// It stays in sight as long as any of its section is.
public struct Timeline: Panel {
  private let axis: Axis
  public init(_ axis: Axis) { self.axis = axis }

  public func html(_ rendering: inout Rendering) -> HTML {
    let index = rendering.index(of: axis)
    let label: HTML = "\(axis.name)"
    let words = Prose(words: axis.name).html(&rendering)
    return """
      <div class="timeline" data-axis="\(index)" role="group" aria-label="\(label)">
      <button type="button" class="play" aria-label="Play" title="Play (space)"></button>
      <div class="track"><input type="range" min="0" max="\(axis.count - 1)" step="1" \
      value="\(axis.start)" aria-label="\(label)"><div class="ticks" aria-hidden="true"></div></div>
      <output class="position"><span>\(words)</span> <b></b></output>
      <button type="button" class="speed" aria-label="Speed" title="Speed of play">1×</button>
      </div>
      """
  }
}

/// Names side by side of which one is chosen: a schedule, a layer, a word.
public struct Choice: Panel {
  private let axis: Axis
  public init(_ axis: Axis) { self.axis = axis }

  public func html(_ rendering: inout Rendering) -> HTML {
    let index = rendering.index(of: axis)
    let group = rendering.uniqueName("choice")
    let words = Prose(words: axis.name).html(&rendering)
    let options = axis.labels.enumerated().map { position, label -> HTML in
      let checked: HTML = position == axis.start ? " checked" : ""
      return """
        <label><input type="radio" name="\(group)" value="\(position)" aria-label="\(label)"\(checked)>\
        <span>\(Prose(words: label).html(&rendering))</span></label>
        """
    }
    return """
      <fieldset class="choice" data-axis="\(index)"><legend>\(words)</legend>\(options)</fieldset>
      """
  }
}

/// A special instrument of one page: its own markup, data and code.
public struct Custom: Panel {
  private let markup: HTML
  private let data: @Sendable () throws -> JSONValue
  private let pictures: [Picture]
  private let code: PanelCode

  public init(
    markup: HTML = "", data: some Encodable & Sendable, pictures: [Picture] = [], axes: [Axis] = [],
    code: PanelCode
  ) {
    self.markup = markup
    self.data = { try JSONValue(encoding: data) }
    self.pictures = pictures
    self.code = code
    self.axes = axes
  }

  private let axes: [Axis]

  public func html(_ rendering: inout Rendering) -> HTML {
    for axis in axes { _ = rendering.index(of: axis) }
    let index = rendering.add(
      custom: code, data: (try? data()) ?? .null, pictures: pictures)
    return "<div class=\"custom\" data-custom=\"\(index)\">\(markup)</div>"
  }
}
