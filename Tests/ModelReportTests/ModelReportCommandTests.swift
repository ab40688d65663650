import Foundation
import ModelReport
import Pages
import Records
import TestSupport
import Testing

@Suite("model-report") struct ModelReportCommandTests {
  private func run(_ arguments: [String], _ check: (URL, Page) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try ModelReportCommand.run(["--output", folder.path] + arguments)
      try check(folder, result.page)
    }
  }

  private func table(_ name: String, in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  /// Any whole model will do: a tiny one with pictures of its own size.
  private static let model = Repository.path("fixtures/golden/pipeline")

  @Test("measures any model, and stamps one that was never trained")
  func anyModel() throws {
    try run([
      "--model", Self.model, "--count", "4", "--steps", "2", "--batch", "3",
    ]) { folder, page in
      let accuracy = try table("accuracy.csv", in: folder)
      #expect(Set(accuracy.texts("pictures") ?? []).count == 4)
      let shares = try #require(accuracy.numbers("right"))
      let counts = try #require(accuracy.numbers("count"))
      #expect(zip(shares, counts).allSatisfy { 0...$1 ~= $0 })
      let captions = try table("captions.csv", in: folder)
      #expect(captions.numbers("seed") == [42, 43, 44, 45])
      #expect(try table("frechet.csv", in: folder).rows.count == 3)
      let pointing = try table("pointing.csv", in: folder)
      for (mass, area) in zip(
        pointing.numbers("mass_inside") ?? [], pointing.numbers("chance") ?? [])
      {
        #expect(0...1 ~= mass && 0...1 ~= area)
      }
      #expect(pointing.rows.count > 20)
      #expect(Set(pointing.texts("t") ?? []) == ["50", "200", "400", "600", "800", "950"])
      let reconstruction = try table("reconstruction.csv", in: folder)
      #expect(reconstruction.texts("pictures")?.contains("held-out scenes") == true)
      #expect(page.residuals.count == 3)
      for residual in page.residuals { #expect(residual.holds, "\(residual.measured)") }
      #expect(
        try accessibilityProblems(ofPage: folder.appendingPathComponent("index.html").path) == [])
    }
  }

  @Test("measures only the parts that were asked for")
  func parts() throws {
    let own = Repository.path("fixtures/images/odd/wide.png")
    try run([
      "--model", Self.model, "--count", "2", "--part", "reconstruction", "--image", own,
      "--autoencoder", Self.model,
    ]) { folder, _ in
      let rows = try table("reconstruction.csv", in: folder)
      #expect(rows.texts("pictures")?.contains("wide.png") == true)
      #expect(Set(rows.texts("autoencoder") ?? []) == ["the model's own", "pipeline"])
      // The same network twice: the same numbers.
      let psnr = try #require(rows.numbers("psnr"))
      #expect(Array(psnr.prefix(3)) == Array(psnr.suffix(3)))
      for name in ["accuracy.csv", "pointing.csv"] {
        let path = folder.appendingPathComponent(name).path
        #expect(!FileManager.default.fileExists(atPath: path))
      }
    }
  }

  @Test("another first stage is named on the page, and is not called the model's own")
  func firstStage() throws {
    let stage = Repository.path("fixtures/model/vae")
    try run(["--vae", stage, "--count", "2", "--part", "reconstruction", "--autoencoder", stage]) {
      folder, _ in
      let rows = try table("reconstruction.csv", in: folder)
      #expect(Set(rows.texts("autoencoder") ?? []) == ["vae"])
      let page = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(page.contains("decoded by the first stage of \(stage)"))
    }
  }

  @Test("how far heatmaps can be believed: by pointing, and by what ablation changes")
  func attention() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try ModelReportCommand.run([
        "--pointing", "2", "--timesteps", "401", "--ablation", "2", "--steps", "2", "--seed", "3",
        "--output", folder.path,
      ])
      #expect(result.manifest.provenance == .trained)
      let pointing = try table("attention-pointing.csv", in: folder)
      #expect(Set(pointing.texts("aggregate") ?? []).count == 6)
      #expect(pointing.texts("subject")?.first == "all")
      #expect(Set(try table("pointing.csv", in: folder).texts("t") ?? []) == ["401"])
      let ablation = try table("attention-ablation.csv", in: folder)
      #expect(ablation.rows.count == 2 * 2 * 6)
      #expect(ablation.numbers("seed") == [3, 4].flatMap { Array(repeating: $0, count: 12) })
      #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/accuracy.csv"))
      try withBrowserPage(result.pagePath) { page in
        for timeline in 0...1 {
          let source =
            "document.querySelectorAll('.pictures')[\(timeline)].querySelector('img').src"
          let first: String = try page.evaluate(source)
          try page.run(
            """
            const slider = document.querySelectorAll('.timeline input')[\(timeline)];
            slider.value = 1;
            slider.dispatchEvent(new Event('input'));
            """)
          let second: String = try page.evaluate(source)
          #expect(first != second)
        }
        #expect(try page.problems() == [])
        #expect(try page.accessibilityProblems() == [])
      }
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--pointing", "0", mentions: "--pointing"),
    .usage("--ablation", "-1", mentions: "--ablation"),
    .usage("--part", "captions", "--layers", "up", mentions: "--layers"),
    .usage("--part", "captions", "--image", "x.png", mentions: "--part reconstruction"),
    .usage("--part", "captions", "--autoencoder", "x", mentions: "--autoencoder"),
    .usage("--part", "pointing", "--steps", "9", mentions: "--part captions or ablation"),
    .usage("--ablation", "2", "--batch", "4", mentions: "--part captions"),
    .usage("--part", "pointing", "--count", "2", "--layers", "sideways", mentions: "up 1.0"),
    .usage("--count", "1", mentions: "--count"),
    .usage("--sampler", "magic", mentions: "ddim"),
    .usage("--part", "beauty", mentions: "beauty"),
    .usage("--batch", "0", mentions: "--batch"),
    BadInput("a model that is not there", status: 66, mentions: "nowhere") {
      ["--model", $0.appendingPathComponent("nowhere").path]
    },
    BadInput("an autoencoder that is none", status: 65, mentions: "images") { _ in
      [
        "--model", model, "--part", "reconstruction", "--autoencoder",
        Repository.path("fixtures/images/scene.png"),
      ]
    },
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      ["--count", "2", "--output", "/proc/nothing"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "model-report") == [])
  }
}
