import AttentionMaps
import Checkpoints
import Commands
import Foundation
import Imaging
import LatentDiffusion
import Records
import Tensors
import TestSupport
import Testing

@Suite("attention-maps") struct AttentionMapsCommandTests {
  static let model = ["--model", Repository.path("fixtures/golden/pipeline")]
  /// The golden folder names PNDM, whose first timestep after the start comes twice.
  static let ddim = model + ["--sampler", "ddim"]
  static let scene = Repository.path("fixtures/images/scene.png")

  private func run<R>(
    _ arguments: [String], _ body: (_ folder: URL, InspectorResult) throws -> R
  ) throws -> R {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try AttentionMapsCommand.run(arguments + ["--output", folder.path])
      return try body(folder, result)
    }
  }

  private func table(_ folder: URL, _ name: String) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("writes every map's numbers, the words, the arrays, and the pictures")
  func files() throws {
    let arguments = Self.ddim + ["--prompt", "a red boat", "--steps", "3", "--tensors"]
    try run(arguments + ["--width", "80"]) { folder, result in
      for residual in result.page.residuals { #expect(residual.holds) }
      #expect(try accessibilityProblems(ofPage: result.pagePath) == [])
      let maps = try table(folder, "attention.csv")
      #expect(
        maps.columns == [
          "step", "t", "layer", "head", "height", "width", "token_index", "token", "word", "mass",
          "entropy", "peak_row", "peak_column",
        ])
      // 3 steps, 4 layers, 2 heads, 77 tokens.
      #expect(maps.rows.count == 3 * 4 * 2 * 77)
      let masses = try #require(maps.numbers("mass"))
      for start in stride(from: 0, to: masses.count, by: 77) {
        #expect(abs(masses[start..<start + 77].reduce(0, +) - 1) < 1e-5)
      }
      let arrays = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      let layers = try #require(maps.texts("layer"))
      let first = try arrays.tensor(named: "attention.667.\(layers[0])")
      #expect(first.shape == [2, 6, 10, 77])
      let boat = (0..<60).reduce(0.0) { $0 + Double(first[0, $1 / 10, $1 % 10, 3]) } / 60
      #expect(abs(boat - masses[3]) < 1e-6)
      let words = try table(folder, "words.csv")
      #expect(Set(try #require(words.texts("aggregate"))).count == 6)
      let heat = try arrays.tensor(named: "heatmap.daam")
      #expect(heat.shape == [6, 6, 10])
      for aggregate in ["mean", "daam", "prompt-to-prompt", "attend-and-excite"] {
        for name in ["own", "shared", "word-03"] {
          let path = folder.appendingPathComponent("images/\(aggregate)-\(name).png").path
          #expect(try PictureFile.read(path).image.width >= 80)
        }
      }
    }
  }

  @Test("keeps what was asked for alone")
  func selection() throws {
    let chosen = ["--layers", "up", "--heads", "1", "--timesteps", "501", "--resolution", "6"]
    try run(Self.model + ["--steps", "4"] + chosen) { folder, _ in
      let maps = try table(folder, "attention.csv")
      #expect(Set(try #require(maps.texts("t"))) == ["501"])
      #expect(Set(try #require(maps.texts("head"))) == ["1"])
      #expect(maps.rows.count == 2 * 77)
      #expect(try #require(maps.texts("layer")).allSatisfy { $0.hasPrefix("up_blocks.1") })
    }
  }

  @Test("looks at a person's picture at the timesteps that were named, also in the other half")
  func picture() throws {
    let arguments = ["--image", Self.scene, "--timesteps", "900,20", "--unconditional"]
    try run(Self.model + arguments + ["--self-attention", "--tensors", "--height", "64"]) {
      folder, result in
      for residual in result.page.residuals { #expect(residual.holds) }
      #expect(result.manifest.inputs.contains { $0.path == Self.scene })
      let maps = try table(folder, "attention.csv")
      #expect(Set(try #require(maps.texts("t"))) == ["900", "20"])
      let other = try table(folder, "attention-unconditional.csv")
      #expect(other.rows.count == maps.rows.count)
      #expect(other.texts("mass") != maps.texts("mass"))
      let rows = try table(folder, "self-attention.csv")
      let entropies = try #require(rows.numbers("entropy"))
      #expect(entropies.allSatisfy { $0 > 0 && $0 < 12 })
      let arrays = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      #expect(arrays.names.contains { $0.hasPrefix("self.900.down_blocks") })
      #expect(arrays.names.contains { $0.hasPrefix("unconditional.20.mid_block") })
    }
  }

  @Test("the walk that is looked at is that of text-to-image's options")
  func walk() throws {
    let arguments = Self.model + ["--sampler", "euler", "--steps", "3"]
    func visited(_ walk: [String]) throws -> [Double] {
      try run(arguments + walk) { folder, result in
        let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
        #expect(page.contains("karras sigmas") == !walk.isEmpty)
        return try #require(try table(folder, "steps.csv").numbers("t"))
      }
    }
    let (plain, karras) = (try visited([]), try visited(["--sigmas", "karras"]))
    #expect(plain.count == 3 && karras.count == 3 && karras[1] < plain[1])
  }

  @Test("odd prompts are prompts too", arguments: ["", "</script>\u{202e}", "a, a; a! \u{1F6A4}"])
  func prompts(prompt: String) throws {
    let changes = ["--prompt", prompt, "--steps", "2", "--unconditional"]
    try run(Self.model + changes) { _, result in
      for residual in result.page.residuals { #expect(residual.holds) }
    }
  }

  @Test(
    "marks of a prompt are weights, and its words go without them", arguments: ["a1111", "compel"])
  func weights(rule: String) throws {
    let prompt = rule == "a1111" ? "a (red:1.5) boat" : "a (red)1.5 boat"
    func masses(_ arguments: [String]) throws -> [String] {
      try run(Self.ddim + ["--steps", "2"] + arguments) { folder, result in
        for residual in result.page.residuals { #expect(residual.holds) }
        let maps = try table(folder, "attention.csv")
        #expect(
          Set(try #require(maps.texts("word")).filter { !$0.isEmpty }) == ["a", "red", "boat"])
        let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
        #expect(page.contains("The prompt&#39;s marks") == (arguments.count > 2))
        return try #require(maps.texts("mass"))
      }
    }
    let marked = ["--prompt", prompt, "--prompt-weights", rule]
    #expect(try masses(marked) != masses(["--prompt", "a red boat"]))
    try run(
      Self.model + marked + ["--image", Self.scene, "--timesteps", "500", "--height", "64"]
    ) { folder, _ in
      let words = try #require(table(folder, "words.csv").texts("word"))
      #expect(Set(words).isSuperset(of: ["a", "red", "boat"]) && !words.contains("("))
    }
  }

  @Test("a long prompt is cut and says so")
  func truncation() throws {
    let long = Array(repeating: "boat", count: 90).joined(separator: " ")
    try run(Self.ddim + ["--prompt", long, "--steps", "1"]) { folder, result in
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("ddim, 1 step, leading timesteps, "))
      #expect(page.contains("the prompt has 90 tokens and the model takes 75"))
    }
  }

  @Test("a long prompt in sequences has the words of all, and every pixel still shares out 1")
  func sequences() throws {
    let long = Array(repeating: "boat", count: 90).joined(separator: " ") + " tree"
    let arguments = ["--prompt", long, "--steps", "1", "--long-prompts", "chunks"]
    try run(Self.ddim + arguments + ["--unconditional"]) { folder, result in
      for residual in result.page.residuals { #expect(residual.holds) }
      for name in ["attention.csv", "attention-unconditional.csv"] {
        let maps = try table(folder, name)
        #expect(maps.rows.count == 4 * 2 * 154)
        let masses = try #require(maps.numbers("mass"))
        for start in stride(from: 0, to: masses.count, by: 154) {
          #expect(abs(masses[start..<start + 154].reduce(0, +) - 1) < 1e-5)
        }
      }
      let words = try table(folder, "words.csv")
      let trees = zip(try #require(words.texts("word")), try #require(words.texts("tokens")))
        .filter { $0.0 == "tree" }.map(\.1)
      #expect(Set(trees) == ["93"])
      // Attend-and-Excite leaves out the first and the last token of each sequence.
      let aggregates = try #require(words.texts("aggregate"))
      let starts = zip(aggregates, try #require(words.texts("kind"))).filter { $0.1 == "start" }
      #expect(starts.count == 5 && !starts.contains { $0.0 == "attend-and-excite" })
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("reads 2 sequences for each prompt") && !page.contains("dropped from"))
    }
  }

  @Test("layers that a prompt does not pass are left out, drawn or looked at")
  func clipSkip() throws {
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/golden/pipeline"))
    let expected = model.encode(prompt: "a red boat", skippingLast: 1).conditional
    #expect(
      model.encode(prompt: "a red boat").conditional.maxAbsDifference(from: expected) > 0.1)
    let looked = ["--image", Self.scene, "--timesteps", "500", "--height", "64"]
    for way in [["--steps", "1"], looked] {
      let arguments = Self.model + way + ["--prompt", "a red boat", "--clip-skip", "1"]
      try run(arguments + ["--tensors"]) { folder, result in
        let arrays = try SafetensorsFile(
          folder.appendingPathComponent("tensors.safetensors").path)
        let heard = try arrays.tensor(named: "text.conditional")
        #expect(heard.maxAbsDifference(from: expected) < 1e-6)
        for residual in result.page.residuals { #expect(residual.holds) }
        let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
        #expect(page.contains("pixels, without the last layer of the text encoder"))
      }
    }
  }

  @Test("every map of 50 steps of the small model stays under 1 GB, and the page under 15 MB")
  func memory() throws {
    try withTemporaryFolder { parent in
      let outcome = try Executable("attention-maps").run(
        ["--output", parent.appendingPathComponent("out").path, "--tensors", "--unconditional"],
        in: Repository.root)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let manifest = try Data(
        contentsOf: parent.appendingPathComponent("out/manifest.json"))
      let object = try JSONSerialization.jsonObject(with: manifest) as? [String: Any]
      let peak = try #require(object?["peakMemoryBytes"] as? Int)
      #expect(peak < 1_000_000_000, "\(peak) bytes")
      let page = try Data(contentsOf: parent.appendingPathComponent("out/index.html"))
      #expect(page.count < 15_000_000)
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--layers", "sideways", mentions: "up 1.0"),
    .usage("--layers", ",", mentions: "--layers"),
    .usage("--prompt", "a BREAK b", "--prompt-weights", "a1111", mentions: "BREAK"),
    .usage("--clip-skip", "9", "--steps", "1", mentions: "--clip-skip"),
    .usage("--clip-skip", "9", "--image", scene, mentions: "--clip-skip"),
    .usage("--heads", "x", mentions: "--heads"),
    .usage("--heads", "99", mentions: "--heads"),
    .usage("--resolution", "0", mentions: "--resolution"),
    .usage("--resolution", "17", mentions: "16x16"),
    .usage("--timesteps", "-5", mentions: "--timesteps"),
    .usage("--timesteps", "5000", mentions: "--timesteps"),
    .usage("--image", scene, "--steps", "5", mentions: "--steps"),
    .usage("--image", scene, "--timesteps", "1000", mentions: "--timesteps"),
    .usage("--image", scene, "--width", "13", mentions: "--width"),
    .usage("--image", scene, "--negative-prompt", "sea", mentions: "--unconditional"),
    .usage("--architecture", "sd-v1", "--model", "x", mentions: "--architecture"),
    .usage("--architecture", "sd-v1", "--variant", "fp16", mentions: "--variant"),
    .usage("--sampler", "dream", mentions: "euler-ancestral"),
    .usage("--sampler", "ddim", "--sigmas", "karras", mentions: "--sigmas"),
    .usage("--image", scene, "--eta", "1", mentions: "--eta"),
    .usage("--steps", "0", mentions: "--steps"),
    .usage("--ablate", "boat", mentions: "attention-edits --ablate"),
    .usage("--evaluate-ablation", "5", mentions: "model-report --ablation"),
    BadInput("a model that is not there", status: 66, mentions: "nowhere") { _ in
      ["--model", "nowhere"]
    },
    BadInput("an autoencoder alone", status: 65, mentions: "not one of its parts") { _ in
      ["--model", Repository.path("fixtures/golden/pipeline/vae")]
    },
  ]

  @Test(
    "answers bad input with one line and the right status", arguments: mistakes + BadInput.images)
  func badInput(_ input: BadInput) throws {
    let problems = try input.problems(of: "attention-maps")
    #expect(problems == [])
  }

  @Test("the executable explains itself")
  func smoke() throws {
    let outcome = try Executable("attention-maps").run(["--help"])
    #expect(outcome.status == 0)
    for option in ["--layers", "--self-attention", "--unconditional"] {
      #expect(outcome.output.contains(option))
    }
  }
}
