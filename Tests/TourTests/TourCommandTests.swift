import Foundation
import Pages
import Records
import TestSupport
import Testing
import Tour

@Suite("tour") struct TourCommandTests {
  @Test("a place that is taken is told before any work")
  func taken() throws {
    try withTemporaryFolder { parent in
      let storybook = parent.appendingPathComponent("storybook")
      try FileManager.default.createDirectory(at: storybook, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: storybook.appendingPathComponent("mine.txt"))
      let outcome = try Executable("tour").run(
        ["--output", parent.appendingPathComponent("tour").path], in: Repository.root)
      #expect(outcome.status == 73 && outcome.errors.contains(storybook.path), "\(outcome.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path) == ["storybook"])
    }
  }

  @Test("runs every inspector and links their pages in the order of learning")
  func everyInspector() throws {
    try withTemporaryFolder { parent in
      // A picture of one's own, and as small as the bundled one.
      let own = parent.appendingPathComponent("own.png")
      try FileManager.default.copyItem(
        atPath: Repository.path("fixtures/images/scene.png"), toPath: own.path)
      let outcome = try Executable("tour").run(
        [
          "--image", own.path, "--prompt",
          "a red tent and a boat on the snow", "--output",
          parent.appendingPathComponent("tour").path,
        ], in: Repository.root)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let page = parent.appendingPathComponent("tour/index.html")
      #expect(outcome.output.hasSuffix("\(page.path)\n"))
      let html = try String(contentsOf: page, encoding: .utf8)
      let path = try #require(html.range(of: "<ol class=\"cards path\">"))
      for name in ["vae-compression", "forward-noising", "attention-maps", "text-to-image"] {
        #expect(html[path.lowerBound...].prefix(2_000_000).contains("../\(name)/index.html"))
      }
      let cards = try #require(html.range(of: "<ol class=\"cards\">"))
      let list = html[cards.lowerBound...]
      let places = Catalogue.stops.compactMap { list.range(of: "../\($0.name)/index.html") }
      #expect(places.count == Catalogue.stops.count)
      #expect(zip(places, places.dropFirst()).allSatisfy { $0.lowerBound < $1.lowerBound })
      for stop in Catalogue.stops {
        let folder = parent.appendingPathComponent(stop.name)
        for file in ["index.html", stop.thumbnail] {
          let path = folder.appendingPathComponent(file).path
          #expect(FileManager.default.fileExists(atPath: path), "\(path)")
        }
        let manifest = try #require(Manifest.of(folder: folder.path))
        #expect(try ManifestTruth.problems(of: manifest) == [], "\(stop.name)")
        if stop.takesPrompt {
          #expect(manifest.settings["prompt"] == "a red tent and a boat on the snow")
        }
        if stop.takesImage {
          #expect(manifest.inputs.contains { $0.path.hasSuffix("own.png") }, "\(stop.name)")
        }
      }
      let files = try FileManager.default.contentsOfDirectory(atPath: parent.path)
      #expect(Set(files) == Set(Catalogue.stops.map(\.name) + ["tour", "own.png"]))
      try withBrowserPage(page.path) { page in
        let problems = try page.problems()
        #expect(problems == [])
        let broken: Int = try page.evaluate(
          "[...document.images].filter(i => !i.naturalWidth).length")
        #expect(broken == 0)
      }
      try expectWays(in: parent)
      for name in Catalogue.stops.map(\.name) + ["tour"] {
        let path = parent.appendingPathComponent("\(name)/index.html").path
        try withBrowserPage(path, width: 360) { page in
          let width: Int = try page.evaluate("document.scrollingElement.scrollWidth")
          #expect(width <= 360, "\(name) is \(width) pixels wide on a phone")
          #expect(try page.accessibilityProblems() == [], "\(name)")
          #expect(try page.problems() == [], "\(name)")
        }
      }
    }
  }

  /// Each stop leads to the tour, to its neighbours, to its notebook and to a glossary of the terms
  /// that it uses; the tour explains them all.
  private func expectWays(in parent: URL) throws {
    func html(_ name: String) throws -> String {
      try String(
        contentsOf: parent.appendingPathComponent("\(name)/index.html"), encoding: .utf8)
    }
    let names = LearningOrder.stops.map(\.executable)
    for (index, stop) in LearningOrder.stops.enumerated() {
      let text = try html(stop.executable)
      #expect(text.contains("<a href=\"../tour/index.html\" rel=\"up\">"))
      let before = index > 0 ? "<a href=\"../\(names[index - 1])/index.html\" rel=\"prev\">" : ""
      let after =
        index + 1 < names.count ? "<a href=\"../\(names[index + 1])/index.html\" rel=\"next\">" : ""
      #expect(before.isEmpty ? !text.contains("rel=\"prev\"") : text.contains(before))
      #expect(after.isEmpty ? !text.contains("rel=\"next\"") : text.contains(after))
      let notebook = try #require(
        text.firstMatch(of: /<a href="([^"]*)">Notebook<\/a>/), "\(stop.executable)")
      let folder = parent.appendingPathComponent(stop.executable).resolvingSymlinksInPath()
      let place = URL(fileURLWithPath: folder.path + "/" + notebook.1).standardizedFileURL.path
      #expect(place == Repository.path(stop.notebook))
      #expect(text.contains("<dl id=\"glossary\">") && text.contains("href=\"#glossary\""))
    }
    #expect(try html("tour").contains("Glossary: \(Glossary.terms.count) terms"))
  }

  @Test("the pipeline's map has a place for every stop")
  func mapOfStops() {
    for stop in Catalogue.stops { #expect(PipelineMap.shows(stop.name), "\(stop.name)") }
  }

  @Test("an image that is none ends the tour in one line")
  func badImage() throws {
    for input in BadInput.images where input.status == 65 {
      #expect(try input.problems(of: "tour") == [])
    }
  }
}
