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
