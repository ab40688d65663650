import CheckpointContents
import Checkpoints
import Commands
import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("checkpoint") struct CheckpointCommandTests {
  private static let files = Repository.path("fixtures/golden/weight-files")

  private func run(_ arguments: [String], _ check: (URL, Page, Manifest) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try CheckpointCommand.run(arguments + ["--output", folder.path])
      for residual in result.page.residuals { #expect(residual.holds, "\(residual.measured)") }
      try check(folder, result.page, result.manifest)
    }
  }

  private func table(_ name: String, in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("without an argument it looks at the bundled model")
  func shipped() throws {
    try run([]) { folder, page, manifest in
      let tensors = try table("tensors.csv", in: folder)
      #expect(
        tensors.columns == [
          "name", "module", "shape", "type", "bytes", "mean", "std", "min", "max", "zeros",
          "nonfinite",
        ])
      #expect(tensors.rows.count == 550 && page.residuals.count == 3)
      #expect(manifest.provenance == .trained && manifest.inputs.allSatisfy { $0.sha256 != nil })
      let html = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      // Where nothing stands out, no point is said to be worth a look first.
      #expect(html.contains("Here none is broken") && !html.contains("where to look first"))
      #expect(html.contains("title=\"spread of vectors: biases and norms\""))
    }
    try run(["\(Self.files)/numbers.safetensors"]) { folder, _, _ in
      let html = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(!html.contains("Here none is broken") && html.contains("where to look first"))
    }
  }

  @Test("--headers-only reads no number and makes no digest")
  func headersOnly() throws {
    try run(["\(Self.files)/numbers.gguf", "--headers-only"]) { folder, _, manifest in
      let tensors = try table("tensors.csv", in: folder)
      #expect(tensors.rows.count == 5 && Set(tensors.texts("mean") ?? []) == [""])
      #expect(manifest.inputs.map(\.sha256) == [nil] && manifest.inputs.first?.bytes == 1184)
    }
  }

  @Test("--against tells equal, changed, misshaped and missing tensors apart")
  func against() throws {
    let arguments = [
      "\(Self.files)/numbers.safetensors", "--against", "\(Self.files)/changed.safetensors",
    ]
    try run(arguments) { folder, page, _ in
      let differences = try table("differences.csv", in: folder)
      let status = Dictionary(
        uniqueKeysWithValues: zip(
          differences.texts("name") ?? [], differences.texts("status") ?? []))
      #expect(
        status == [
          "down.0.bias": "same", "down.0.weight": "changed", "down.norm.weight": "same",
          "lost": "same", "mid.brain": "only here", "mid.far": "other shape", "mid.half": "changed",
          "odd": "same", "up.weight": "only there",
        ])
      #expect(page.residuals.count == 4)
    }
  }

  @Test("a network within a whole is compared under its prefix")
  func prefixes() throws {
    let whole = try WeightListing(Repository.path("fixtures/model"))
    let part = try WeightListing(Repository.path("fixtures/model/unet"))
    let matching = Matching(whole, part)
    #expect(matching.prefix == "unet/" && matching.onlyInOther.isEmpty)
    #expect(matching.pairs.count == part.tensors.count)
    #expect(Matching(part, whole).otherPrefix == "unet/")
    let comparison = try Comparison(matching)
    #expect(comparison.count(.same) == part.tensors.count)
  }

  @Test("of a file nobody knows whether its weights were trained, and the page does not say it")
  func origin() throws {
    try run(["\(Self.files)/numbers.safetensors"]) { folder, _, _ in
      let html = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(html.contains(">weights as they lie in the file</span>"))
      #expect(!html.contains(">trained weights</span>"))
    }
  }

  @Test("a pickle that would run a program is told first, and once")
  func danger() throws {
    try run([Repository.path("fixtures/golden/torch-files/system-zip.ckpt")]) { folder, page, _ in
      let html = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      let warning = try #require(html.range(of: "DANGEROUS: system-zip.ckpt would run"))
      let kind = try #require(html.range(of: "Why it is thought so"))
      let table = try #require(html.range(of: "What the pickle would run"))
      #expect(warning.lowerBound < kind.lowerBound && table.lowerBound < kind.lowerBound)
      #expect(html.components(separatedBy: "DANGEROUS: system-zip.ckpt").count == 2)
    }
    try run(["\(Self.files)/numbers.safetensors"]) { folder, _, _ in
      let html = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(!html.contains("DANGEROUS"))
    }
  }

  @Test("a folder of peft is looked at, and a tensor of another shape is in both")
  func folderOfPeft() throws {
    try run([Repository.path("fixtures/golden/lora/peft")]) { folder, _, _ in
      let tensors = try table("tensors.csv", in: folder)
      #expect(tensors.texts("name")?.contains { $0.contains("lora_A") } == true)
    }
    let comparison = try Comparison(
      Matching(
        WeightListing("\(Self.files)/numbers.safetensors"),
        WeightListing("\(Self.files)/changed.safetensors")))
    let all = comparison.modules.reduce((lone: 0, other: 0)) {
      ($0.lone + $1.unpaired, $0.other + $1.incomparable)
    }
    #expect(all.lone == comparison.count(.onlyHere) + comparison.count(.onlyThere))
    #expect(all.other == comparison.count(.otherShape) + comparison.count(.notRead))
    #expect(comparison.count(.otherShape) > 0)
  }

  @Test("what is not finite, all zero or all the same stands out")
  func suspicions() throws {
    let listing = try WeightListing("\(Self.files)/numbers.safetensors")
    let contents = Contents(listing, try listing.statistics())
    #expect(
      contents.suspicions.map(\.entry.tensor.name) == [
        "lost", "odd", "down.0.bias", "down.norm.weight",
      ])
    #expect(contents.suspicions.map(\.isGrave) == [true, true, false, false])
  }

  @Test("modules hold all tensors once, and the boxes of a map have the areas of their numbers")
  func modules() throws {
    let names = ["a.b.c.w", "a.b.c.v", "a.d.w", "lora_unet_x.up", "z"]
    let module = Module(names: names, counts: [1, 2, 3, 4, 5])
    #expect(module.all.sorted() == [0, 1, 2, 3, 4] && module.parameters == 15)
    #expect(module.children.map(\.name) == ["a", "lora_unet_x"])
    #expect(module.groups(of: 2).map(\.path) == ["", "a.b.c", "a.d", "lora_unet_x"])
    let box = Treemap.Box(x: 0, y: 0, width: 2, height: 1)
    let sizes = [6.0, 6, 4, 3, 2, 2, 1]
    for (size, tile) in zip(sizes, Treemap.squarified(sizes, in: box)) {
      #expect(abs(tile.area - size / 12) < 1e-12)
      #expect(tile.x >= -1e-12 && tile.x + tile.width <= 2 + 1e-12)
    }
  }

  @Test("a dangerous pickle stands out, and a file without tensors says that it has none")
  func dangerous() throws {
    try withTemporaryFolder { parent in
      let bad = Repository.path("fixtures/golden/torch-files/system-zip.ckpt")
      let console = Console.memory()
      let folder = parent.appendingPathComponent("out").path
      let result = try CheckpointCommand.run([bad, "--output", folder], console: console)
      #expect(console.output.contains("DANGEROUS: a pickle that would run a program"))
      let text = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(!text.contains("they begin with ."))
    }
  }

  static let mistakes: [BadInput] = [
    BadInput("a folder without weights", status: 65, mentions: "holds no weights") { [$0.path] },
    .usage("a.ckpt", "--against", "b.ckpt", "--headers-only", mentions: "--headers-only"),
    .usage("--against", "", mentions: "--against"),
    .usage("--model", "a.ckpt", mentions: "checkpoint PATH"),
    BadInput("a file that is not there", status: 66, mentions: "nowhere.ckpt") {
      [$0.appendingPathComponent("nowhere.ckpt").path]
    },
    text("a pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs"),
    text("a web page", "<!DOCTYPE html><title>Sign in</title>", "a web page"),
    text("an empty file", "", "empty"),
    BadInput("a broken download", status: 65, mentions: "download it again") { folder in
      let whole = try Data(contentsOf: URL(fileURLWithPath: "\(files)/numbers.safetensors"))
      let path = folder.appendingPathComponent("m.safetensors")
      try whole.prefix(whole.count - 9).write(to: path)
      return [path.path]
    },
    BadInput("a variant of one file", status: 65, mentions: "--variant") { _ in
      ["\(files)/numbers.gguf", "--variant", "fp16"]
    },
    BadInput("a variant that is not there", status: 66, mentions: "model.fp16.safetensors") { _ in
      [Repository.path("fixtures/model/text_encoder"), "--variant", "fp16"]
    },
    text("something else", "abcdefgh", "GGUF"),
  ]

  private static func text(_ name: String, _ text: String, _ mentions: String) -> BadInput {
    BadInput(name, status: 65, mentions: mentions) { folder in
      let path = folder.appendingPathComponent("m.safetensors")
      try Data(text.utf8).write(to: path)
      return [path.path]
    }
  }

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "checkpoint") == [])
  }

  @Test("its page works by itself and for everybody, also with a pickle that would run a program")
  func page() throws {
    let bad = Repository.path("fixtures/golden/torch-files/system-zip.ckpt")
    for arguments in [[bad], ["\(Self.files)/numbers.safetensors"]] {
      try run(arguments) { folder, _, _ in
        let path = folder.appendingPathComponent("index.html").path
        try withBrowserPage(path) { page in
          let problems = try page.problems()
          #expect(problems == [])
        }
        #expect(try accessibilityProblems(ofPage: path) == [])
      }
    }
  }
}
