import Checkpoints
import Commands
import Diffusion
import Foundation
import GuidanceSweep
import Imaging
import LatentDiffusion
import ModelSupport
import Networks
import Pages
import Records
import TestSupport
import Testing
import Training

@Suite("guidance-sweep") struct GuidanceSweepCommandTests {
  private static let folder = Repository.path("fixtures/golden/pipeline")
  private static let model = ["--model", folder, "--sampler", "ddim"]

  private func run(
    _ arguments: [String], _ check: (URL, Page, Manifest) throws -> Void
  ) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try GuidanceSweepCommand.run(arguments + ["--output", folder.path])
      try check(folder, result.page, result.manifest)
    }
  }

  private func table(_ name: String, in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("a list with a range; one row for each scale and step, and everything claimed holds")
  func scales() throws {
    try run(Self.model + ["--guidance-scale", "7.5,0-2,1", "--steps", "3", "--tensors"]) {
      folder, page, manifest in
      let steps = try table("steps.csv", in: folder)
      #expect(steps.numbers("guidance_scale") == [0, 1, 2, 7.5].flatMap { [$0, $0, $0] })
      #expect(steps.numbers("w") == [-1, 0, 1, 6.5].flatMap { [$0, $0, $0] })
      #expect(steps.numbers("guided") == [1, 0, 1, 1].flatMap { [$0, $0, $0] })
      // Both opinions of the first step are the same at every scale: there is one noise.
      for column in ["epsilon_u_norm", "epsilon_c_norm", "angle_degrees"] {
        let numbers = try #require(steps.numbers(column))
        let first = stride(from: 0, to: 12, by: 3).map { numbers[$0] }
        #expect(first.allSatisfy { abs($0 - first[0]) < 1e-3 * abs(first[0]) }, "\(column)")
      }
      #expect(try table("scales.csv", in: folder).numbers("pictures") == [3, 3, 3, 3])
      #expect(try table("mixture.csv", in: folder).rows.count == 2 * 4 * 9)
      #expect(manifest.settings["guidance-scale"] == .list([0, 1, 2, 7.5].map { .number($0) }))
      #expect(page.residuals.count == 7)
      for residual in page.residuals { #expect(residual.holds, "\(residual.identity.plain)") }
      // What is clipped is told of finished pictures alone, not beside that of the last x̂_0.
      let html = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(html.contains("to the finished picture") && !html.contains("\"guided, "))
      for name in ["images/scale-7.5.png", "tensors.safetensors"] {
        #expect(
          FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path),
          "\(name)")
      }
    }
  }

  @Test("the page names the walk that was taken")
  func walk() throws {
    try run([
      "--model", Self.folder, "--sampler", "euler", "--sigmas", "karras", "--guidance-scale", "2",
      "--steps", "2", "--pictures", "2", "--vae", Self.folder,
    ]) { folder, _, _ in
      let text = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(text.contains("euler, 2 steps, karras sigmas between those of"))
      #expect(text.contains("decoded by the first stage of \(Self.folder)"))
      #expect(text.contains("What of x̂₀ is clipped") && text.contains("Clipped, finished pictures"))
    }
  }

  @Test(
    "rescale, interval and negative prompt change every picture; the interval guides where it says")
  func refinements() throws {
    func norms(_ options: [String]) throws -> [Double] {
      var norms: [Double] = []
      try run(
        Self.model + ["--guidance-scale", "5", "--steps", "4", "--pictures", "2"] + options
      ) { folder, _, _ in
        let steps = try table("steps.csv", in: folder)
        norms = try #require(steps.numbers("epsilon_norm"))
        let guided = try #require(steps.numbers("guided"))
        let sigma = try #require(steps.numbers("sigma"))
        let isLimited = options.contains("0.5-4")
        #expect(guided == sigma.map { !isLimited || $0 > 0.5 && $0 <= 4 ? 1 : 0 })
      }
      return norms
    }
    let plain = try norms([])
    for options in [
      ["--guidance-rescale", "0.7"], ["--guidance-interval", "0.5-4"],
      ["--negative-prompt", "sea"],
    ] {
      let changed = try norms(options)
      #expect(zip(changed, plain).contains { abs($0 - $1) > 1e-3 * $1 }, "\(options)")
    }
    #expect(try norms(["--guidance-interval", "everywhere"]) == plain)
  }

  @Test("--evaluate measures every scale, and names one as the best")
  func evaluation() throws {
    try run(["--evaluate", "4", "--guidance-scale", "1,3", "--steps", "6", "--pictures", "2"]) {
      folder, page, manifest in
      let table = try table("trade_off.csv", in: folder)
      #expect(
        table.columns == [
          "guidance_scale", "w", "pictures", "right", "caption_accuracy", "low_95", "high_95",
          "frechet_distance", "saturation", "colourfulness", "diversity", "best",
        ])
      #expect(table.numbers("pictures") == [4, 4] && table.numbers("best")?.reduce(0, +) == 1)
      let right = try #require(table.numbers("right"))
      #expect(table.numbers("caption_accuracy") == right.map { $0 / 4 } && right[1] >= 3)
      #expect(table.numbers("diversity")?.allSatisfy { $0 > 0 } == true)
      #expect(manifest.provenance == .trained && manifest.settings["evaluate"] == 4)
      let html = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(html.contains("measured in this run") && html.contains("of the bundled model"))
    }
  }

  @Test("the same request makes what text-to-image makes")
  func sameAsGeneration() throws {
    let model = try LatentDiffusionModel(opening: Self.folder)
    var request = GenerationRequest(prompt: "a red boat")
    (request.steps, request.sampler) = (3, .ddim)
    let sweep = try SweepExperiment(request, scales: [1, 4], with: model)
    for walk in sweep.walks {
      request.guidanceScale = walk.scale
      let generation = try Generation(request, with: model)
      let last = try #require(Array(generation).last)
      #expect(generation.decode(last.next).maxAbsDifference(from: walk.picture) == 0)
    }
    #expect(SweepIdentities.conventions(sweep) < 1e-5)
    #expect(SweepIdentities.conventions(sweep, shift: 0.01) > 1e-4)
    #expect(SweepIdentities.oneNoise(sweep) == 0)
    request.refinements.rescale = 0.7
    let rescaled = Remedies.Trial(
      name: "", walk: try SweepExperiment(request, scales: [6], with: model).walks[0],
      refinements: request.refinements)
    #expect(SweepIdentities.rescaling(rescaled) < 1e-4)
    #expect(SweepIdentities.rescaling(rescaled, rescale: 0.2) > 1e-2)
    // Guidance everywhere breaks the promise of an interval.
    let everywhere = Remedies.Trial(
      name: "", walk: sweep.walks[1],
      refinements: GuidanceRefinements(interval: GuidanceInterval(low: 1, high: 2)))
    #expect(SweepIdentities.interval(everywhere) > 1e-2)
  }

  @Test("with LoRA, learned word and weights the picture is the one that text-to-image draws")
  func changedModel() throws {
    let lora = Repository.path("fixtures/golden/lora/kohya.safetensors")
    let words = Repository.path("fixtures/golden/learned-words/learned_embeds.bin")
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
      .learning([LearnedWord(LearnedWordChoice(words))])
    var request = GenerationRequest(
      prompt: "a (<teal>:1.4) boat", sampler: .ddim, guidanceScale: 2)
    (request.steps, request.reading.marks, request.clipSkip) = (2, .a1111, 1)
    let plain = try drawnPixels(request, with: model)
    _ = try LoRAAddition([LoRAChoice(lora, scale: 1)], to: model).add()
    let arguments = [
      "--prompt", request.prompt, "--prompt-weights", "a1111", "--clip-skip", "1",
      "--embedding", words, "--guidance-scale", "2", "--steps", "2", "--pictures", "2",
    ]
    try run(arguments + ["--lora", lora]) { folder, page, manifest in
      let path = folder.appendingPathComponent("images/scale-2.png").path
      let found = try PictureFile.read(path).image.rgb.pixels
      #expect(try found == drawnPixels(request, with: model) && found != plain)
      #expect(manifest.settings["lora"] == .list([.text("\(lora)=1.0")]))
      #expect(page.residuals.contains { $0.identity.plain.contains("ΔW") })
      let html = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      for words in [
        "without the last layer of the text encoder", "weights of words as a1111 reads them",
        "all with the LoRA", "guidance.csv</code>, without the LoRA",
      ] { #expect(html.contains(words), "\(words)") }
      // What is led away from has lost its marks.
      #expect(html.contains("away from “a &lt;teal&gt; boat”"))
      #expect(
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("lora.csv").path))
    }
  }

  @Test("pictures from other noises walk as the first does", arguments: [SamplerName.euler, .ddim])
  func otherNoises(sampler: SamplerName) throws {
    let model = try LatentDiffusionModel(opening: Self.folder)
    var request = GenerationRequest(prompt: "a red boat", sampler: sampler, guidanceScale: 4)
    request.steps = 3
    // Noise on the way belongs to a seed as well: such pictures are made one by one.
    request.walk = sampler == .ddim ? WalkSettings(eta: 1) : WalkSettings(sigmas: .karras)
    let classifier = try SceneClassifier(
      folder: Repository.path("fixtures/classifiers/perceptual"))
    let seeds = try SeedPictures(
      beside: SweepExperiment(request, scales: [4], with: model), of: request, count: 2,
      with: model, perceptual: classifier)
    request.seed += 1
    let generation = try Generation(request, with: model)
    let last = try #require(Array(generation).last)
    let picture = generation.decode(last.next).clamped(to: -1...1)
    #expect(seeds.rows[0].pictures.rows(1..<2).maxAbsDifference(from: picture) < 1e-5)
  }

  @Test("rescaling keeps its promise on the velocity that a model predicts, not on the noise")
  func velocity() throws {
    let shipped = try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
    let model = try LatentDiffusionModel.small(
      tokenizer: shipped.tokenizer, firstStage: shipped.firstStage, imageSize: 64,
      predictionType: .velocity, seed: 3, isTrained: true)
    var request = GenerationRequest(prompt: "a red boat", guidanceScale: 6)
    (request.steps, request.sampler, request.refinements.rescale) = (3, .ddim, 0.7)
    let trial = Remedies.Trial(
      name: "", walk: try SweepExperiment(request, scales: [6], with: model).walks[0],
      refinements: request.refinements)
    #expect(SweepIdentities.rescaling(trial) < 1e-4)
    #expect(SweepIdentities.rescaling(trial, rescale: 0.2) > 1e-4)
  }

  @Test("without a negative prompt the first thing of the prompt is led away from")
  func firstThing() {
    #expect(Remedies.firstThing(of: "a purple boat and an orange house") == "a purple boat")
    #expect(Remedies.firstThing(of: "a tent, at night") == "a tent")
    #expect(Remedies.firstThing(of: "") == "")
  }

  static let mistakes: [BadInput] = [
    .usage("--guidance-scale", "1,,3", mentions: "--guidance-scale"),
    .usage("--sigmas", "karras", mentions: "does nothing to ddim"),
    .usage("--evaluate", "2", "--eta", "0.5", mentions: "--evaluate"),
    .usage("--evaluate", "2", "--prompt-weights", "compel", mentions: "--prompt-weights"),
    .usage("--evaluate", "2", "--long-prompts", "chunks", mentions: "--long-prompts"),
    .usage("--evaluate", "2", "--clip-skip", "1", mentions: "--clip-skip"),
    .usage("--clip-skip", "9", mentions: "--clip-skip"),
    .usage("--guidance-scale", "8-1", mentions: "1-8"),
    .usage("--guidance-scale", "101", mentions: "0 to 100"),
    .usage("--guidance-scale", "0-100", mentions: "at most 24"),
    .usage("--guidance-scale", "strong", mentions: "1,3,7.5"),
    .usage("--guidance-scale", "-1", mentions: "--guidance-scale"),
    .usage("--guidance-rescale", "1.5", mentions: "--guidance-rescale"),
    .usage("--guidance-rescale", "nan", mentions: "--guidance-rescale"),
    .usage("--guidance-interval", "5-1", mentions: "0.3-5"),
    .usage("--guidance-interval", "-1-5", mentions: "0.3-5"),
    .usage("--guidance-interval", "5", mentions: "0.3-5"),
    .usage("--steps", "0", mentions: "--steps"),
    .usage("--pictures", "1", mentions: "--pictures"),
    .usage("--evaluate", "1", mentions: "--evaluate"),
    .usage("--sampler", "magic", mentions: "ddim"),
    BadInput("a model that is not there", status: 66, mentions: "nowhere") {
      ["--model", $0.appendingPathComponent("nowhere").path]
    },
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      Self.model + ["--output", "/proc/nothing"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "guidance-sweep") == [])
  }

  @Test("its page reports no errors; steps and scales move the pictures, by keys as well")
  func page() throws {
    try run(Self.model + ["--guidance-scale", "1,4", "--steps", "3", "--pictures", "2"]) {
      folder, _, _ in
      try withBrowserPage(folder.appendingPathComponent("index.html").path) { page in
        let source = "document.querySelector('.many img').src"
        let first: String = try page.evaluate(source)
        try page.press("Home")
        let second: String = try page.evaluate(source)
        #expect(first != second)
        let noise = "document.querySelector('.pictures img').src"
        let strong: String = try page.evaluate(noise)
        try page.run("document.querySelectorAll('.choice input')[0].click()")
        let weak: String = try page.evaluate(noise)
        #expect(strong == weak, "at the first step there is one noise")
        try page.press("End")
        let later: String = try page.evaluate(noise)
        #expect(later != weak)
        #expect(try page.problems() == [])
        #expect(try page.accessibilityProblems() == [])
      }
    }
  }
}
