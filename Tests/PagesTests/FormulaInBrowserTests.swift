import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("Formulas in a browser") struct FormulaInBrowserTests {
  private static let root = Quantity("√{α_t (1 − ᾱ_{t−1})}", "a long term", .signal)
  private static let long: Math =
    "ε′ = (55 ε_0 − 59 ε_1 + 37 ε_2 − 9 ε_3) / 24 + (x_{t−1} − √ᾱ_{t−1} x̂_0) / √{1 − ᾱ_{t−1}}"

  private static var page: Page {
    Page("Formulas", question: "Is \(math: long) in its place?") {
      Section {
        LiveFormula(
          """
          x_t = \(term: root, value: .fixed(0.25)) z_1 + ( \(fraction: "β_t", "√{1 − ᾱ_t}") ) \
          \(term: Quantity("σ", "a short term", .noise), value: .fixed(0.5))
          """)
      }
    }
  }

  private func withPage(width: Int, _ body: (BrowserPage) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index.html").path
      try Self.page.html(
        command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic
      )
      .write(toFile: path, atomically: true, encoding: .utf8)
      try withBrowserPage(path, width: width) { page in
        let _: Bool = try page.evaluate("document.fonts.ready.then(() => true)")
        try body(page)
      }
    }
  }

  @Test("come in the font that the page brings along, and in no other")
  func font() throws {
    try withPage(width: 1280) { page in
      let fonts: String = try page.evaluate(
        "[...document.fonts].map(font => font.family.replaceAll('\"', '') + ' ' + font.status).join()"
      )
      #expect(fonts == "Inspector Math loaded")
      #expect(try page.problems() == [])
      for selector in [".formula math", ".question math"] {
        let used = try page.fonts(of: selector + " mi").union(page.fonts(of: selector + " mo"))
        #expect(used == ["Inspector Math"])
      }
    }
  }

  @Test("lower their subscripts and stretch their brackets, roots and braces")
  func places() throws {
    try withPage(width: 1280) { page in
      let places: Places = try page.evaluate(
        """
        (() => {
          const box = element => element.getBoundingClientRect();
          const middle = element => (box(element).top + box(element).bottom) / 2;
          const shifts = [...document.querySelectorAll(".formula msub")].map(({ children: [base, sub] }) =>
            (middle(sub) - middle(base)) / parseFloat(getComputedStyle(base).fontSize));
          const terms = [...document.querySelectorAll(".term > munder")].map(term =>
            box(term).width / box(term.firstElementChild).width);
          const drawn = [...document.querySelectorAll(".term > munder")].every(term =>
            getComputedStyle(term).backgroundImage.includes("radial-gradient"));
          const fraction = document.querySelector(".formula mfrac");
          const bracket = fraction.previousElementSibling;
          const root = document.querySelector(".formula msqrt");
          return {
            shifts, terms, drawn, bracket: box(bracket).height / box(fraction).height,
            root: box(root).height / box(root.firstElementChild).height,
          };
        })()
        """)
      #expect(places.shifts.count >= 6 && places.shifts.allSatisfy { (0.15...0.6).contains($0) })
      #expect(places.drawn && places.terms.allSatisfy { $0 >= 1 })
      #expect(places.bracket > 0.9 && places.root > 1)
    }
  }

  private struct Places: Decodable {
    var shifts: [Double]
    var terms: [Double]
    var drawn: Bool
    var bracket: Double
    var root: Double
  }

  @Test("break between their operators rather than widen a phone's page")
  func phone() throws {
    try withPage(width: 360) { page in
      let width: Int = try page.evaluate("document.scrollingElement.scrollWidth")
      let pieces: Int = try page.evaluate("document.querySelectorAll('.question math').length")
      #expect(width <= 360 && pieces > 2)
    }
  }
}
