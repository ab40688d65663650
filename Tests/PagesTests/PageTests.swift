import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("A page") struct PageTests {
  @Test("writes the demonstration where the environment asks for it")
  func writesDemonstration() throws {
    let html = try DemoPage.page().html(
      command: CommandLineText(executable: "demo", arguments: ["--image", "it's.png"]),
      provenance: .analytic,
      files: ["trace.csv"])
    #expect(html.contains("Demonstration"))
    if let path = ProcessInfo.processInfo.environment["DEMO_PAGE"] {
      try html.write(toFile: path, atomically: true, encoding: .utf8)
    }
  }

  @Test("is not written when the data of an instrument cannot be encoded")
  func unencodable() {
    struct Unencodable: Encodable {
      func encode(to encoder: any Encoder) throws { throw CocoaError(.coderInvalidValue) }
    }
    let page = Page("demo", question: "Is it so?") {
      Section("one") { Custom(data: Unencodable(), code: PanelCode(script: "")) }
    }
    let error = #expect(throws: PanelDataError.self) {
      try page.html(
        command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic)
    }
    #expect(error?.exitStatus == .brokenIdentity)
  }

  @Test("tells what must be so apart from what was found")
  func findings() throws {
    let page = Page(
      "demo", question: "Is it so?",
      residuals: [
        Residual("one is one", measured: 0, bound: 1e-6),
        Residual("larger is worse", measured: 2, bound: 1, kind: .finding),
      ]
    ) {}
    let html = try page.html(
      command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic)
    let parts = html.components(separatedBy: "<section id=\"findings\">")
    #expect(parts.count == 2)
    #expect(parts[0].contains("one is one") && parts[0].contains("✓ holds"))
    #expect(parts[1].contains("larger is worse") && parts[1].contains("✗ not here"))
  }
}
