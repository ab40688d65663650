import Commands
import Foundation
import Imaging
import LatentDiffusion
import Records
import TestSupport
import Testing
import TextToImage

@Suite("text-to-image, several beside each other") struct ComparisonTests {
  private static let model = ["--model", Repository.path("fixtures/golden/pipeline")]

  private func run<R>(
    _ arguments: [String], _ body: (_ folder: URL, InspectorResult) throws -> R
  ) throws -> R {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let line = Self.model + arguments + ["--steps", "4", "--output", folder.path]
      return try body(folder, TextToImageCommand.run(line))
    }
  }

  private func picture(_ folder: URL, _ name: String) throws -> Image {
    try PictureFile.read(folder.appendingPathComponent(name).path).image
  }

  /// The largest difference of a byte.
  private func difference(_ a: Image, _ b: Image) -> Int {
    zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
  }

  @Test(
    "each picture is the one that its own run makes, whether made together or not",
    arguments: ["ddim", "euler-ancestral"])
  func alone(sampler: String) throws {
    let common = ["--sampler", sampler]
    try run(common + ["--seed", "3,7-8", "--guidance-scale", "1,3"]) { folder, result in
      for residual in result.page.residuals { #expect(residual.holds) }
      #expect(result.page.residuals.count == (sampler == "ddim" ? 2 : 1))
      for (scale, seed) in [("1", "3"), ("3", "8")] {
        let one = try run(common + ["--seed", seed, "--guidance-scale", scale]) { folder, _ in
          try picture(folder, "image.png")
        }
        let ours = try picture(folder, "images/guidance-scale-\(scale)-seed-\(seed).png")
        #expect(difference(one, ours) <= 1)
      }
    }
  }

  @Test("two prompts begin from one noise; table, film and sheet are written, and the page moves")
  func prompts() throws {
    let prompts = ["--prompt", "a red boat", "--prompt", "a blue boat", "--sampler", "ddim"]
    try run(prompts + ["--film", "--tensors"]) { folder, result in
      let text = try String(
        contentsOf: folder.appendingPathComponent("comparison.csv"), encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      #expect(table.texts("prompt") == ["a red boat", "a blue boat"])
      #expect(table.texts("image") == ["images/prompt-1.png", "images/prompt-2.png"])
      #expect(table.texts("column") == ["0", "1"])
      #expect(try #require(table.numbers("distance_from_first")).first == 0)
      #expect(result.manifest.settings["prompt"] == .list(["a red boat", "a blue boat"]))
      let names = try #require(Manifest.of(folder: folder.path)).outputs.map(\.path)
      #expect(
        names == [
          "comparison.csv", "contact-sheet.png", "film.png", "images/prompt-1.png",
          "images/prompt-2.png", "index.html", "tensors.safetensors",
        ])
      try withBrowserPage(result.pagePath) { page in
        let source = "[...document.querySelectorAll('.pictures img')].map(i => i.src)"
        let last: [String] = try page.evaluate(source)
        try page.press("Home")
        let first: [String] = try page.evaluate(source)
        #expect(last.count == 2 && zip(first, last).allSatisfy { $0 != $1 })
        #expect(try page.problems() == [])
        #expect(try page.accessibilityProblems() == [])
      }
    }
  }

  @Test("walks of different length share a timeline, and a table of two lists is read by rows")
  func samplers() throws {
    try run(["--sampler", "plms,ddim,heun", "--seed", "1-2"]) { folder, result in
      let text = try String(
        contentsOf: folder.appendingPathComponent("comparison.csv"), encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      #expect(table.texts("sampler") == ["plms", "plms", "ddim", "ddim", "heun", "heun"])
      #expect(table.texts("seed") == ["1", "2", "1", "2", "1", "2"])
      try withBrowserPage(result.pagePath, width: 360) { page in
        let rows: Int = try page.evaluate(
          "document.querySelectorAll('.picture-table tbody tr').length")
        let width: Int = try page.evaluate("document.scrollingElement.scrollWidth")
        #expect(rows == 3 && width <= 360)
        #expect(try page.accessibilityProblems() == [])
      }
    }
  }

  @Test("one value of each is one picture, as ever")
  func single() throws {
    try run(["--seed", "3", "--guidance-scale", "2", "--sampler", "ddim"]) { folder, result in
      #expect(result.manifest.settings["seed"] == 3)
      #expect(result.manifest.settings["guidance-scale"] == 2)
      #expect(result.manifest.settings["sampler"] == "ddim")
      let manifest = try #require(Manifest.of(folder: folder.path))
      let names = Set(manifest.outputs.map(\.path))
      #expect(names.isSuperset(of: ["image.png", "steps.csv", "images/x0-000.png"]))
      #expect(!names.contains("comparison.csv"))
    }
  }

  @Test(
    "the lines that the page gives load the run",
    .enabled(if: Python.has("pandas", "safetensors"), "needs python3 with pandas and safetensors"))
  func python() throws {
    try run(["--sampler", "ddim", "--tensors"]) { folder, result in
      let html = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      let lines = try #require(
        html.firstMatch(of: /(?s)<code data-name="Python">(.*?)<\/code>/)?.1)
      let code = lines.replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
      let outcome = try Python.run(
        code + """

          print(manifest["executable"], len(steps), list(steps["step"]), tensors["z.final"].shape)
          """)
      #expect(outcome.output == "text-to-image 4 [0, 1, 2, 3] (1, 4, 6, 6)\n", "\(outcome.errors)")
    }
  }
}
