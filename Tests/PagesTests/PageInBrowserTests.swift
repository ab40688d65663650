import Foundation
import Pages
import TestSupport
import Testing

@Suite("A page in a browser") struct PageInBrowserTests {
  @Test("opens without a word on the console or to the network")
  func quiet() throws {
    try DemoPage.inBrowser { page in
      #expect(try page.problems() == [])
      #expect(try page.evaluate("document.title") == "Demonstration")
      if let path = ProcessInfo.processInfo.environment["DEMO_SHOT"] {
        for (name, width, dark) in [("a", 1280, false), ("b", 360, true)] {
          try page.resize(width: width, height: 800)
          try page.setColours(dark: dark)
          try page.screenshot(wholePage: true).write(
            to: URL(fileURLWithPath: path + name + ".png"))
        }
      }
    }
  }

  @Test("arrow keys move the picture, the numbers and the cursor together")
  func keys() throws {
    try DemoPage.inBrowser { page in
      let before = try State(page)
      try page.press("ArrowRight")
      let after = try State(page)
      #expect(after.position == "350" && before.position == "300")
      #expect(after.picture != before.picture && after.number != before.number)
      #expect(after.cursor > before.cursor)
      try page.press("Home")
      #expect(try State(page).position == "0")
      try page.press("End")
      #expect(try State(page).position == "999")
      #expect(try page.problems() == [])
    }
  }

  private struct State {
    var position: String
    var picture: String
    var number: String
    var cursor: Double

    init(_ page: BrowserPage) throws {
      position = try page.evaluate("document.querySelector('.position b').textContent")
      picture = try page.evaluate("document.querySelector('.pictures img').src")
      number = try page.evaluate("document.querySelector('.numbers .value').textContent")
      cursor = try page.evaluate("Number(document.querySelector('.cursor').getAttribute('x1'))")
    }
  }
}
