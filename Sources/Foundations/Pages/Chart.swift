import Foundation

/// One axis of a chart.
public struct Scale: Sendable {
  /// How values lie along the axis: evenly, or by their logarithm.
  public enum Kind: String, Sendable, Encodable {
    /// Evenly.
    case linear
    /// By powers of ten.
    case log
    /// By powers of two.
    case log2
  }

  let label: Prose
  let kind: Kind
  let range: ClosedRange<Double>?
  let isReversed: Bool

  /// - Parameters:
  ///   - label: what lies along the axis, with its unit.
  ///   - range: fixed ends; otherwise what the data needs.
  ///   - reversed: large values first.
  public static func linear(
    _ label: Prose, in range: ClosedRange<Double>? = nil, reversed: Bool = false
  ) -> Scale { Scale(label: label, kind: .linear, range: range, isReversed: reversed) }

  /// A logarithmic scale; what is not positive is left out.
  public static func log(
    _ label: Prose, in range: ClosedRange<Double>? = nil, reversed: Bool = false
  ) -> Scale { Scale(label: label, kind: .log, range: range, isReversed: reversed) }

  /// A logarithmic scale of what doubles, with a tick at every power of two: 1, 2, 4, 8.
  public static func log2(_ label: Prose, in range: ClosedRange<Double>? = nil) -> Scale {
    Scale(label: label, kind: .log2, range: range, isReversed: false)
  }
}

/// One series of a chart.
public struct Curve: Sendable {
  /// How a series is drawn: each point by itself, or joined.
  public enum Style: String, Sendable, Encodable {
    /// The points, joined.
    case line
    /// The same in dashes.
    case dashed
    /// Each point by itself.
    case points
    /// A bar up to each point, from 0 where the scale is linear.
    case bars
    /// A line with the ground below it filled.
    case area
  }

  let quantity: Quantity
  let x: Varying<[Double]>
  let y: Varying<[Double]>
  let style: Style
  /// The curve stands for one position of an axis: emphasised there, pale elsewhere. A few such
  /// curves of no other idea have each a colour, dashes and a label of their own.
  let choice: (axis: Axis, position: Int)?

  /// - Parameters:
  ///   - quantity: what is drawn.
  ///   - x: of the points, in order.
  ///   - y: of the points, as many; what is not finite is a gap.
  ///   - style: line, points, bars or area.
  ///   - choice: the position of an axis that this curve belongs to; a click on its name goes
  ///     there.
  /// - Precondition: as many x as y.
  public init(
    of quantity: Quantity, x: Varying<[Double]>, y: Varying<[Double]>, style: Style = .line,
    choice: (axis: Axis, position: Int)? = nil
  ) {
    let lengths = Set((x.values + y.values).map(\.count))
    precondition(lengths.count == 1, "curve \(quantity.name): lists of \(lengths.sorted()) points")
    (self.quantity, self.x, self.y, self.style) = (quantity, x, y, style)
    self.choice = choice
  }

  /// The same for a curve that stays as it is, whatever step the reader looks at.
  public init(
    of quantity: Quantity, x: [Double], y: [Double], style: Style = .line,
    choice: (axis: Axis, position: Int)? = nil
  ) {
    self.init(of: quantity, x: .fixed(x), y: .fixed(y), style: style, choice: choice)
  }
}

/// A line or a band across a chart that marks a value of x or y.
public struct Marker: Sendable {
  enum Direction: String, Sendable, Encodable { case x, y }

  let label: String
  let direction: Direction
  let from: Varying<Double>
  let to: Varying<Double>?
  let idea: Idea

  /// A vertical line at a value of x, with its label; it may move with the step.
  public static func x(_ value: Varying<Double>, _ label: String, _ idea: Idea = .neutral) -> Marker
  {
    Marker(label: label, direction: .x, from: value, to: nil, idea: idea)
  }

  /// A horizontal line at a value of y, with its label; it may move with the step.
  public static func y(_ value: Varying<Double>, _ label: String, _ idea: Idea = .neutral) -> Marker
  {
    Marker(label: label, direction: .y, from: value, to: nil, idea: idea)
  }

  /// A band over a range of x, as high as the chart.
  public static func region(
    x range: ClosedRange<Double>, _ label: String, _ idea: Idea = .neutral
  ) -> Marker {
    Marker(
      label: label, direction: .x, from: .fixed(range.lowerBound), to: .fixed(range.upperBound),
      idea: idea)
  }
}

/// Curves over common axes, with a cursor at the current step and the values under the pointer.
public struct Chart: Panel {
  private let title: Prose
  private let x: Scale
  private let y: Scale
  private let curves: [Curve]
  private let markers: [Marker]
  private let cursor: Axis?
  private let isSquare: Bool

  /// - Parameters:
  ///   - title: above the chart.
  ///   - x: the horizontal scale.
  ///   - y: the vertical scale.
  ///   - curves: one or more, each with its name.
  ///   - markers: single places to point out.
  ///   - cursor: the axis whose values lie along x: a line marks the current one, and pressing or
  ///     dragging in the chart moves along it.
  ///   - square: as high as wide with the same scale on both axes, for points of a plane.
  public init(
    _ title: Prose, x: Scale, y: Scale, curves: [Curve], markers: [Marker] = [],
    cursor: Axis? = nil, square: Bool = false
  ) {
    (self.title, self.x, self.y, self.curves) = (title, x, y, curves)
    (self.markers, self.cursor, self.isSquare) = (markers, cursor, square)
  }

