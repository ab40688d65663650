import Commands
import Foundation
import Imaging
import Records
import TestSupport
import Testing
import TextToImage

@Suite("text-to-image --lora") struct LoRACommandTests {
  @Test("with a LoRA: the picture without it, with it, and what it changes in each layer")
  func lora() throws {
    let arguments = ["--prompt", "a red boat on the sea", "--steps", "2", "--seed", "3"]
    let lora = Repository.path("fixtures/golden/lora/kohya.safetensors")
    func image(_ folder: URL, _ name: String) throws -> [UInt8] {
      try PictureFile.read(folder.appendingPathComponent(name).path).image.rgb.pixels
    }
    let plain = try run(arguments) { folder, _ in try image(folder, "image.png") }
    try run(arguments + ["--lora", "\(lora)=-0.5"]) { folder, result in
      #expect(result.manifest.settings["lora"] == .list([.text("\(lora)=-0.5")]))
      #expect(result.manifest.inputs.contains { $0.path == lora })
      for residual in result.page.residuals { #expect(residual.holds) }
      #expect(try image(folder, "image-without-lora.png") == plain)
      #expect(try image(folder, "image.png") != plain)
      #expect(try image(folder, "lora-difference.png").contains { $0 > 0 })
      let text = try String(
        contentsOf: folder.appendingPathComponent("lora.csv"), encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      #expect(
        table.columns == [
          "number", "layer", "part", "kind", "form", "rank", "most_directions", "alpha", "scale",
          "norm", "relative_norm", "effective_rank", "file",
        ])
      #expect(Set(try #require(table.texts("part"))) == ["unet", "text_encoder"])
      #expect(table.numbers("scale")?.allSatisfy { $0 == -0.5 } == true)
      #expect(table.numbers("relative_norm")?.allSatisfy { $0 > 0 } == true)
      try withBrowserPage(result.pagePath, width: 500) { page in
        let width: Int = try page.evaluate("document.scrollingElement.scrollWidth")
        #expect(width <= 500)
        #expect(try page.problems() == [])
        #expect(try page.accessibilityProblems() == [])
      }
    }
    let early = Repository.path("fixtures/golden/lora/early.safetensors")
    try run(
      arguments + ["--lora", lora, "--lora", early, "--guidance-scale", "1,2"]
    ) { folder, result in
      let file = folder.appendingPathComponent("lora.csv").path
      #expect(FileManager.default.fileExists(atPath: file))
      let text = try String(
        contentsOf: folder.appendingPathComponent("lora-sum.csv"), encoding: .utf8)
      let sums = try #require(CSVTable(text: text))
      // Both change the same eleven layers, by chance in directions of their own.
      #expect(sums.rows.count == 11)
      for share in try #require(sums.numbers("agreement")) { #expect(0.5 < share && share < 0.9) }
      #expect(result.page.residuals.count == 4)
      for residual in result.page.residuals { #expect(residual.holds) }
    }
  }
}
