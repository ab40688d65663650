import AttentionMaps
import Checkpoints
import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("The page of attention-maps, in a browser") struct AttentionMapsPageTests {
  private func withPage(
    _ arguments: [String], width: Int = 1280,
    _ body: (BrowserPage, _ folder: URL) throws -> Void
  ) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try AttentionMapsCommand.run(
        [
          "--model", Repository.path("fixtures/golden/pipeline"), "--sampler", "ddim", "--prompt",
          "a red boat on the sea",
          "--output",
          folder.path,
        ]
          + arguments)
      try withBrowserPage(result.pagePath, width: width) { page in
        try page.waitUntil("document.querySelector('.ranked li')")
        try body(page, folder)
        #expect(try page.problems() == [])
      }
    }
  }

  private func number(_ page: BrowserPage, _ selector: String) throws -> Double {
    let text: String = try page.evaluate("document.querySelector('\(selector)').textContent")
    return try #require(Double(text))
  }

  private func choose(_ page: BrowserPage, axis: Int, _ position: Int) throws {
    try page.run(
      """
      const group = document.querySelectorAll('.choice')[\(axis)];
      const option = group.querySelectorAll('input')[\(position)];
      option.checked = true;
      option.dispatchEvent(new Event('change'));
      """)
  }

  @Test("picking a word, a step, a layer and a head shows the share that the table has")
  func shares() throws {
    try withPage(["--steps", "4"]) { page, folder in
      let text = try String(
        contentsOf: folder.appendingPathComponent("attention.csv"), encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      let (steps, heads, words) = (
        try #require(table.texts("step")), try #require(table.texts("head")),
        try #require(table.texts("word"))
      )
      let (layers, masses) = (
        try #require(table.texts("layer")), try #require(table.numbers("mass"))
      )
      // The third word of the prompt, which stands behind the start.
      try page.click(".prompt button:nth-of-type(4)")
      try page.press("End")
      try choose(page, axis: 0, 2)
      try choose(page, axis: 1, 2)
      let row = try #require(
        masses.indices.first {
          steps[$0] == "3" && layers[$0].hasPrefix("mid") && heads[$0] == "1" && words[$0] == "boat"
        })
      #expect(abs(try number(page, ".mass") - masses[row]) < 6e-6)
      // All layers and heads: their mean.
      try choose(page, axis: 0, 0)
      try choose(page, axis: 1, 0)
      let all = masses.indices.filter { steps[$0] == "3" && words[$0] == "boat" }
      let mean = all.reduce(0) { $0 + masses[$1] } / Double(all.count)
      #expect(abs(try number(page, ".mass") - mean) < 6e-6)
    }
  }

  @Test("pointing at a pixel ranks what it attends to, summing to 1, as in the arrays")
  func pointing() throws {
    try withPage(["--steps", "3", "--tensors", "--width", "80"]) { page, folder in
      let arrays = try SafetensorsFile(
        folder.appendingPathComponent("tensors.safetensors").path
      ).tensors()
      try choose(page, axis: 0, 1)
      try choose(page, axis: 1, 1)
      try page.press("Home")
      // Row 1, column 7 of 6×10.
      try page.point(at: ".raw", x: 0.75, y: 0.25)
      let place: String = try page.evaluate("document.querySelector('.spot').textContent")
      #expect(place.contains("row 1, column 7 of 6×10"))
      let shares: [Double] = try page.evaluate(
        "[...document.querySelectorAll('.ranked b')].map(b => Number(b.textContent))")
      #expect(shares == shares.sorted(by: >))
      #expect(abs(shares.reduce(0, +) - 1) < 2e-3)
      let sum: String = try page.evaluate("document.querySelector('.sum').textContent")
      #expect(sum == "sum 1.0000")
      let name = try #require(
        arrays.keys.filter { $0.hasPrefix("attention.667.down_blocks.0") }.sorted().first)
      let matrix = try #require(arrays[name])
      // Start, six words, end, padding.
      let expected = (0..<8).map { Double(matrix[0, 1, 7, $0]) }
      let columns: [Int] = try page.evaluate(
        "[...document.querySelectorAll('.ranked li')].map(li => Number(li.dataset.column))")
      for (column, share) in zip(columns, shares) where column < 8 {
        #expect(abs(share - expected[column]) < 2e-3)
      }
    }
  }

  @Test("bars are as long as what they say; what is longer than any word is hatched, and said so")
  func bars() throws {
    struct Bar: Decodable {
      var isWord, isBeyond: Bool
      var width, share: Double
    }
    try withPage(["--steps", "2"]) { page, _ in
      let bars: [Bar] = try page.evaluate(
        """
        [...document.querySelectorAll(".ranked li")].map(li => {
          const bar = li.querySelector("i");
          return {
            isWord: li.className === "word", isBeyond: bar.matches(".beyond"),
            width: parseFloat(bar.style.width), share: Number(li.querySelector("b").textContent),
          };
        })
        """)
      let most = try #require(bars.filter(\.isWord).map(\.share).max())
      #expect(bars.contains { $0.share > most })
      for bar in bars {
        #expect(bar.isBeyond == (bar.share > most))
        #expect(abs(bar.width - (bar.isBeyond ? 100 : 75 * bar.share / most)) < 1)
      }
      let hatched: [Bool] = try page.evaluate(
        """
        [".ranked .beyond", ".prompt .beyond"].map(name =>
          getComputedStyle(document.querySelector(name)).backgroundImage.startsWith("repeating"))
        """)
      #expect(hatched == [true, true])
      #expect(try page.evaluate("document.querySelector('.beyond-scale').offsetHeight > 0"))
      let rows = try number(
        page, of: "parseFloat(getComputedStyle(list).maxHeight) / list.children[0].offsetHeight")
      #expect(rows == rows.rounded(), "a list of \(rows) rows")
    }
  }

  /// A number of the ranked list.
  private func number(_ page: BrowserPage, of expression: String) throws -> Double {
    try page.evaluate("(list => \(expression))(document.querySelector('.ranked'))")
  }

  @Test("everything moves: the slider, the scale, what is behind, a click on a small map")
  func moving() throws {
    try withPage(["--steps", "4", "--self-attention", "--unconditional"]) {
      page, _ in
      func drawn(_ selector: String) throws -> String {
        try page.evaluate("document.querySelector('\(selector)').toDataURL()")
      }
      let first = try (drawn(".raw"), drawn(".smooth"), drawn(".aggregates canvas"))
      try page.press("End")
      let later = try (drawn(".raw"), drawn(".smooth"), drawn(".aggregates canvas"))
      // The aggregates are over all steps.
      #expect(first.0 != later.0 && first.1 != later.1 && first.2 == later.2)
      try page.click(".prompt button:nth-of-type(3)")
      #expect(try drawn(".aggregates canvas") != later.2)
      let second = try drawn(".raw")
      try choose(page, axis: 2, 1)
      #expect(try drawn(".raw") != second)
      let over = try drawn(".smooth")
      try choose(page, axis: 3, 2)
      #expect(try drawn(".smooth") != over)
      try page.click(".grid", x: 0.95, y: 0.95)
      let chosen: [String] = try page.evaluate(
        """
        [...document.querySelectorAll('.choice')].slice(0, 2)
          .map(group => group.querySelector(':checked + span').textContent)
        """)
      #expect(chosen == ["up 1.1, 6×6", "1"])
      let asked = try drawn(".answers")
      try page.point(at: ".asks", x: 0.1, y: 0.9)
      #expect(try drawn(".answers") != asked)
    }
  }

  @Test("fits a telephone")
  func narrow() throws {
    try withPage(["--steps", "2"], width: 360) { page, _ in
      let width: Int = try page.evaluate("document.documentElement.scrollWidth")
      #expect(width <= 361)
    }
  }
}
