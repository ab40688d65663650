import DownsamplingStudy
import Foundation
import Pages
import TestSupport
import Testing

@Suite("The page of downsampling-study, in a browser") struct DownsamplingStudyPageTests {
  private func withPage(_ body: (BrowserPage) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      try DownsamplingStudyCommand.run(["--output", folder.path])
      try withBrowserPage(folder.appendingPathComponent("index.html").path) { page in
        try body(page)
        #expect(try page.problems() == [])
      }
    }
  }

  @Test("with a second seed the page says what is chance, and `seeds.csv` has both")
  func seeds() throws {
    try withTemporaryFolder { parent in
      let second = parent.appendingPathComponent("second")
      try FileManager.default.copyItem(atPath: Examples.shipped, toPath: second.path)
      let settings = second.appendingPathComponent("settings.csv")
      let text = try String(contentsOf: settings, encoding: .utf8)
      try text.replacing("--seed,42", with: "--seed,43")
        .write(to: settings, atomically: true, encoding: .utf8)
      let result = try DownsamplingStudyCommand.run([
        "--traces", Examples.shipped, second.path, "--output",
        parent.appendingPathComponent("out").path,
      ])
      let table = try #require(try Examples.table("seeds.csv", in: result.folder))
      #expect(
        table.numbers("seed") == Array(repeating: 42, count: 6) + Array(repeating: 43, count: 6))
      let distances = try #require(table.numbers("frechet_distance"))
      #expect(Array(distances[..<6]) == Array(distances[6...]))
      try withBrowserPage(result.pagePath) { page in
        let words: String = try page.evaluate("document.body.textContent")
        #expect(
          words.contains("agrees with 2 of 2 seeds") && words.contains("changes the distance"))
        #expect(try page.problems() == [])
      }
    }
  }

  /// The notes under the strips: the drawn scenes first, then the models.
  private func notes(_ page: BrowserPage) throws -> [String] {
    try page.evaluate(
      """
      [...document.querySelectorAll('.pictures figure .note')].map(note => note.textContent.trim())
      """)
  }

  @Test("the slider moves all strips to what the table says of that moment")
  func slider() throws {
    let study = try Study(readingFrom: Examples.shipped)
    try withPage { page in
      for milestone in study.settings.milestones.indices.reversed() {
        try page.run(
          """
          const input = document.querySelector('.timeline input');
          input.value = \(milestone);
          input.dispatchEvent(new Event('input', { bubbles: true }));
          """)
        let shown = try notes(page)
        #expect(shown.count == study.models.count + 1)
        for (note, model) in zip(shown.dropFirst(), study.models) {
          let quality = model.points[study.point(of: model, at: milestone)].quality
          let distance = NumberFormat.decimals(1).text(quality.distance)
          let share = NumberFormat.percent(0).text(quality.accuracy)
          #expect(note == "\(distance) away, \(share) right", "\(model.name)")
        }
      }
    }
  }

  @Test("choosing a model marks its row in every table")
  func choice() throws {
    let study = try Study(readingFrom: Examples.shipped)
    try withPage { page in
      for (position, model) in study.models.enumerated() {
        try page.run(
          "document.querySelectorAll('.choice input')[\(position)].click()")
        let marked: [String] = try page.evaluate(
          """
          [...document.querySelectorAll('table.data tr.current td:first-child')]
            .map(cell => cell.textContent.trim())
          """)
        let name = model.name.replacingOccurrences(of: "-", with: "\u{2011}")
        #expect(marked == [name, name, name])
      }
    }
  }

  @Test("every claim of the paper stands beside what was measured")
  func claims() throws {
    let study = try Study(readingFrom: Examples.shipped)
    try withPage { page in
      let text: String = try page.evaluate("document.body.innerText")
      #expect(study.claims.count == 5)
      for claim in study.claims { #expect(text.contains(claim.here), "\(claim.here)") }
      #expect(text.contains(study.headline))
    }
  }
}
