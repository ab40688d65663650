import Foundation
import ForwardNoising
import TestSupport
import Testing

@Suite("The page of forward-noising, in a browser") struct ForwardNoisingPageTests {
  @Test("needs no network, reports no errors, and the arrow keys move the picture")
  func arrowKeys() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      try ForwardNoisingCommand.run([
        "--image", Repository.path("fixtures/images/scene.png"), "--output", folder.path,
        "--timesteps", "11",
      ])
      try withBrowserPage(folder.appendingPathComponent("index.html").path) { page in
        let source = "document.querySelector('.pictures img').src"
        let position = "Number(document.querySelector('.timeline input').value)"
        let (first, start): (String, Int) = (
          try page.evaluate(source), try page.evaluate(position)
        )
        try page.press("ArrowRight", times: 2)
        #expect(try page.evaluate(position) as Int == start + 2)
        #expect(try page.evaluate(source) as String != first)
        try page.press("ArrowLeft", times: 2)
        #expect(try page.evaluate(source) as String == first)
        #expect(try page.problems() == [])
      }
    }
  }
}
