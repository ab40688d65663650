import Foundation
import Records

/// The self-contained page of an inspector: an instrument with a short text.
///
/// A page is described, not drawn. Whatever depends on a step or a choice is a `Varying` value over
/// an `Axis`; everything over the same axis moves together. Whatever shows the same `Quantity` has
/// one colour and lights up together.
///
/// ```swift
/// let t = Axis("timestep t", steps: [0, 500, 999])
/// let signal = Quantity("√ᾱ_t", "what is left of the picture", .signal)
/// let noise = Quantity("√{1 − ᾱ_t}", "how much noise there is", .noise)
/// let noisy = Quantity("x_t", "the picture after t steps")
///
/// let page = Page(
///   "Forward noising", number: 1, question: "What is left of a picture after t steps of noise?"
/// ) {
///   Section {
///     Row(widths: [2, 1]) {
///       Pictures([Figure(of: noisy, .over(t, pictures))])
///       Numbers("At this step", [Number(of: signal, .over(t, signalScales))])
///     }
///     Timeline(t)
///     LiveFormula("""
///       x_t = \(term: signal, value: .over(t, signalScales)) x_0
///       + \(term: noise, value: .over(t, noiseScales)) ε
///       """)
///     Chart(
///       "Signal and noise", x: .linear("timestep t"), y: .linear("scale"),
///       curves: [Curve(of: signal, x: timesteps, y: allSignalScales)], cursor: t)
///   }
/// }
/// ```
public struct Page: Sendable {
  /// The concept's name, in the browser's title as well.
  public let title: String
  /// Its place in the order in which a person learns; nil for a page that has none there.
  public let number: Int?
  /// The one question that the page answers.
  public let question: Prose
  /// In the order of reading; the first is the instrument.
  public let sections: [Section]
  /// What the page claims, measured: identities and findings.
  public let residuals: [Residual]
  /// Commands to try next.
  public let suggestions: [Suggestion]

  /// - Parameters:
  ///   - title: the concept's name.
  ///   - number: its place in the order in which a person learns.
  ///   - question: the one question that the page answers.
  ///   - residuals: each identity and each finding that the page claims, measured.
  ///   - suggestions: what to try next.
  ///   - sections: the first is the instrument.
  public init(
    _ title: String, number: Int? = nil, question: Prose, residuals: [Residual] = [],
    next suggestions: [Suggestion] = [], @SectionBuilder sections: () -> [Section]
  ) {
    self.title = title
    self.number = number
    self.question = question
    self.sections = sections()
    self.residuals = residuals
    self.suggestions = suggestions
  }

  /// The most bytes that a page's pictures take; the whole stays under 15 MB.
  public static let pictureLimit = 13_000_000
}

/// A part of a page under a heading of its own; the first needs none.
public struct Section: Sendable {
  let title: String?
  let panels: [any Panel]

  /// A section under a heading; nil for none.
  public init(_ title: String? = nil, @PanelBuilder _ panels: () -> [any Panel]) {
    self.title = title
    self.panels = panels()
  }
}

/// Lists sections one after another; `if` and `for` work.
@resultBuilder
public enum SectionBuilder {
  /// One section stands for itself.
  public static func buildExpression(_ section: Section) -> [Section] { [section] }
  /// Sections that were made elsewhere.
  public static func buildExpression(_ sections: [Section]) -> [Section] { sections }
  /// What stands one after the other.
  public static func buildBlock(_ parts: [Section]...) -> [Section] { parts.flatMap { $0 } }
  /// `if` without `else`: nothing where the condition is false.
  public static func buildOptional(_ part: [Section]?) -> [Section] { part ?? [] }
  /// `if` with `else`: the sections of the first branch.
  public static func buildEither(first: [Section]) -> [Section] { first }
  /// `if` with `else`: the sections of the second branch.
  public static func buildEither(second: [Section]) -> [Section] { second }
  /// The sections of each turn of a `for` loop.
  public static func buildArray(_ parts: [[Section]]) -> [Section] { parts.flatMap { $0 } }
}

/// What a page claims, with the number that was measured in this run.
public struct Residual: Sendable {
  /// How much a claim may be relied on, and so what it means when it does not hold.
  public enum Kind: Sendable {
    /// True by mathematics or by construction, up to rounding or chance: a residual beyond its bound
    /// is a fault of the program.
    case identity
    /// What was seen on the shipped models and pictures, and may be otherwise on others.
    case finding
  }

  /// What is claimed, in words: what is equal to what, and how the difference is measured.
  public let identity: Prose
  /// The number that was measured in this run, in the unit that the words name.
  public let measured: Double
  /// The most that `measured` may be.
  public let bound: Double
  /// A claim that must hold, or what was seen on the shipped models.
  public let kind: Kind

  /// - Parameters:
  ///   - identity: what is equal to what, and how the difference is measured.
  ///   - measured: the difference that the run found.
  ///   - bound: the most that rounding may leave; of a finding, the most that was expected.
  ///   - kind: whether it must hold, or was found for these models.
  public init(_ identity: Prose, measured: Double, bound: Double, kind: Kind = .identity) {
    (self.identity, self.measured, self.bound, self.kind) = (identity, measured, bound, kind)
  }

  /// False as well when the residual is no number.
  public var holds: Bool { measured <= bound }
}

/// A command that a reader may try next, and why.
public struct Suggestion: Sendable {
  package let command: CommandLineText
  let reason: Prose

  /// A command of this project with its arguments, and what a reader learns from it.
  public init(_ executable: String, _ arguments: [String] = [], because reason: Prose) {
    command = CommandLineText(executable: executable, arguments: arguments)
    self.reason = reason
  }
}
