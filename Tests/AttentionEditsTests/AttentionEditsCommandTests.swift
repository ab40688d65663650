import AttentionEdits
import Checkpoints
import Commands
import Foundation
import Imaging
import LatentDiffusion
import ModelSupport
import Networks
import Records
import TestSupport
import Testing

@Suite("attention-edits") struct AttentionEditsCommandTests {
  /// The golden folder names PNDM, whose first timestep after the start comes twice.
  private static let ddim = [
    "--model", Repository.path("fixtures/golden/pipeline"), "--sampler", "ddim", "--steps", "3",
  ]

  private func run<R>(
    _ arguments: [String], _ body: (_ folder: URL, InspectorResult) throws -> R
  ) throws -> R {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try AttentionEditsCommand.run(arguments + ["--output", folder.path])
      return try body(folder, result)
    }
  }

  private func table(_ folder: URL) throws -> CSVTable {
    let path = folder.appendingPathComponent("change.csv")
    return try #require(CSVTable(text: String(contentsOf: path, encoding: .utf8)))
  }

  @Test("changes attention and says where the picture changes")
  func changes() throws {
    let changes = ["--ablate", "boat", "--scale", "red=2", "--swap", "boat=tent", "--tensors"]
    try run(Self.ddim + ["--prompt", "a red boat"] + changes) { folder, result in
      let table = try table(folder)
      #expect(
        table.columns == [
          "intervention", "word", "prompt", "aggregate", "area", "change_inside", "ratio",
          "mean_change", "max_change",
        ])
      #expect(table.rows.count == 3 * 6)
      #expect(
        Set(try #require(table.texts("intervention")))
          == ["ablate boat", "scale red=2.0", "swap boat=tent"])
      #expect(Set(try #require(table.texts("prompt"))) == ["a red boat", "a red tent"])
      #expect(try #require(table.numbers("mean_change")).allSatisfy { $0 > 0 })
      let shares = try #require(table.numbers("change_inside"))
      #expect(shares.allSatisfy { $0 >= 0 && $0 <= 1 })
      for residual in result.page.residuals { #expect(residual.holds) }
      #expect(result.page.residuals.count == 2)
      for name in ["picture", "variant-2", "change-2", "heatmap-2"] {
        let path = folder.appendingPathComponent("images/\(name).png").path
        #expect(try PictureFile.read(path).image.width == 48)
      }
    }
  }

  @Test("the page names the walk that was taken, and a timestep beyond the schedule is refused")
  func walk() throws {
    let options = Self.ddim + ["--prompt", "a red boat", "--ablate", "boat"]
    try run(options + ["--eta", "0.5"]) { _, result in
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("ddim, 3 steps, leading timesteps, η = 0.5"))
    }
    let error = #expect(throws: (any Error).self) {
      try run(options + ["--timesteps", "5000"]) { _, _ in }
    }
    #expect(String(describing: error).contains("--timesteps"))
  }

  private func pixels(_ name: String, _ folder: URL) throws -> [UInt8] {
    let path = folder.appendingPathComponent("images/\(name).png").path
    return try PictureFile.read(path).image.rgb.pixels
  }

  /// In values of 8 bits; matrices that are looked at are computed by another way, to rounding.
  private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    a.count == b.count ? zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0 : 255
  }

  @Test("with a LoRA the picture is the one that text-to-image draws with it")
  func lora() throws {
    let lora = Repository.path("fixtures/golden/lora/kohya.safetensors")
    let words = Repository.path("fixtures/golden/learned-words/learned_embeds.bin")
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
      .learning([LearnedWord(LearnedWordChoice(words))])
    var request = GenerationRequest(prompt: "a <teal> boat", sampler: .ddim, guidanceScale: 3)
    request.steps = 2
    let plain = try drawnPixels(request, with: model)
    _ = try LoRAAddition([LoRAChoice(lora, scale: 1)], to: model).add()
    let options = ["--prompt", "a <teal> boat", "--erase", "boat", "--steps", "2"]
    try run(options + ["--lora", lora, "--embedding", words]) { folder, result in
      let found = try pixels("picture", folder)
      #expect(try distance(found, drawnPixels(request, with: model)) <= 1)
      #expect(distance(found, plain) > 8)
      #expect(result.manifest.settings["lora"] == .list([.text("\(lora)=1.0")]))
      #expect(result.page.residuals.count > 2)
      for residual in result.page.residuals { #expect(residual.holds) }
      #expect(
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("lora.csv").path))
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("all with the LoRA"))
    }
  }

  @Test("weights of words are heard by every picture; a swapped word takes the old one's")
  func weights() throws {
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/golden/pipeline"))
    var request = GenerationRequest(prompt: "a (red boat:1.6)", sampler: .ddim, guidanceScale: 5)
    (request.steps, request.reading.marks, request.clipSkip) = (3, .a1111, 1)
    let options = [
      "--prompt", request.prompt, "--prompt-weights", "a1111", "--guidance-scale", "5",
      "--clip-skip", "1",
    ]
    let changes = ["--swap", "boat=tent", "--erase", "red", "--cross-replace", "0"]
    try run(Self.ddim + options + changes + ["--self-replace", "0"]) { folder, result in
      for residual in result.page.residuals { #expect(residual.holds) }
      let first = try pixels("picture", folder)
      #expect(try distance(first, drawnPixels(request, with: model)) <= 1)
      request.prompt = "a (red tent:1.6)"
      let labels = try #require(table(folder).texts("intervention"))
      let isErasedFirst = labels[0].hasPrefix("erase")
      let swapped = try pixels("variant-\(isErasedFirst ? 1 : 0)", folder)
      #expect(try distance(swapped, drawnPixels(request, with: model)) <= 1)
      #expect(distance(swapped, first) > 1)
      #expect(Set(try #require(table(folder).texts("prompt"))) == ["a red boat", "a red tent"])
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("weights of words as a1111 reads them"))
    }
  }

  @Test("a word is erased from the prompt as its marks weigh it", arguments: ["a1111", "compel"])
  func erasedWeights(rule: String) throws {
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/golden/pipeline"))
    func hiding(_ prompt: String, _ marks: PromptMarks) throws -> EncodedPrompts {
      var request = GenerationRequest(prompt: prompt, sampler: .ddim)
      request.reading.marks = marks
      return try Generation(request, with: model).prompts(hiding: [2])
    }
    let marks = try #require(PromptMarks(rawValue: rule))
    let marked = try hiding(rule == "a1111" ? "a red (boat:0.5)" : "a red (boat)0.5", marks)
    let plain = try hiding("a red boat", .plain)
    let neutral = try hiding("a red boat", marks)
    // Without a mark nothing is weighed; with one the hidden word stays hidden.
    #expect(neutral.conditional.maxAbsDifference(from: plain.conditional) < 1e-6)
    #expect(marked.conditional.maxAbsDifference(from: plain.conditional) > 1e-2)
    let whole = try model.encode(
      prompt: rule == "a1111" ? "a red (boat:0.5)" : "a red (boat)0.5", negativePrompt: "",
      reading: PromptReading(marks: marks))
    #expect(marked.conditional.maxAbsDifference(from: whole.conditional) > 1e-2)
    #expect(marked.weights == whole.weights)
  }

  @Test("with nothing asked for, the first thing of the prompt is ablated, erased and swapped")
  func usual() throws {
    for (prompt, words) in [
      ("a red tree and a green house", ["tree", "tree", "tree=boat"]),
      ("in the submarine", ["submarine", "submarine", "submarine=tree"]),
    ] {
      try run(Self.ddim + ["--prompt", prompt]) { folder, result in
        let labels = zip(["ablate ", "erase ", "swap "], words).map { $0 + $1 }
        let found = try table(folder).texts("intervention") ?? []
        #expect(Set(found) == Set(labels))
        let settings = result.manifest.settings
        #expect(settings["swap"] == .list([.text(words[2])]))
        #expect(settings["cross-replace"] == .number(0.8))
      }
    }
  }

  @Test("what was cut off and what was never met is told, of a swapped word too")
  func notices() throws {
    try withTemporaryFolder { parent in
      let console = Console.memory()
      let arguments = ["--prompt", "a red boat on the sea by day", "--steps", "1"]
      try AttentionEditsCommand.run(
        arguments + ["--swap", "boat=dragon", "--output", parent.path + "/out"], console: console)
      let notice = "attention-edits: note: swap boat=dragon: the model never met 'dragon'"
      #expect(console.errors.hasPrefix(notice), "\(console.errors)")
      #expect(console.errors.filter { $0 == "\n" }.count == 1)
    }
  }

  @Test("where nothing changed the page and the table say so, and no number is made up")
  func unchanged() throws {
    try run(Self.ddim + ["--prompt", "a red boat", "--scale", "boat=1"]) { folder, result in
      #expect(result.notices.contains { $0.hasPrefix("scale boat=1.0: nothing changed") })
      let table = try table(folder)
      #expect(try #require(table.numbers("mean_change")).allSatisfy { $0 == 0 })
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("no change") && !page.contains(">NaN"))
    }
  }

  @Test("marks in a new word are text, and that is told", arguments: ["a1111", "compel", "none"])
  func marksInNewWord(rule: String) throws {
    let new = rule == "compel" ? "tent++" : "(tent:1.3)"
    let options = ["--prompt", "a red boat", "--prompt-weights", rule, "--swap", "boat=\(new)"]
    try run(Self.ddim + options) { _, result in
      let told = result.notices.contains {
        $0.hasPrefix("swap boat=\(new): the marks of '\(new)' are read as text")
      }
      #expect(told == (rule != "none"), "\(result.notices)")
    }
    try run(Self.ddim + options.dropLast() + ["boat=tent"]) { _, result in
      #expect(!result.notices.contains { $0.contains("read as text") })
    }
  }

  @Test("its page shows another edit when another is chosen, and fits a telephone")
  func page() throws {
    try run(Self.ddim + ["--prompt", "a red boat"]) { _, result in
      try withBrowserPage(result.pagePath, width: 360) { page in
        func shown() throws -> [String] {
          try page.evaluate(
            "[...document.querySelectorAll('.pictures img')].map(image => image.src)")
        }
        let first = try shown()
        try page.run(
          """
          const option = document.querySelectorAll('.choice input')[2];
          option.checked = true;
          option.dispatchEvent(new Event('change'));
          """)
        let last = try shown()
        #expect(first.count == 5 && zip(first, last).map { $0 == $1 }.filter(\.self).count == 2)
        let width: Int = try page.evaluate("document.documentElement.scrollWidth")
        #expect(width <= 361)
        #expect(try page.problems() == [])
        #expect(try page.accessibilityProblems() == [])
      }
    }
  }

  private static let tooLong = String(repeating: "a red boat ", count: 10) + "dragon"

  static let mistakes: [BadInput] = [
    .usage("--ablate", "submarine", mentions: "--ablate"),
    .usage("--ablate", "boat", "--sigmas", "karras", mentions: "does nothing to ddim"),
    .usage("--ablate", "", mentions: "--ablate"),
    .usage("--prompt", tooLong, "--ablate", "dragon", mentions: "'dragon', which was cut off"),
    .usage("--prompt", tooLong, "--erase", "Dragon", mentions: "takes 22"),
    .usage("--prompt", tooLong, "--scale", "dragon=2", mentions: "was cut off"),
    .usage("--prompt", tooLong, "--swap", "dragon=boat", mentions: "was cut off"),
    .usage("--prompt", "", mentions: "--prompt"),
    .usage("--long-prompts", "chunks", mentions: "attention-maps --long-prompts"),
    .usage("--clip-skip", "9", mentions: "--clip-skip"),
    .usage("--prompt", "a BREAK b", "--prompt-weights", "a1111", mentions: "BREAK"),
    .usage("--ablate", "boat", "--erase", "boat", "--ablate", "boat", mentions: "once"),
    .usage("--scale", "boat", mentions: "moon=1.5"),
    .usage("--scale", "boat=nan", mentions: "--scale"),
    .usage("--swap", "=tent", mentions: "boat=tent"),
    .usage("--swap", "boat=Boat", mentions: "found the same"),
    .usage("--cross-replace", "0.5", mentions: "--swap"),
    .usage("--cross-replace", "1.5", "--swap", "boat=tent", mentions: "--cross-replace"),
    .usage("--layers", "sideways", mentions: "up 1.0"),
    .usage("--width", "13", mentions: "--width"),
    BadInput("a model that is not there", status: 66, mentions: "nowhere") { _ in
      ["--model", "nowhere"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "attention-edits") == [])
  }

  @Test("the executable explains itself")
  func smoke() throws {
    let outcome = try Executable("attention-edits").run(["--help"])
    #expect(outcome.status == 0)
    for option in ["--ablate", "--swap", "--cross-replace"] {
      #expect(outcome.output.contains(option))
    }
  }
}