  /// The figure with its legend; the curves themselves go to the page's script through `rendering`.
  public func html(_ rendering: inout Rendering) -> HTML {
    let index = rendering.add(chart: data(&rendering))
    let legend = curves.enumerated().map { position, curve -> HTML in
      let quantity = curve.quantity
      let series: HTML = series(of: curve).map { " data-series=\"\($0)\"" } ?? ""
      let swatch: HTML =
        series == "" || curve.style == .points
        ? "<i class=\"\(curve.style.rawValue)\"></i>"
        : "<svg class=\"swatch\" aria-hidden=\"true\"><path d=\"M0 4H34\"/></svg>"
      return """
        <li\(quantity.attributes)\(series) data-curve="\(position)" title="\(quantity.name)">\
        \(swatch)\(quantity.symbol.html(&rendering))<b></b></li>
        """
    }
    let others = curves.count { $0.choice != nil } - 1
    let rest: HTML = areAlike ? "<li class=\"rest\">pale: the \(others) others</li>" : ""
    return """
      <figure class="chart" data-chart="\(index)"><figcaption>\(title.html(&rendering))</figcaption>\
      <ul class="legend\(areAlike ? " alike" : "")">\(legend)\(rest)</ul><div class="y-label">\(y.label.html(&rendering))</div>\
      <div class="plot"></div><div class="x-label">\(x.label.html(&rendering))</div></figure>
      """
  }

  /// As many looks as the style sheet has for curves of one family.
  private static let looks = 6

  private func series(of curve: Curve) -> Int? {
    let family = curves.filter { $0.choice != nil }
    guard let choice = curve.choice, family.count > 1, family.count <= Self.looks,
      family.allSatisfy({ $0.quantity.idea == .neutral })
    else { return nil }
    return choice.position % Self.looks
  }

  /// Whether curves to choose from cannot be told apart by their looks: the legend then names the chosen
  /// one.
  private var areAlike: Bool {
    let family = curves.filter { $0.choice != nil && series(of: $0) == nil }
    return family.count > 1 && Set(family.map(\.quantity.idea)).count < family.count
  }

  private func data(_ rendering: inout Rendering) -> ChartData {
    ChartData(
      title: title.plain, x: ChartData.Scale(x), y: ChartData.Scale(y),
      curves: curves.map { curve in
        ChartData.Curve(
          quantity: curve.quantity.id, idea: curve.quantity.idea.rawValue,
          style: curve.style, x: rendering.varying(curve.x.map(ChartData.rounded)),
          y: rendering.varying(curve.y.map(ChartData.rounded)),
          choice: curve.choice.map { [rendering.index(of: $0.axis), $0.position] },
          series: series(of: curve), label: curve.quantity.name)
      },
      markers: markers.map { marker in
        ChartData.Marker(
          label: marker.label, direction: marker.direction, idea: marker.idea.rawValue,
          from: rendering.varying(marker.from.map(ChartData.rounded)),
          to: marker.to.map { rendering.varying($0.map(ChartData.rounded)) })
      },
      cursor: cursor.map { rendering.index(of: $0) }, square: isSquare)
  }
}

/// A chart as the page's script reads it.
struct ChartData: Encodable, Sendable {
  struct Scale: Encodable, Sendable {
    var kind: Pages.Scale.Kind
    var range: [Double]?
    var reversed: Bool

    init(_ scale: Pages.Scale) {
      kind = scale.kind
      range = scale.range.map { [$0.lowerBound, $0.upperBound] }
      reversed = scale.isReversed
    }
  }

  struct Curve: Encodable, Sendable {
    var quantity: String
    var idea: String
    var style: Pages.Curve.Style
    var x: VaryingData<[Double?]>
    var y: VaryingData<[Double?]>
    var choice: [Int]?
    var series: Int?
    var label: String
  }

  struct Marker: Encodable, Sendable {
    var label: String
    var direction: Pages.Marker.Direction
    var idea: String
    var from: VaryingData<Double?>
    var to: VaryingData<Double?>?
  }

  var title: String
  var x: Scale
  var y: Scale
  var curves: [Curve]
  var markers: [Marker]
  var cursor: Int?
  var square: Bool

  static func rounded(_ values: [Double]) -> [Double?] { values.map(rounded) }

  /// Six significant digits: more than a chart can show. What is not finite becomes a gap.
  static func rounded(_ value: Double) -> Double? {
    guard value.isFinite, value != 0 else { return value.isFinite ? 0 : nil }
    let scale = pow(10, 5 - log10(abs(value)).rounded(.down))
    guard scale.isFinite, scale > 0 else { return value }
    return (value * scale).rounded() / scale
  }
}

/// Values over axes, as the page's script reads them.
struct VaryingData<Value: Encodable & Sendable>: Encodable, Sendable {
  var axes: [Int]
  var values: [Value]
}
