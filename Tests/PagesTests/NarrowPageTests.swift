import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("A page on a phone") struct NarrowPageTests {
  private func withPage(_ body: (BrowserPage) throws -> Void) throws {
    let names = (0..<9).map { "column \($0)" }
    let page = Page(
      "Narrow", number: 0, question: "What is cut?",
      residuals: [
        Residual(
          """
          what stands in \(code: "a/very_long.name.without.any.place.to.break.it.at.all.weight") is what is \
          read
          """, measured: 1e-9, bound: 1e-6)
      ]
    ) {
      Section {
        Timeline(Axis("step", values: [0], labels: ["0 (t = 1)"]))
        LiveFormula("x = a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q")
        Table(
          "A title that is longer than a narrow window is wide, and is to be read in full",
          columns: ["sampler", "95 %"] + names.map { Prose($0) },
          rows: [
            [.prose("ddim"), .prose("± 0.02, 40 to 1000 steps")] + names.map { .prose(Prose($0)) }
          ])
      }
    }
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index.html").path
      try page.html(
        command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic,
        files: []
      ).write(toFile: path, atomically: true, encoding: .utf8)
      try withBrowserPage(path, width: 390) { page in
        try body(page)
        #expect(try page.problems() == [])
      }
    }
  }

  /// Left and right end of an element.
  private func ends(_ page: BrowserPage, _ selector: String) throws -> [Double] {
    try page.evaluate(
      """
      (box => [box.left, box.right])(document.querySelector("\(selector)").getBoundingClientRect())
      """)
  }

  @Test("claims show their number, bound and verdict")
  func claims() throws {
    try withPage { page in
      for cell in ["td:nth-of-type(1)", "td:nth-of-type(2)", "td.holds"] {
        let found = try ends(page, ".claims " + cell)
        #expect(found[0] >= 0 && found[1] <= 390 && found[1] > found[0], "\(cell): \(found)")
      }
    }
  }

  @Test("the label of a timeline's only stop stays in its frame")
  func onlyStop() throws {
    try withPage { page in
      let (frame, label) = (try ends(page, ".timeline"), try ends(page, ".timeline .ticks span"))
      #expect(label[0] > frame[0] && label[1] < frame[1], "\(label) in \(frame)")
    }
  }

  @Test("a table's title stays in sight when the table scrolls, and short cells keep to one line")
  func title() throws {
    try withPage { page in
      try page.run("document.querySelector('.data').parentElement.scrollLeft = 300")
      let (box, title) = (try ends(page, ".scroll:has(> .data)"), try ends(page, ".data caption"))
      #expect(abs(title[0] - box[0]) < 1 && title[1] <= box[1] + 1, "\(title) in \(box)")
      let heights: [Double] = try page.evaluate(
        "[...document.querySelectorAll('.data:not(.claims) tbody td')].map(td => td.clientHeight)")
      #expect(heights.count == 11 && heights.allSatisfy { $0 < 40 }, "\(heights)")
    }
  }

  @Test("what goes on to the right fades there, until its end is in sight")
  func fading() throws {
    try withPage { page in
      let mask = "getComputedStyle(document.querySelector('.formula .scroll')).maskImage"
      try page.waitUntil("document.querySelector('.formula .scroll.more')")
      #expect(try page.evaluate(mask) != "none")
      try page.run("document.querySelector('.formula .scroll').scrollLeft = 10000")
      try page.waitUntil("!document.querySelector('.formula .scroll.more')")
      #expect(try page.evaluate(mask) == "none")
    }
  }
}
