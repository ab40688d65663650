import Foundation
import Testing
import TestSupport
import Tracing

@Suite("A page") struct PageTests {
  @Test("writes the demonstration where the environment asks for it")
  func writesDemonstration() throws {
    let html = try DemoPage.page().html(
      command: CommandLineText(executable: "demo", arguments: ["--image", "it's.png"]),
      files: ["trace.csv"])
    #expect(html.contains("Demonstration"))
    if let path = ProcessInfo.processInfo.environment["DEMO_PAGE"] {
      try html.write(toFile: path, atomically: true, encoding: .utf8)
    }
  }
}
