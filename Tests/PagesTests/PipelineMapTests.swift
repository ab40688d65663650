import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("The pipeline's map") struct PipelineMapTests {
  @Test("marks the place, and only where there is one")
  func here() {
    let map = PipelineMap(here: "unet-walk").markup.text
    #expect(map.components(separatedBy: "class=\"here\"").count == 2)
    #expect(map.contains("You are here: unet-walk.") && map.contains("role=\"img\""))
    #expect(!PipelineMap(here: "tour").markup.text.contains("ou are here"))
  }

  @Test("links only the pages that it is told of, escaped")
  func links() {
    let map = PipelineMap { $0 == "unet-walk" ? "../a\"<b>/index.html" : nil }.markup.text
    #expect(map.components(separatedBy: "<a href=").count == 2)
    #expect(map.contains("../a&quot;&lt;b&gt;/index.html") && map.contains("role=\"group\""))
  }

  @Test("its words keep off the borders of their boxes")
  func words() throws {
    let page = Page("demo", question: "Where?") { Section { PipelineMap() } }
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index.html").path
      try page.html(
        command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic
      ).write(toFile: path, atomically: true, encoding: .utf8)
      try withBrowserPage(path, width: 1400) { page in
        let close: [String] = try page.evaluate(
          """
          [...document.querySelectorAll(".map g")].flatMap(box => {
            const most = box.querySelector("rect").getBBox().width - 14;
            return [...box.querySelectorAll("text")].filter(text => text.getBBox().width > most)
              .map(text => text.textContent);
          })
          """)
        #expect(close == [])
        let shown: Int = try page.evaluate("document.querySelectorAll('.map g text').length")
        #expect(shown == 36)
      }
    }
  }

  @Test("is on the page of an inspector that has a place on it")
  func onPages() throws {
    let page = Page("demo", question: "Where?") {}
    let placed = try page.html(
      command: CommandLineText(executable: "unet-walk", arguments: []), provenance: .analytic)
    #expect(placed.contains("you are here"))
    let other = try page.html(
      command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic)
    #expect(!other.contains("you are here"))
  }
}
