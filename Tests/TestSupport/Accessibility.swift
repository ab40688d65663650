import Foundation

/// What `BrowserPage.accessibilityProblems()` finds at a page from disk.
public func accessibilityProblems(ofPage path: String) throws -> [String] {
  try withBrowserPage(path) { try $0.accessibilityProblems() }
}

/// What keeps some readers from a page, by axe-core: the rules of WCAG 2.0, 2.1 and 2.2, levels A and
/// AA.
extension BrowserPage {
  /// Opens every fold and looks at the page in light and in dark colours, on a phone that is 390
  /// pixels wide, and at its stage view. The reader's setting is light and 1280 pixels afterwards.
  /// - Returns: a line for each element that breaks a rule; none when all is well.
  /// - Throws: `AccessibilityError` where axe-core is not there.
  public func accessibilityProblems() throws -> [String] {
    try run(try Axe.script.get())
    try run("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    // The dark setting changes colours alone; a narrow page changes everything but these.
    var problems = try look("light", .contrast) + look("light", .structure)
    problems += try look("dark", dark: true, .contrast)
    problems += try look("phone", width: 390, .structure)
    try setUp(dark: false, width: 1280)
    if try evaluate("Boolean(document.querySelector('.to-stage'))") {
      try press("p")
      problems += try look("stage", .structure, within: ".stage")
      try press("Escape")
    }
    return problems
  }

  private enum Rules {
    /// Text against what is behind it. In formulas and charts axe-core cannot tell; their colours are
    /// those of the style sheet, which have a test of their own.
    case contrast
    /// All the others.
    case structure
  }

  private func setUp(dark: Bool, width: Int) throws {
    try setColours(dark: dark)
    try resize(width: width, height: 800)
    // Two frames, so that what follows the size has been drawn.
    _ = try evaluate(
      "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))",
      as: Bool.self)
  }

  private func look(
    _ name: String, dark: Bool = false, width: Int = 1280, _ rules: Rules, within: String = "html"
  ) throws -> [String] {
    try setUp(dark: dark, width: width)
    let (exclude, options) =
      switch rules {
      case .contrast: ("['.plot'], ['math']", "runOnly: ['color-contrast']")
      case .structure:
        (
          "",
          """
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
          rules: { "color-contrast": { enabled: false } }
          """
        )
      }
    return try evaluate(
      """
      axe.run({ include: [["\(within)"]], exclude: [\(exclude)] }, { resultTypes: ["violations"], \(options) })
        .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(node =>
          `\(name): ${id}: ${node.html.slice(0, 120)}: ${node.failureSummary.split("\\n").pop().trim()}`)))
      """)
  }
}

/// Why a page could not be checked.
public enum AccessibilityError: Error, CustomStringConvertible {
  case notThere(String)

  public var description: String {
    switch self {
    case .notThere(let path): "no \(path) (`make setup-test` fetches it): pages are not checked"
    }
  }
}

private enum Axe {
  static let script = Result {
    let path = Repository.path(".build/axe/axe.min.js")
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw AccessibilityError.notThere(path)
    }
    return text
  }
}
