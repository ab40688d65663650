import CKernels
import Checkpoints
import Commands
import Foundation
import Imaging
import LatentDiffusion
import ModelSupport
import Records
import Tensors
import TestSupport
import Testing
import TextToImage

@Suite("text-to-image") struct TextToImageCommandTests {
  static let model = ["--model", Repository.path("fixtures/golden/pipeline")]
  /// The golden folder names PNDM, whose first timestep after the start comes twice.
  static let ddim = model + ["--sampler", "ddim"]
  static let scene = Repository.path("fixtures/images/scene.png")

  private func table(_ folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent("steps.csv"), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("a learned word is part of what the U-Net hears")
  func learnedWord() throws {
    let words = Repository.path("fixtures/golden/learned-words/learned_embeds.bin")
    let arguments = ["--embedding", words, "--steps", "1", "--guidance-scale", "1", "--tensors"]
    func heard(_ prompt: String) throws -> Tensor {
      try run(arguments + ["--prompt", prompt]) { folder, result in
        #expect(result.page.residuals.allSatisfy { $0.holds })
        let arrays = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
        return try arrays.tensor(named: "text.conditional")
      }
    }
    let golden = try SafetensorsFile(
      Repository.path("fixtures/golden/learned-words.safetensors")
    ).tensor(named: "final.0")
    let found = try heard("a <teal> boat")
    #expect(found.reshaped(golden.shape).maxAbsDifference(from: golden) < 1e-5)
    #expect(try heard("a teal boat").maxAbsDifference(from: found) > 0.1)
  }

  @Test("weights and long prompts are what the U-Net hears, and the page says how much each counts")
  func promptWeights() throws {
    let base = ["--steps", "1", "--guidance-scale", "2", "--tensors", "--prompt-weights", "a1111"]
    let long = "a (purple:1.3) boat " + String(repeating: "a moon ", count: 12)
    try run(base + ["--long-prompts", "chunks", "--prompt", long]) { folder, result in
      let arrays = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      #expect(arrays.info("text.conditional")?.shape == [1, 48, 96])
      #expect(arrays.info("text.unconditional")?.shape == [1, 48, 96])
      #expect(result.page.residuals.allSatisfy { $0.holds })
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("× 1.30") && page.contains("|"))
      #expect(page.contains("reads 2 sequences for each prompt, one by one: each is 24 tokens"))
      #expect(!page.contains("padding each is 48"))
    }
    #expect(throws: (any Error).self) {
      try run(base + ["--prompt", "a BREAK b"]) { _, _ in }
    }
  }

  @Test("bfloat16 is never taken unless it is asked for, and says how far it is from float32")
  func precision() throws {
    let arguments = Self.ddim + ["--prompt", "a red boat", "--steps", "2"]
    try run(arguments) { _, result in
      #expect(result.manifest.settings["precision"] == .text("float32"))
      #expect(result.manifest.settings["distance-from-float32"] == nil)
    }
    guard Precision.bfloat16.isNative else { return }
    for lists in [[], ["--seed", "1-2"]] {
      try run(arguments + ["--precision", "bfloat16"] + lists) { _, result in
        #expect(result.manifest.settings["precision"] == .text("bfloat16"))
        guard case .number(let distance) = result.manifest.settings["distance-from-float32"] else {
          Issue.record("no distance")
          return
        }
        #expect(0.0003..<0.1 ~= distance)
        #expect(result.notices.contains { $0.contains("from float32") })
        #expect(result.page.residuals.allSatisfy { $0.holds })
        #expect(result.page.residuals.contains { $0.measured == distance })
      }
    }
  }

  @Test("what memory is spent changes no number, and is said")
  func memory() throws {
    let arguments = Self.ddim + ["--prompt", "a red boat", "--steps", "2", "--tensors"]
    var arrays: [[String: [Float]]] = []
    for use in ["lean", "fast"] {
      try run(arguments + ["--memory", use]) { folder, result in
        #expect(result.manifest.settings["memory"] == .text(use))
        let file = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
        arrays.append(
          try file.names.reduce(into: [:]) { $0[$1] = try file.tensor(named: $1).elements })
      }
    }
    #expect(arrays[0].count > 2 && arrays[0] == arrays[1])
    try run(arguments) { _, result in
      // Two passes do not make up for fresh memory.
      #expect(result.manifest.settings["memory"] == .text("lean"))
    }
  }

  @Test("bfloat16 is refused where the processor does not multiply it, and so is any other name")
  func precisionRefused() {
    ck_limit_isa(CK_ISA_AVX512)
    defer { ck_limit_isa(CK_ISA_AVX512_BF16) }
    for (name, complaint) in [("bfloat16", "AVX512_BF16"), ("float16", "--precision")] {
      do {
        try run(["--precision", name]) { _, _ in }
        Issue.record("\(name) was taken")
      } catch {
        #expect(TextToImageCommand.exitCode(for: error).rawValue == 64)
        #expect(TextToImageCommand.message(for: error).contains(complaint))
      }
    }
  }

  @Test("keeps every step: table, pictures, arrays")
  func files() throws {
    let arguments = Self.ddim + ["--prompt", "a red boat", "--steps", "5", "--tensors"]
    try run(arguments) { folder, result in
      #expect(result.manifest.provenance == .trained)
      for residual in result.page.residuals { #expect(residual.holds) }
      let table = try table(folder)
      #expect(
        table.columns == [
          "step", "t", "sigma", "latent_mean", "latent_std", "epsilon_norm", "guidance_norm",
          "x0_std", "seconds",
        ])
      #expect(table.texts("step") == ["0", "1", "2", "3", "4"])
      #expect(table.texts("t") == ["801", "601", "401", "201", "1"])
      let arrays = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      let numbers = (0..<5).map { "00\($0)" }
      #expect(
        Set(arrays.names)
          == Set(
            ["text.conditional", "text.unconditional", "z.final", "image"]
              + numbers.flatMap { ["z.\($0)", "epsilon.\($0)"] }))
      let image = try arrays.tensor(named: "image")
      #expect(image.shape == [1, 3, 48, 48])
      #expect(image.moments.min >= 0 && image.moments.max <= 1)
      let written = try PictureFile.read(folder.appendingPathComponent("image.png").path).tensor()
      #expect(written.scaled(by: 0.5, plus: 0.5).maxAbsDifference(from: image) <= 0.5 / 255 + 1e-6)
      for number in numbers {
        let path = folder.appendingPathComponent("images/x0-\(number).png").path
        #expect(try PictureFile.read(path).image.width == 48)
      }
      let first = try arrays.tensor(named: "z.000").moments
      #expect(abs(try #require(table.numbers("latent_std")?.first) - first.std) < 1e-9)
    }
  }

  @Test("says on the terminal and on the page what was cut off and what was never met")
  func notices() throws {
    try withTemporaryFolder { parent in
      let console = Console.memory()
      let prompt = "a red castle " + String(repeating: "and a boat ", count: 9)
      let result = try TextToImageCommand.run(
        ["--prompt", prompt, "--steps", "1", "--quiet", "--output", parent.path + "/out"],
        console: console)
      let lines = console.errors.split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines.first?.hasPrefix("text-to-image: note: the prompt has ") == true)
      #expect(lines.last?.contains("never met 'castle' when") == true)
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.ranges(of: "<p class=\"notice\">Note: the ").count == 2)
    }
  }

  @Test("begins from a picture, and repaints part of one")
  func pictures() throws {
    let picture = ["--steps", "4", "--init-image", Self.scene]
    try run(Self.ddim + picture + ["--strength", "0.5"]) { folder, _ in
      #expect(try table(folder).rows.count == 2)
      let size = try PictureFile.read(folder.appendingPathComponent("image.png").path).image
      // The scene has 128×128 pixels, more than four times the 48×48 that the model knows.
      #expect((size.width, size.height) == (48, 48))
    }
    try withTemporaryFolder { parent in
      let mask = parent.appendingPathComponent("mask.png").path
      var white = Image(width: 128, height: 128, filledWith: .white)
      white.fill(x: 0, y: 0, width: 64, height: 128, with: .black)
      try PNG.write(white, to: mask)
      let size = ["--width", "64", "--height", "48"]
      try run(Self.ddim + picture + ["--mask", mask] + size) { folder, result in
        #expect(try table(folder).rows.count == 4)
        for residual in result.page.residuals { #expect(residual.holds) }
        let image = try PictureFile.read(folder.appendingPathComponent("image.png").path).image
        #expect((image.width, image.height) == (64, 48))
      }
    }
  }

  @Test("a JPEG is a picture to begin from, and a mask is its colour, whatever lies in its alpha")
  func maskWithAlpha() throws {
    let pictures = Repository.path("fixtures/golden/pictures")
    var drawn: [Image] = []
    for mask in ["white-rgba", "white-palette", "black-rgba"] {
      let files = ["orientation-1.jpg", "mask-\(mask).png"].map { "\(pictures)/\($0)" }
      let arguments = ["--init-image", files[0], "--mask", files[1], "--steps", "2"]
      try run(Self.model + arguments) { folder, _ in
        drawn.append(try PictureFile.read(folder.appendingPathComponent("image.png").path).image)
      }
    }
    #expect(drawn[0] == drawn[1] && drawn[0] != drawn[2])
  }

  @Test("a person's picture keeps its size within reason")
  func size() throws {
    let model = try LatentDiffusionModel(opening: Self.model[1])
    func size(_ height: Int, _ width: Int, asked: Int? = nil) -> [Int] {
      let size = model.size(for: .zeros([1, 3, height, width]), height: asked, width: nil)
      return [size.height, size.width]
    }
    #expect(size(96, 90) == [96, 88])
    #expect(size(480, 960) == [32, 64])
    #expect(size(5, 5) == [8, 8])
    #expect(size(1, 20_000) == [8, 4096])
    #expect(size(480, 960, asked: 56) == [56, 64])
  }

  @Test("the untrained model says so on every picture, and the page moves with the arrow keys")
  func untrained() throws {
    try withUntrainedModel { try stamped($0) }
  }

  private func stamped(_ model: String) throws {
    try run(["--model", model, "--steps", "3"]) { folder, result in
      #expect(result.manifest.provenance == .untrained)
      for residual in result.page.residuals { #expect(residual.holds) }
      for name in ["image.png", "images/x0-000.png"] {
        let picture = try PictureFile.read(folder.appendingPathComponent(name).path).image
        #expect(picture.height > 128 && picture[0, 0].red > 150)
      }
      try withBrowserPage(result.pagePath) { page in
        let source = "document.querySelector('.pictures img').src"
        let first: String = try page.evaluate(source)
        try page.press("ArrowRight")
        let second: String = try page.evaluate(source)
        let stamped: Bool = try page.evaluate("document.body.innerText.includes('UNTRAINED')")
        let problems = try page.problems()
        #expect(first != second && stamped && problems == [])
      }
    }
  }

  @Test("without --model it is the bundled model, which is trained")
  func shipped() throws {
    try run(["--steps", "2"]) { folder, result in
      #expect(result.manifest.provenance == .trained)
      let picture = try PictureFile.read(folder.appendingPathComponent("image.png").path).image
      #expect(picture.width == 128 && picture.height == 128)
      let page = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(page.contains("the sampler is ddim, as the model"))
      #expect(page.contains("the guidance scale is 3, as the model"))
    }
  }

  @Test(
    "what is done otherwise than by diffusers is said where the picture is shown",
    arguments: [
      (["--sampler", "plms"], "pndm"), (["--guidance-scale", "0.5"], "any scale up to 1"),
      (["--sampler", "pndm"], ""), (["--sampler", "lms"], ""),
    ])
  func departures(options: [String], words: String) throws {
    try run(Self.model + ["--steps", "3"] + options) { folder, _ in
      let page = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(words.isEmpty || page.contains(words))
      #expect(page.contains("class=\"notice\"") == !words.isEmpty)
    }
  }

  @Test("a prompt that is too long is reported on the page")
  func truncation() throws {
    let long = Array(repeating: "boat", count: 90).joined(separator: " ")
    try run(Self.model + ["--steps", "2", "--prompt", long, "--quiet"]) { folder, _ in
      let page = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(page.contains("the prompt has 90 tokens and the model takes 75"))
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--lora", "a.pt=strong", mentions: "a number behind '='"),
    .usage("--lora", "a.pt=nan", mentions: "from -100 to 100"),
    .usage("--lora", "=1", mentions: "file=scale"),
    BadInput("a LoRA that is not there", status: 66, mentions: "nowhere.pt") { _ in
      ["--lora", "nowhere.pt=0.5"]
    },
    BadInput("a LoRA of another model", status: 65, mentions: "another model") { _ in
      model + ["--lora", Repository.path("fixtures/golden/lora/kohya.safetensors")]
    },
    BadInput("a model as a LoRA", status: 65, mentions: "expected a LoRA's names") { _ in
      ["--lora", Repository.path("fixtures/model/unet/diffusion_pytorch_model.safetensors")]
    },
    .usage("--sampler", "dream", mentions: "euler-ancestral"),
    .usage("--width", "100", mentions: "try 96 or 104"),
    .usage("--height", "0", mentions: "--height"),
    .usage("--steps", "0", mentions: "--steps"),
    .usage("--steps", "1000", mentions: "--steps"),
    BadInput("a preview of other latents", status: 65, mentions: "expected 4, as") { _ in
      model + ["--preview", Repository.path("fixtures/autoencoders/kl-f16")]
    },
    .usage("--preview", "", mentions: "--preview"),
    .usage("--strength", "0.5", mentions: "--init-image"),
    .usage("--mask", "mask.png", mentions: "--init-image"),
    .usage("--init-image", "x.png", "--strength", "1.5", mentions: "--strength"),
    .usage("--guidance-scale", "nan", mentions: "--guidance-scale"),
    .usage("--init-image", scene, "--strength", "0.001", mentions: "leaves none to make"),
    // Before the picture is read, about which there is something to say: one line all the same.
    .usage("--init-image", scene, "--width", "64", "--strength", "0", mentions: "leaves none"),
    .usage("--sigmas", "linear", mentions: "--sigmas"),
    .usage("--sampler", "ddim", "--sigmas", "karras", mentions: "--sigmas does nothing to ddim"),
    .usage("--prompt-weights", "a1111", "--prompt", "a [b:c:0.5]", mentions: "[b:c:0.5]"),
    BadInput("a first stage of other latents", status: 65, mentions: "--vae: ") { _ in
      model + ["--vae", Repository.path("fixtures/autoencoders/kl-f4")]
    },
    .usage("--sampler", "euler,ddpm", "--spacing", "trailing", "--eta", "1", mentions: "eta"),
    .usage("--eta", "1.5", mentions: "--eta"),
    .usage("--sigmas", "beta", mentions: "does nothing to ddim"),
    .usage("--guidance-scale", "0x10", mentions: "--guidance-scale"),
    .usage("--seed", "-1", mentions: "--seed"),
    .usage("--seed", "1-4,x", mentions: "found 'x'"),
    .usage("--guidance-scale", "1,200", mentions: "found 200"),
    .usage("--sampler", "ddim,dream", mentions: "found 'dream'"),
    .usage("--prompt", "a", "--prompt", "a", mentions: "each prompt once"),
    .usage("--seed", "1-9", "--guidance-scale", "1,2,3,4,5,6,7,8", mentions: "at most 64"),
    .usage("--model", "", mentions: "--model"),
    .usage("--init-image", "", mentions: "--init-image"),
    BadInput("a model that is not there", status: 66, mentions: "nowhere") { _ in
      ["--model", "nowhere"]
    },
    BadInput("a picture that is not there", status: 66, mentions: "nowhere.png") { _ in
      ["--init-image", "nowhere.png"]
    },
    .usage("--init-image", "a.png", "--paste-back", mentions: "--mask"),
    .usage("--image-guidance-scale", "2", mentions: "--init-image"),
    .usage("--clip-skip", "-1", mentions: "--clip-skip"),
    .usage("--clip-skip", "9", "--steps", "2", mentions: "--clip-skip"),
    .usage("--vae", "", mentions: "--vae"),
    BadInput("averages of a folder", status: 65, mentions: "averages") { _ in ["--ema"] },
    BadInput("a first stage that is none", status: 65, mentions: "autoencoder") { _ in
      ["--vae", Repository.path("fixtures/model/unet")]
    },
    BadInput("a picture's guidance of a usual model", status: 64, mentions: "InstructPix2Pix") {
      _ in
      ["--init-image", scene, "--image-guidance-scale", "2"]
    },
    BadInput("a model without its U-Net's weights", status: 66, mentions: "diffusion_pytorch_model")
    { folder in
      let copy = folder.appendingPathComponent("model")
      try FileManager.default.copyItem(atPath: model[1], toPath: copy.path)
      try FileManager.default.removeItem(
        at: copy.appendingPathComponent("unet/diffusion_pytorch_model.safetensors"))
      return ["--model", copy.path]
    },
    BadInput("an autoencoder alone", status: 65, mentions: "not one of its parts") { _ in
      ["--model", Repository.path("fixtures/golden/pipeline/vae")]
    },
    BadInput("a checkpoint without a vocabulary", status: 65, mentions: "beside the file") { _ in
      ["--model", Repository.path("fixtures/golden/compvis/sd.ckpt")]
    },
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      model + ["--output", "/proc/nothing"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    let problems = try input.problems(of: "text-to-image")
    #expect(problems == [])
  }

  @Test("the executable explains itself")
  func smoke() throws {
    let outcome = try Executable("text-to-image").run(["--help"])
    #expect(outcome.status == 0)
    for option in ["--negative-prompt", "--init-image", "--strength", "--mask", "dpm-solver++"] {
      #expect(outcome.output.contains(option))
    }
  }
}
