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
  /// One panel stands for itself.
  public static func buildExpression(_ panel: any Panel) -> [any Panel] { [panel] }
  /// Panels that were made elsewhere.
  public static func buildExpression(_ panels: [any Panel]) -> [any Panel] { panels }
  /// What stands one after the other.
  public static func buildBlock(_ parts: [any Panel]...) -> [any Panel] { parts.flatMap { $0 } }
  /// `if` without `else`: nothing where the condition is false.
  public static func buildOptional(_ part: [any Panel]?) -> [any Panel] { part ?? [] }
  /// `if` with `else`: the panels of the first branch.
  public static func buildEither(first: [any Panel]) -> [any Panel] { first }
  /// `if` with `else`: the panels of the second branch.
  public static func buildEither(second: [any Panel]) -> [any Panel] { second }
  /// The panels of each turn of a `for` loop.
  public static func buildArray(_ parts: [[any Panel]]) -> [any Panel] { parts.flatMap { $0 } }
}

/// Panels side by side where there is room, one below the other where there is not.
public struct Row: Panel {
  private let panels: [any Panel]
  private let widths: [Double]

  /// - Parameters:
  ///   - widths: the share of each panel; equal when not given.
  ///   - panels: from left to right.
  public init(widths: [Double]? = nil, @PanelBuilder _ panels: () -> [any Panel]) {
    self.panels = panels()
    self.widths = widths ?? self.panels.map { _ in 1 }
    precondition(
      self.widths.count == self.panels.count,
      "\(self.widths.count) widths for \(self.panels.count) panels")
  }

  /// A flexible box with the markup of each panel, each by its share.
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
  /// A paragraph; live values and formulas in it move with the step.
  public init(_ prose: Prose) { self.prose = prose }
  /// The paragraph's markup.
  public func html(_ rendering: inout Rendering) -> HTML { "<p>\(prose.html(&rendering))</p>" }
}

/// A slider along an axis with play, speed and the keys ← → Home End and space.
///
/// It stays in sight as long as any of its section is.
public struct Timeline: Panel {
  private let axis: Axis
  /// A slider with one position for each of the axis.
  public init(_ axis: Axis) { self.axis = axis }

  /// The slider with its buttons, keyed to the axis by its number.
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
  /// A choice between the labels of the axis.
  public init(_ axis: Axis) { self.axis = axis }

  /// A group of radio buttons, one for each label.
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
  private let data: @Sendable () throws -> ScriptJSON
  private let pictures: [Picture]
  private let code: PanelCode

  /// An instrument of the page's own.
  /// - Parameters:
  ///   - markup: what the script finds in its element at the beginning.
  ///   - data: handed to the script as JSON; a page with data that cannot be encoded is not written.
  ///   - pictures: for `page.picture(n)`, in this order.
  ///   - axes: those that the script reads or moves, so that the page knows them.
  ///   - code: script and style sheet; see `PanelCode` for what the script is handed.
  public init(
    markup: HTML = "", data: some Encodable & Sendable, pictures: [Picture] = [], axes: [Axis] = [],
    code: PanelCode
  ) {
    self.markup = markup
    self.data = { try ScriptJSON(encoding: data) }
    self.pictures = pictures
    self.code = code
    self.axes = axes
  }

  private let axes: [Axis]

  /// The element with its markup; data, pictures and code go to the page through `rendering`.
  public func html(_ rendering: inout Rendering) -> HTML {
    for axis in axes { _ = rendering.index(of: axis) }
    let index = rendering.add(
      custom: code, data: Result { try data() }, pictures: pictures)
    return "<div class=\"custom\" data-custom=\"\(index)\">\(markup)</div>"
  }
}
