import Checkpoints
import Foundation
import JSON
import LatentDiffusion
import Networks
import Pages
import Records
import TestSupport
import Testing
import VariationalBound

@Suite("variational-bound") struct VariationalBoundCommandTests {
  private func run(_ arguments: [String], _ check: (URL, Page) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try VariationalBoundCommand.run(arguments + ["--output", folder.path])
      for residual in result.page.residuals where residual.kind == .identity {
        #expect(residual.holds, "\(residual.measured) over \(residual.bound)")
      }
      try check(folder, result.page)
    }
  }

  private func table(_ name: String, in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  private func number(_ column: String, in folder: URL) throws -> Double {
    try #require(table("bound.csv", in: folder).numbers(column)?.first)
  }

  /// Runs `body` with the folder of a U-Net that paints pixels and that nobody trained.
  private func withPixelModel<R>(channels: Int = 3, _ body: (String) throws -> R) throws -> R {
    try withTemporaryFolder { folder in
      var unet = UNetConfiguration()
      (unet.sampleSize, unet.normGroups) = ([16, 16], 8)
      (unet.inChannels, unet.outChannels) = (channels, channels)
      unet.blockOutChannels = [16, 32]
      (unet.downBlocks, unet.upBlocks) = ([.plain, .plain], [.plain, .plain])
      (unet.midBlock, unet.layersPerBlock) = (.plain, [1, 1])
      (unet.attentionHeads, unet.transformerLayers) = ([1, 1], [1, 1])
      unet.crossAttentionDimensions = [8, 8]
      let path = folder.appendingPathComponent("tiny").path
      var files = ModelFiles(path: path)
      files.unet = try ModelComponent(UNet2DConditionModel(unet, seed: 1))
      files.scheduler = JSONNode(
        .object([
          "_class_name": .string("DDPMScheduler"), "beta_schedule": .string("linear"),
          "beta_start": .number(1e-4), "beta_end": .number(0.02),
        ]), file: "memory")
      files.notes[ModelFiles.untrainedMark] = .bool(true)
      try files.write(to: path)
      return try body(path)
    }
  }

  @Test("of a mixture: above the true entropy, and within 2 % of it")
  func mixture() throws {
    try run(["--predictor", "mixture", "--pictures", "6", "--tensors"]) { folder, page in
      let (bound, entropy) = try (
        number("bits_per_dim", in: folder), number("entropy_bits", in: folder)
      )
      // The grain of 0.1 alone has this entropy on the scale of 8 bits; which picture adds 0.001.
      let grain = log2(2 * Double.pi * exp(1) * 0.01) / 2 + log2(127.5)
      #expect(abs(entropy - grain - 0.001) < 0.003)
      #expect(bound > entropy && bound < 1.02 * entropy, "\(bound) \(entropy)")
      let terms = try table("terms.csv", in: folder)
      #expect(
        terms.columns == [
          "t", "l_t_bits", "weight", "epsilon_mse", "x0_mse", "rate_bits", "distortion_rmse",
        ])
      #expect(terms.numbers("t") == (0..<1000).map(Double.init))
      let sum = try #require(terms.numbers("l_t_bits")).reduce(0, +)
      #expect(try abs(sum + number("prior_bits", in: folder) - bound) < 1e-9)
      let file = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      #expect(try file.tensor(named: "x0").shape == [6, 3, 32, 32])
      #expect(try table("derivation.csv", in: folder).rows.count == 28)
    }
    // The small variance is wrong for data with grain, and the bound says so.
    try run(["--predictor", "mixture", "--pictures", "2", "--variance", "small"]) { folder, page in
      let entropy = try number("entropy_bits", in: folder)
      #expect(try number("bits_per_dim", in: folder) > 1.02 * entropy)
    }
  }

  @Test("of eight pictures: three bits for all pixels, spent where they are told apart")
  func images() throws {
    try run(["--predictor", "image-set"]) { folder, page in
      let bits = try number("bits_per_dim", in: folder) * 3072
      #expect(abs(bits - 3) < 0.25, "\(bits)")
      #expect(try number("decoder_bits", in: folder) == 0)
      let rates = try #require(table("terms.csv", in: folder).numbers("rate_bits"))
      #expect(rates[999] * 3072 < 0.1 && rates[200] * 3072 > 2.7)
    }
    try run(["--predictor", "image-set", "--variance", "large"]) { folder, page in
      let bits = try number("bits_per_dim", in: folder)
      #expect(bits * 3072 > 4)
    }
  }

  @Test("of a model: some timesteps stand for all, and what nobody trained is stamped")
  func model() throws {
    try withPixelModel { path in
      func total(_ arguments: [String]) throws -> Double {
        var total = 0.0
        try run(["--model", path] + arguments) { folder, page in
          total = try number("bits_per_dim", in: folder)
          #expect(Manifest.of(folder: folder.path)?.provenance == .untrained)
          #expect(try table("terms.csv", in: folder).rows.count == 1000)
        }
        return total
      }
      let (some, all) = try (total(["--timesteps", "60"]), total(["--timesteps", "1000"]))
      #expect(abs(some / all - 1) < 0.05, "\(some) \(all)")
      #expect(try total(["--timesteps", "60", "--unclipped"]) > some)
      #expect(try total(["--timesteps", "30", "--pictures", "2"]) > 0)
    }
  }

  @Test("--evaluate measures held-out scenes and samples")
  func evaluation() throws {
    try withPixelModel { path in
      try run(
        ["--model", path, "--evaluate", "3", "--steps", "2", "--timesteps", "10"]
      ) { folder, page in
        let report = try table("report.csv", in: folder)
        #expect(
          report.columns == ["model", "bits_per_dim", "frechet_distance", "pictures"])
        #expect(report.texts("model") == ["tiny"] && report.numbers("pictures") == [3])
        #expect(try #require(report.numbers("frechet_distance"))[0] > 1)
        #expect(try #require(report.numbers("bits_per_dim"))[0] > 1)
        let sheet = folder.appendingPathComponent("images/samples-tiny.png").path
        #expect(FileManager.default.fileExists(atPath: sheet))
      }
    }
  }

  static let mistakes =
    BadInput.images.map { image in
      BadInput(image.testDescription, status: image.status, mentions: image.mentions) { folder in
        try image.arguments(folder) + ["--predictor", "mixture"]
      }
    } + [
      .usage("--predictor", "oracle", mentions: "image-set"),
      .usage("--timesteps", "1", mentions: "--timesteps"),
      .usage("--variance", "learned", mentions: "small"),
      .usage("--steps", "5", mentions: "--evaluate"),
      .usage("--evaluate", "1", mentions: "--evaluate"),
      .usage("--evaluate", "5", "--predictor", "mixture", mentions: "--predictor model"),
      .usage("--model", "x", "--predictor", "mixture", mentions: "--predictor model"),
      .usage("--other", "x.png", mentions: "image-set or mixture"),
      .usage("--pictures", "3", "--predictor", "image-set", mentions: "model or mixture"),
      .usage("--pictures", "3", "--image", "x.png", mentions: "--pictures"),
      .usage("--model", "", mentions: "--model"),
      BadInput("a model of latents", status: 65, mentions: "3, as pixels have") { _ in
        ["--model", Repository.path("fixtures/model")]
      },
      BadInput("no model", status: 66, mentions: "nowhere") { folder in
        ["--model", folder.appendingPathComponent("nowhere").path]
      },
    ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "variational-bound") == [])
  }

  @Test("its page needs no network, reports no errors, and the arrow keys move the picture")
  func page() throws {
    try run(["--predictor", "image-set"]) { folder, _ in
      try withBrowserPage(folder.appendingPathComponent("index.html").path) { page in
        let source = "document.querySelectorAll('.pictures img')[1].src"
        let first: String = try page.evaluate(source)
        try page.press("End")
        #expect(try page.evaluate(source) as String != first)
        #expect(try page.problems() == [])
        #expect(try page.accessibilityProblems() == [])
      }
    }
  }
}
