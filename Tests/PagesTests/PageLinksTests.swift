import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("Where a page leads") struct PageLinksTests {
  /// A page of `unet-walk` in `folder`, as HTML.
  private static func html(in folder: URL, isPartOfTour: Bool, text: Prose = "") throws -> String {
    let page = Page("demo", question: "Where?") { Section { Text(text) } }
    return try page.html(
      command: CommandLineText(executable: "unet-walk", arguments: []), provenance: .trained,
      links: PageLinks(
        of: "unet-walk", in: folder.appendingPathComponent("mine").path,
        isPartOfTour: isPartOfTour,
        notebook: { folder.appendingPathComponent("a b/\($0)").path }))
  }

  @Test(
    "a page alone leads to its notebook; beside a tour, to that and to the stops that are there")
  func found() throws {
    try withTemporaryFolder { folder in
      let alone = try Self.html(in: folder, isPartOfTour: false)
      #expect(alone.contains("<a href=\"../a%20b/notebooks-md/08-unet-walk.md\">Notebook</a>"))
      #expect(!alone.contains("rel=\"up\""))
      for name in ["tour", "text-encoding"] {
        let run = try RunFolder(
          at: folder.appendingPathComponent(name).path, executable: name)
        let command = CommandLineText(executable: name, arguments: [])
        try run.commit(
          Manifest(command: command, provenance: .analytic, seed: nil, versions: [:]))
      }
      let beside = try Self.html(in: folder, isPartOfTour: false)
      #expect(beside.contains("<a href=\"../tour/index.html\" rel=\"up\">"))
      #expect(
        beside.contains("<a href=\"../text-encoding/index.html\" rel=\"prev\">← 07 text-encoding"))
      #expect(!beside.contains("rel=\"next\""))
    }
  }

  @Test("a stop of a tour at work leads to pages that are yet to be made")
  func partOfTour() throws {
    try withTemporaryFolder { folder in
      let html = try Self.html(in: folder, isPartOfTour: true)
      #expect(
        html.contains("<a href=\"../attention-maps/index.html\" rel=\"next\">09 attention-maps →"))
    }
  }

  @Test("the glossary has the terms that a page uses, by name, plural or symbol, and no others")
  func glossary() throws {
    try withTemporaryFolder { folder in
      let html = try Self.html(
        in: folder, isPartOfTour: false,
        text: "Two Cross-Attentions at \(math: "ᾱ_t") and \(code: "<style>PSNR</style>").")
      let glossary = try #require(html.firstMatch(of: /<dl id="glossary">.*?<\/dl>/)).output
      for term in ["cross-attention", "share of the picture", "PSNR", "U-Net"] {
        #expect(glossary.contains("<dt>\(term)"), "\(term)")
      }
      for term in ["SSIM", "codebook", "loss"] { #expect(!glossary.contains("<dt>\(term)")) }
      #expect(Set(Glossary.terms.map(\.name)).count == Glossary.terms.count)
    }
  }

  @Test("a link into the fold opens it")
  func fold() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index.html").path
      try Self.html(in: folder, isPartOfTour: false, text: "A latent.")
        .write(toFile: path, atomically: true, encoding: .utf8)
      try withBrowserPage(path) { page in
        let fold = "document.querySelector('.glossary').open"
        let before: Bool = try page.evaluate(fold)
        try page.click(".ways a[href='#glossary']")
        let after: Bool = try page.evaluate(fold)
        let problems = try page.problems()
        #expect(!before && after && problems == [])
      }
    }
  }
}
