import AttentionMaps
import Checkpoints
import Commands
import Foundation
import Imaging
import Records
import Tensors
import TestSupport
import Testing

@Suite("attention-maps, several beside each other") struct AttentionComparisonTests {
  private static let common =
    AttentionMapsCommandTests.model + ["--sampler", "ddim", "--steps", "3", "--tensors"]

  private func run<R>(
    _ arguments: [String], _ body: (_ folder: URL, InspectorResult) throws -> R
  ) throws -> R {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try AttentionMapsCommand.run(
        Self.common + arguments + ["--output", folder.path])
      return try body(folder, result)
    }
  }

  private func heat(_ folder: URL, _ name: String) throws -> Tensor {
    try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      .tensor(named: name)
  }

  @Test("a LoRA: maps without it and with it, or only with it where more is asked")
  func lora() throws {
    try withTemporaryFolder { parent in
      let lora = ["--lora", Repository.path("fixtures/golden/lora/kohya.safetensors")]
      func maps(_ name: String, _ arguments: [String], _ table: String) throws -> CSVTable {
        let folder = parent.appendingPathComponent(name)
        let result = try AttentionMapsCommand.run(
          ["--prompt", "a red boat", "--steps", "2", "--output", folder.path] + arguments)
        for residual in result.page.residuals { #expect(residual.holds) }
        #expect(
          FileManager.default.fileExists(atPath: folder.appendingPathComponent("lora.csv").path))
        let text = try String(contentsOf: folder.appendingPathComponent(table), encoding: .utf8)
        return try #require(CSVTable(text: text))
      }
      let both = try maps("both", lora, "comparison.csv")
      #expect(both.texts("picture")?.first == "without the LoRA")
      #expect(both.texts("picture")?.last == "with the LoRA")
      let shares = try #require(both.numbers("mass"))
      #expect(shares.count == 6 && shares[2] != shares[5])
      _ = try maps("self", lora + ["--self-attention"], "attention.csv")
    }
  }

  @Test("two prompts from one noise: every word of both, maps as in a run of its own")
  func prompts() throws {
    let prompts = ["--prompt", "a red boat", "--prompt", "a house"]
    try run(prompts + ["--film"]) { folder, result in
      for residual in result.page.residuals { #expect(residual.holds) }
      let text = try String(
        contentsOf: folder.appendingPathComponent("comparison.csv"), encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      #expect(table.texts("word") == ["a", "red", "boat", "a", "house"])
      #expect(table.texts("column") == ["0", "0", "0", "1", "1"])
      let names = try #require(Manifest.of(folder: folder.path)).outputs.map(\.path)
      for name in ["contact-sheet.png", "film.png", "images/prompt-2.png"] {
        #expect(names.contains(name))
      }
      let alone = try run(["--prompt", "a house"]) { folder, _ in
        try heat(folder, "heatmap.mean")
      }
      let ours = try heat(folder, "heatmap.mean.prompt-2")
      #expect(ours.shape == alone.shape && ours.maxAbsDifference(from: alone) < 1e-6)
      try withBrowserPage(result.pagePath, width: 500) { page in
        let source = "[...document.querySelectorAll('.picture-table img')].map(i => i.src)"
        let last: [String] = try page.evaluate(source)
        try page.press("Home")
        let first: [String] = try page.evaluate(source)
        // A row for each of four words, a column for each of two prompts.
        #expect(last.count == 8 && first != last)
        #expect(try page.problems() == [])
        #expect(try page.accessibilityProblems() == [])
      }
    }
  }

  @Test(
    "what cannot stand beside each other is refused by name",
    arguments: [
      BadInput.usage("--seed", "1-9", mentions: "at most 8"),
      .usage("--seed", "1-2", "--image", "x.png", mentions: "--image"),
      .usage("--seed", "1-2", "--unconditional", mentions: "--unconditional"),
    ])
  func refused(_ input: BadInput) throws {
    #expect(try input.problems(of: "attention-maps") == [])
  }
}
