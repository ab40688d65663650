import Foundation
import TestSupport
import Testing
import TextEncoding

@Suite("The page of text-encoding, in a browser") struct TextEncodingPageTests {
  private func withPage(
    _ prompt: String, width: Int = 1280, _ body: (BrowserPage) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let result = try TextEncodingCommand.run([
        "--output", folder.appendingPathComponent("run").path, "--prompt", prompt, "--vocabulary",
        Examples.vocabulary,
      ])
      try withBrowserPage(result.pagePath, width: width, body)
    }
  }

  /// The symbols of the words, as the page shows them now.
  private func symbols(_ page: BrowserPage) throws -> [String] {
    try page.evaluate(
      "[...document.querySelectorAll('.symbol')].map(item => item.firstChild.textContent)")
  }

  /// What is drawn on the n-th matrix.
  private func matrix(_ page: BrowserPage, _ n: Int) throws -> String {
    try page.evaluate("document.querySelectorAll('.matrix canvas')[\(n)].toDataURL()")
  }

  @Test("the arrow keys merge the symbols one pair at a time")
  func merging() throws {
    try withPage("the boat") { page in
      try page.press("Home")
      #expect(try symbols(page) == ["t", "h", "e", "b", "o", "a", "t"])
      try page.press("ArrowRight")
      #expect(try symbols(page) == ["th", "e", "b", "o", "a", "t"])
      try page.press("End")
      #expect(try symbols(page) == ["the", "boat"])
      #expect(try page.problems() == [])
    }
  }

  @Test("the layer's slider redraws the matrices, a click on a row chooses the token")
  func layers() throws {
    try withPage("a purple boat on the sea") { page in
      let before = try (matrix(page, 0), matrix(page, 1), matrix(page, 2))
      try page.run(
        """
        const slider = document.querySelectorAll('.timeline input')[1];
        slider.value = 1;
        slider.dispatchEvent(new Event('input'));
        """)
      let after = try (matrix(page, 0), matrix(page, 1), matrix(page, 2))
      #expect(before.0 != after.0 && before.1 != after.1 && before.2 != after.2)
      try page.click(".matrix canvas", x: 0.5, y: 0.5)
      let chosen: String = try page.evaluate(
        """
        document.querySelectorAll('.choice')[0].querySelector(':checked + span').textContent
        """)
      #expect(["purple", "boat", "on"].contains(chosen))
      try page.point(at: ".matrix canvas", x: 0.6, y: 0.6)
      let reading: String = try page.evaluate(
        "document.querySelector('.matrix .reading').textContent")
      #expect(reading.contains("cosine") && reading.contains("."))
      #expect(try page.problems() == [])
    }
  }

  @Test("a hostile prompt is text and nothing else")
  func hostilePrompt() throws {
    let prompt = "</script><img src=x onerror=alert(1)>\u{202e} \"quoted\" <|endoftext|>"
    try withPage(prompt, width: 360) { page in
      #expect(try page.problems() == [])
      #expect(try page.evaluate("document.querySelectorAll('img[src=x]').length") == 0)
      let width: Int = try page.evaluate("document.documentElement.scrollWidth")
      #expect(width <= 361)
    }
  }
}
