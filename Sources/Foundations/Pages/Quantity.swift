import Foundation

/// One colour per idea, the same on every page, told apart by colour-blind eyes.
public enum Idea: String, Sendable, CaseIterable {
  /// The signal x_0 and what is left of it: blue.
  case signal
  /// Noise: orange.
  case noise
  /// Text and other conditions: green.
  case condition
  /// What a model predicts: purple.
  case prediction
  /// Errors and residuals: red.
  case error
  /// What belongs to none of these: the colour of the text.
  case neutral
}

/// Something that a page shows in several places: in a formula, as a picture, as a curve, as a
/// number. All of them carry its symbol and colour, and pointing at one lights up the others.
public struct Quantity: Sendable {
  /// As formulas write it.
  public let symbol: Math
  /// In words, short: "what is left of the picture".
  public let name: String
  /// Which colour it has.
  public let idea: Idea

  /// A quantity by its symbol and its name in words.
  public init(_ symbol: Math, _ name: String, _ idea: Idea = .neutral) {
    self.symbol = symbol
    self.name = name
    self.idea = idea
  }

  /// By which the parts of a page find each other.
  var id: String { symbol.plain + " " + name }

  /// The attributes of an element that shows this quantity.
  var attributes: HTML { " data-quantity=\"\(id)\" data-idea=\"\(idea.rawValue)\"" }
}

/// What a reader moves along: timesteps, or a choice between schedules, layers or words.
///
/// Everything on a page that varies over an axis moves with it.
public struct Axis: Sendable, Equatable {
  /// What it is called in labels: "timestep t".
  public let name: String
  /// What the reader sees at each position: "500".
  public let labels: [String]
  /// Where each position lies on the x axis of a chart.
  public let values: [Double]
  /// The position at which the page opens.
  public let start: Int
  /// Steps have an order; of a choice nothing may be left out.
  public let isOrdered: Bool

  /// Steps with a number each, in the order in which the reader walks through them.
  /// - Precondition: at least one value, `start` is one of the positions.
  public init(_ name: String, values: [Double], labels: [String]? = nil, start: Int = 0) {
    let labels = labels ?? values.map { NumberFormat.automatic.text($0) }
    self.init(name, values: values, labels: labels, start: start, isOrdered: true)
  }

  /// Timesteps or other whole numbers.
  public init(_ name: String, steps: [Int], start: Int = 0) {
    self.init(name, values: steps.map(Double.init), labels: steps.map(String.init), start: start)
  }

  /// A choice between names.
  public init(_ name: String, choices: [String], start: Int = 0) {
    self.init(
      name, values: choices.indices.map(Double.init), labels: choices, start: start,
      isOrdered: false)
  }

  private init(
    _ name: String, values: [Double], labels: [String], start: Int, isOrdered: Bool
  ) {
    precondition(
      !values.isEmpty && labels.count == values.count && values.indices.contains(start),
      "axis \(name): \(values.count) values, \(labels.count) labels, start \(start)")
    (self.name, self.values, self.labels) = (name, values, labels)
    (self.start, self.isOrdered) = (start, isOrdered)
  }

  /// How many positions it has.
  public var count: Int { values.count }
}

/// A value for every position of the axes that it depends on, or one value for all.
public struct Varying<Value: Sendable>: Sendable {
  /// What the value depends on; none for one value for all.
  public let axes: [Axis]
  /// Row-major: the last axis moves fastest.
  public let values: [Value]

  /// - Precondition: one value for each combination of positions.
  public init(axes: [Axis], values: [Value]) {
    let count = axes.map(\.count).reduce(1, *)
    precondition(
      values.count == count, "\(values.count) values for \(count) positions of \(axes.map(\.name))")
    (self.axes, self.values) = (axes, values)
  }

  /// The same everywhere.
  public static func fixed(_ value: Value) -> Varying { Varying(axes: [], values: [value]) }

  /// One value for each position of `axis`.
  public static func over(_ axis: Axis, _ values: [Value]) -> Varying {
    Varying(axes: [axis], values: values)
  }

  /// One list for each position of `outer`, with one value for each position of `inner`.
  public static func over(_ outer: Axis, _ inner: Axis, _ values: [[Value]]) -> Varying {
    Varying(axes: [outer, inner], values: values.flatMap { $0 })
  }

  /// Every value transformed, over the same axes.
  public func map<Other>(_ transform: (Value) throws -> Other) rethrows -> Varying<Other> {
    Varying<Other>(axes: axes, values: try values.map(transform))
  }
}

extension Varying where Value == Double {
  /// The values as text, all in the format that suits the whole series.
  func texts(_ format: NumberFormat) -> Varying<String> {
    let format = format.resolved(for: values)
    return map { format.text($0) }
  }
}
