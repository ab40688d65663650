import Foundation
import Imaging
import Pages
import Records
import StorybookWorld
import Tensors
import TestSupport
import Testing

@Suite("storybook") struct StorybookCommandTests {
  private func run(_ arguments: [String], _ check: (URL, Page) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try StorybookCommand.run(["--output", folder.path] + arguments)
      try check(folder, result.page)
    }
  }

  private func table(_ name: String, in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("every identity that the page claims holds", arguments: ["1", "42", "77"])
  func residuals(seed: String) throws {
    try run(["--count", "12", "--seed", seed]) { _, page in
      #expect(page.residuals.count == 7)
      for residual in page.residuals { #expect(residual.holds, "\(residual.measured)") }
    }
  }

  @Test("tables have a row for each scene, class and frequency")
  func tables() throws {
    try run(["--count", "60", "--split", "held-out", "--size", "32"]) { folder, _ in
      let scenes = try table("scenes.csv", in: folder)
      #expect(scenes.numbers("scene") == (0..<60).map(Double.init))
      #expect(scenes.texts("split")?.allSatisfy { $0 == "held-out" } == true)
      let frequencies = try table("frequencies.csv", in: folder)
      let probabilities = try #require(frequencies.numbers("probability"))
      #expect(abs(probabilities.reduce(0, +) - 7) < 1e-9)
      let shares = try #require(frequencies.numbers("share"))
      for (share, probability) in zip(shares, probabilities) {
        #expect(abs(share - probability) < 0.06)
      }
      #expect(try table("spectrum.csv", in: folder).rows.count == 16)
      let pictures = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("images").path)
      #expect(pictures.count == 48 + 2)
    }
  }

  @Test("a data set has a picture, a caption and its masks for every scene")
  func dataset() throws {
    try run(["--count", "70", "--size", "24", "--dataset"]) { folder, _ in
      let captions = try table("dataset/captions.csv", in: folder)
      #expect(captions.rows.count == 70)
      let data = folder.appendingPathComponent("dataset")
      let kinds = try #require(captions.texts("second-kind"))
      let skies = try #require(captions.texts("sky"))
      for (i, file) in (captions.texts("file") ?? []).enumerated() {
        let picture = try PictureFile.read(data.appendingPathComponent(file).path).tensor()
        #expect(picture.shape == [1, 3, 24, 24])
        let stem = String(file.dropFirst("pictures/".count).dropLast(".png".count))
        func hasMask(_ name: String) -> Bool {
          let path = data.appendingPathComponent("masks/\(stem)-\(name).png").path
          return FileManager.default.fileExists(atPath: path)
        }
        #expect(hasMask("time") && hasMask("ground") && hasMask("first"))
        #expect(hasMask("second") == (kinds[i] != "nothing"))
        #expect(hasMask("sky") == (skies[i] != "nothing"))
      }
    }
  }

  @Test("pointing at a word lights what it names, and pointing there the word")
  func pointing() throws {
    try withTemporaryFolder { parent in
      let result = try StorybookCommand.run([
        "--count", "3", "--output", parent.appendingPathComponent("out").path,
      ])
      try withBrowserPage(result.pagePath) { page in
        try page.waitUntil("document.querySelectorAll('.scene .words button').length > 3")
        func brightness() throws -> Double {
          try page.evaluate(
            """
            (() => {
              const canvas = document.querySelector('.scene canvas');
              const data = canvas.getContext('2d').getImageData(0, 0, 128, 128).data;
              return data.reduce((sum, value) => sum + value, 0) / data.length;
            })()
            """)
        }
        let whole = try brightness()
        try page.point(at: ".scene .words button:nth-of-type(2)")
        #expect(try brightness() < 0.8 * whole)
        try page.point(at: ".scene canvas", x: 0.5, y: 0.98)
        let lit: [String] = try page.evaluate(
          "[...document.querySelectorAll('.scene .lit')].map(word => word.textContent)")
        #expect(lit.count == 1 && ["grass", "sand", "snow", "sea"].contains(lit.first))
        try page.press("End")
        try page.waitUntil(
          "document.querySelector('.scene .words').textContent.includes('orange ball')")
        #expect(try page.problems() == [])
      }
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--count", "0", mentions: "--count"),
    .usage("--size", "9", mentions: "--size"),
    .usage("--split", "test", mentions: "held-out"),
    .usage("--seed", "-1", mentions: "-1"),
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      ["--count", "1", "--output", "/proc/nothing"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "storybook") == [])
  }
}
