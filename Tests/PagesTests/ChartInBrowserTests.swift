import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("A chart in a browser") struct ChartInBrowserTests {
  private let stop = Axis("stop", steps: Array(0...4))
  private let member = Axis("member", choices: (0..<8).map { "m\($0)" }, start: 2)

  private func curve(
    _ x: [Double], _ y: [Double], style: Curve.Style = .line, _ name: String = "y",
    choice: (Axis, Int)? = nil
  ) -> Curve {
    Curve(of: Quantity("y", name), x: x, y: y, style: style, choice: choice)
  }

  /// Opens a page with these charts.
  private func withCharts(
    @PanelBuilder _ panels: () -> [any Panel], _ body: (BrowserPage) throws -> Void
  ) throws {
    let panels = panels()
    let page = Page("Charts", number: 0, question: "Where is what?") { Section { panels } }
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index.html").path
      try page.html(
        command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic,
        files: []
      ).write(toFile: path, atomically: true, encoding: .utf8)
      try withBrowserPage(path) { page in
        try body(page)
        #expect(try page.problems() == [])
      }
    }
  }

  /// The labels along x or y.
  private func tickLabels(_ direction: String, in page: BrowserPage, chart: Int) throws -> [String]
  {
    try page.evaluate(
      """
      [...document.querySelectorAll(".chart")[\(chart)].querySelectorAll(".plot > svg > text")]
        .filter(text => {
          const { height } = text.ownerSVGElement.viewBox.baseVal;
          return Number(text.getAttribute("y")) > height - 8 === ("\(direction)" === "x");
        }).map(text => text.textContent)
      """)
  }

  @Test("a point without neighbours is seen, whatever the style of its curve")
  func alone() throws {
    try withCharts {
      for style in [Curve.Style.line, .dashed, .area] {
        Chart("one", x: .linear("x"), y: .linear("y"), curves: [curve([3], [7], style: style)])
        Chart(
          "gap", x: .log("x"), y: .log("y"),
          curves: [curve([1, 2, 3, 4, 5], [1, .nan, 3, .nan, 5], style: style)])
        Chart(
          "line", x: .linear("x"), y: .linear("y"), curves: [curve([1, 2], [1, 2], style: style)])
      }
    } _: { page in
      let circles: [Int] = try page.evaluate(
        """
        [...document.querySelectorAll(".chart")].map(chart => chart.querySelectorAll(".curve circle").length)
        """)
      #expect(circles == [1, 3, 0, 1, 3, 0, 1, 3, 0])
      let inside: Bool = try page.evaluate(
        """
        [...document.querySelectorAll(".curve circle")].every(circle => {
          const { left, right, top, bottom } = circle.getBoundingClientRect();
          const plot = circle.closest(".plot").getBoundingClientRect();
          return left >= plot.left && right <= plot.right && top >= plot.top && bottom <= plot.bottom
            && right - left > 5;
        })
        """)
      #expect(inside)
    }
  }

  @Test(
    "a logarithmic axis has two labels at least, however narrow its range",
    arguments: [
      (0.3, 0.9), (0.21, 0.49), (0.0121, 0.0124), (1.2e-7, 1.3e-7), (3, 3.5), (0.15, 40),
      (1e-9, 1e12),
    ])
  func narrow(low: Double, high: Double) throws {
    try withCharts {
      Chart("log", x: .log("x"), y: .log("y"), curves: [curve([low, high], [low, high])])
      Chart("log2", x: .log2("x"), y: .linear("y"), curves: [curve([low, high], [low, high])])
    } _: { page in
      for (direction, chart) in [("x", 0), ("y", 0), ("x", 1), ("y", 1)] {
        let found = try tickLabels(direction, in: page, chart: chart)
        #expect(Set(found).count >= 2, "\(direction) of \(chart): \(found)")
      }
    }
  }

  @Test("where all is counted in whole numbers, no label is a fraction")
  func whole() throws {
    try withCharts {
      Chart("two", x: .linear("step"), y: .linear("y"), curves: [curve([0, 1], [0, 1])])
      Chart("index", x: .linear("index"), y: .linear("y"), curves: [curve([1, 2, 3], [0, 1, 2])])
      Chart(
        "shares", x: .linear("share"), y: .linear("y"), curves: [curve([0, 0.5, 1], [0, 1, 2])])
    } _: { page in
      let found = try (0..<3).map { try tickLabels("x", in: page, chart: $0) }
      #expect(found[0] == ["0", "1"] && found[1] == ["1", "2", "3"])
      #expect(found[2].contains("0.1"), "\(found[2])")
    }
  }

  @Test("bars are whole from end to end, and the cursor is in the plot at every stop")
  func bars() throws {
    try withCharts {
      Chart(
        "bars", x: .linear("stop"), y: .linear("y"),
        curves: [curve([0, 1, 2, 3, 4], [3, 4, 5, 4, 3], style: .bars)], cursor: stop)
      Chart(
        "later", x: .linear("stop"), y: .linear("y"),
        curves: [curve([2, 3], [3, 4], style: .points)], cursor: stop)
      Timeline(stop)
    } _: { page in
      let bars: [[Double]] = try page.evaluate(
        """
        (() => {
          const chart = document.querySelector(".chart"), axis = chart.querySelector(".axis");
          const number = (element, name) => Number(element.getAttribute(name));
          const ends = [number(axis, "x1"), number(axis, "x2")];
          return [ends, ...[...chart.querySelectorAll(".curve rect")].map(bar =>
            [number(bar, "x"), number(bar, "x") + number(bar, "width"), number(bar, "height")])];
        })()
        """)
      #expect(bars.count == 6)
      for bar in bars.dropFirst() {
        #expect(bar[0] >= bars[0][0] && bar[1] <= bars[0][1] && bar[2] > 40, "\(bar) in \(bars[0])")
      }
      for _ in 0..<5 {
        let inside: [Bool] = try page.evaluate(
          """
          [...document.querySelectorAll(".chart")].map(chart => {
            const axis = chart.querySelector(".axis"), cursor = chart.querySelector(".cursor");
            const at = Number(cursor.getAttribute("x1"));
            return at >= Number(axis.getAttribute("x1")) && at <= Number(axis.getAttribute("x2"));
          })
          """)
        #expect(inside == [true, true])
        try page.press("ArrowRight")
      }
    }
  }

  @Test("a number of another place than the cursor's says which, and its dot is there")
  func between() throws {
    let stops = Axis("place", values: [0, 2, 4, 5])
    try withCharts {
      Chart(
        "sparse", x: .linear("place"), y: .linear("y"),
        curves: [curve([0, 4], [3, 7]), curve([0, 2, 4, 5], [1, 2, 3, 4], "all")], cursor: stops)
      Timeline(stops)
    } _: { page in
      func told() throws -> [String] {
        try page.evaluate(
          "[...document.querySelectorAll('.legend [data-curve] b')].map(b => b.textContent)")
      }
      func dots() throws -> [Double] {
        try page.evaluate(
          "[...document.querySelectorAll('.dot')].map(dot => Number(dot.getAttribute('cx')))")
      }
      try page.press("Home")
      #expect(try told() == ["3", "1"])
      try page.press("End")
      #expect(try told() == ["7 at 4", "4"])
      let apart = try dots()
      try page.press("ArrowLeft")
      #expect(try told() == ["7", "3"])
      // Both dots now stand where the first one stood already.
      let together = try dots()
      #expect(together == [apart[0], apart[0]] && apart[1] > apart[0])
    }
  }

  @Test("labels cover neither each other nor a line of another name, and stand above the cursor")
  func labels() throws {
    let family = Axis("family", choices: ["one", "two", "three", "four"])
    let x = (0...4).map(Double.init)
    try withCharts {
      Chart(
        "labels", x: .linear("stop"), y: .linear("y"),
        curves: (0..<4).map { index in
          let slope = index < 2 ? 0.2 : 1.1 * Double(index)
          return curve(
            x, x.map { 1 + $0 * slope }, "guidance scale \(index)", choice: (family, index))
        },
        markers: [
          .x(.fixed(1.9), "the first limit"), .x(.fixed(2), "the second limit"),
          .region(x: 1...3, "not told apart"), .y(.fixed(20), "beyond all"),
          .y(.fixed(19.8), "and near it"),
        ], cursor: stop)
      Choice(family)
      Timeline(stop)
    } _: { page in
      let boxes: [String: [Double]] = try page.evaluate(
        """
        Object.fromEntries([...document.querySelectorAll(".plot .name, .plot .marking")].map(text => {
          const { x, y, width, height } = text.getBBox();
          return [text.textContent, [x, y, x + width, y + height]];
        }))
        """)
      #expect(
        Set(boxes.keys).isSuperset(of: [
          "guidance scale 2", "guidance scale 3", "the first limit", "the second limit",
          "not told apart", "beyond all", "and near it",
        ]), "\(boxes.keys)")
      for (name, a) in boxes {
        for (other, b) in boxes where name < other {
          let width = min(a[2], b[2]) - max(a[0], b[0])
          let height = min(a[3], b[3]) - max(a[1], b[1])
          #expect(width <= 0 || height <= 2, "\(name) and \(other)")
        }
      }
      let isAbove: Bool = try page.evaluate(
        """
        (([cursor, label]) => Boolean(cursor.compareDocumentPosition(label) & 4))(
          [".cursor", ".marking"].map(name => document.querySelector(name)))
        """)
      #expect(isAbove)
    }
  }

  @Test("a legend of curves that look alike names the chosen one and counts the others")
  func alike() throws {
    try withCharts {
      Choice(member)
      Chart(
        "many", x: .linear("stop"), y: .linear("y"),
        curves: (0..<8).map { curve([0, 1], [Double($0), 1], "m\($0)", choice: (member, $0)) })
    } _: { page in
      let shown = """
        [...document.querySelectorAll(".legend li")].filter(li => li.offsetWidth > 0)
          .map(li => li.dataset.curve ?? li.textContent)
        """
      #expect(try page.evaluate(shown) == ["2", "pale: the 7 others"])
      try page.run("document.querySelectorAll('.choice input')[5].click()")
      #expect(try page.evaluate(shown) == ["5", "pale: the 7 others"])
    }
  }
}
