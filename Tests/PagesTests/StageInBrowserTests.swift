import Foundation
import TestSupport
import Testing

@Suite("The stage view and the paper, in a browser") struct StageInBrowserTests {
  @Test("P shows pictures, slider, formula and a chart on one screen, and Escape puts them back")
  func stage() throws {
    try DemoPage.inBrowser { page in
      try page.resize(width: 1920, height: 1080)
      let order =
        "[...document.querySelectorAll('main :is(section, figure, table, .row > *, .timeline, .formula)')]"
        + ".map(e => e.tagName + e.className.replace('current', '')).join()"
      let before: String = try page.evaluate(order)
      try page.press("p")
      let stage = try Stage(page)
      #expect(stage.parts == 4 && stage.outside == [])
      #expect(stage.type >= 24 && stage.pictures > 250 && stage.chart > 300)
      let first: String = try page.evaluate(
        "document.querySelector('.stage .position b').textContent")
      try page.press("ArrowRight")
      let second: String = try page.evaluate(
        "document.querySelector('.stage .position b').textContent")
      #expect(first == "300" && second == "350")
      try page.press("c")
      #expect(try Stage(page).title == "Signal-to-noise ratio")
      try page.press("Escape")
      #expect(try page.evaluate("document.querySelector('.stage') === null"))
      let after: String = try page.evaluate(order)
      #expect(after == before)
      try page.click(".to-stage")
      #expect(try Stage(page).parts == 4)
      #expect(try page.problems() == [])
    }
  }

  private struct Stage: Decodable {
    var parts: Int
    /// What does not fit the screen.
    var outside: [String]
    var type: Double
    var pictures: Double
    var chart: Double
    var title: String

    init(_ page: BrowserPage) throws {
      self = try page.evaluate(
        """
        (() => {
          const find = selector => [...document.querySelector(".stage").querySelectorAll(selector)];
          const parts = find(".pictures, .timeline, .formula, .chart");
          const boxes = parts.concat(find("figure, .keys")).map(e => [e, e.getBoundingClientRect()]);
          return {
            parts: parts.length,
            outside: boxes.filter(([, box]) => box.left < 0 || box.top < 0 || box.right > innerWidth
              || box.bottom > innerHeight || !box.height).map(([element]) => element.className),
            type: parseFloat(getComputedStyle(find("figcaption")[0]).fontSize),
            pictures: find(".pictures img")[0].getBoundingClientRect().height,
            chart: find(".plot svg")[0].getBoundingClientRect().height,
            title: find(".chart figcaption")[0].textContent,
          };
        })()
        """)
    }
  }

  @Test("on paper nothing is cut off, and a dark setting prints dark ink on white")
  func paper() throws {
    try DemoPage.inBrowser { page in
      try page.setColours(dark: true, print: true)
      // The width of A4 between its margins.
      try page.resize(width: 688, height: 1000)
      let cut: [String] = try page.evaluate(
        """
        [...document.querySelectorAll("body *")].filter(element => {
          const box = element.getBoundingClientRect();
          return box.width && !element.closest("math, svg") && (box.right > innerWidth + 1
            || element.scrollWidth > element.clientWidth + 1
              && getComputedStyle(element).overflowX !== "visible");
        }).map(element => element.tagName + "." + element.className)
        """)
      #expect(cut == [])
      let colours: String = try page.evaluate(
        """
        [document.documentElement, document.body].map((element, i) =>
          getComputedStyle(element)[i ? "color" : "backgroundColor"]).join(" on ")
        """)
      #expect(colours == "rgb(255, 255, 255) on rgb(0, 0, 0)")
      #expect(
        try page.evaluate("getComputedStyle(document.querySelector('.play')).display") == "none")
    }
  }
}
