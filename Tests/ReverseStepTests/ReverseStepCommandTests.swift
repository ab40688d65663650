import Checkpoints
import Foundation
import ModelSupport
import Pages
import Records
import ReverseStep
import TestSupport
import Testing

@Suite("reverse-step") struct ReverseStepCommandTests {
  private func run(_ arguments: [String], _ check: (URL, Page) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let scene = Repository.path("fixtures/images/scene.png")
      let result = try ReverseStepCommand.run(
        ["--image", scene, "--output", folder.path] + arguments)
      try check(folder, result.page)
    }
  }

  private func ledger(in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent("ledger.csv"), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("one step is one row, with its pictures and arrays")
  func single() throws {
    try run(["--t", "500", "--tensors"]) { folder, page in
      let ledger = try ledger(in: folder)
      #expect(
        ledger.columns == [
          "step", "t", "t_prev", "beta", "alpha_cumprod", "alpha_cumprod_prev", "coef_x0",
          "coef_xt",
          "posterior_variance", "sigma", "epsilon_mse", "x0_min", "x0_max", "clipped_fraction",
          "mean_residual", "psnr_x0",
        ])
      #expect(ledger.numbers("t") == [500] && ledger.numbers("t_prev") == [499])
      let file = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      for name in ["x_t.0500", "x0_hat.0500", "mean.0500", "z.0500", "x_prev.0500"] {
        #expect(try file.tensor(named: name).shape == [1, 3, 128, 128])
      }
      let pictures = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("images").path)
      #expect(pictures.contains("x0_hat-0500.png") && pictures.count == 6)
      for residual in page.residuals { #expect(residual.holds) }
    }
  }

  @Test(
    "a walk ends at one of the pictures", arguments: ["image-set", "mixture"], ["small", "large"])
  func trajectory(predictor: String, variance: String) throws {
    let arguments = ["--trajectory", "--predictor", predictor, "--variance", variance]
    try run(arguments + ["--steps", "250"]) { folder, page in
      let ledger = try ledger(in: folder)
      #expect(ledger.rows.count == 250)
      #expect(ledger.numbers("sigma")?.last == 0)
      #expect(page.residuals.count == 5)
      for residual in page.residuals { #expect(residual.holds, "\(residual.measured)") }
    }
  }

  private func beliefs(in folder: URL) throws -> (table: CSVTable, weights: [[Double]]) {
    let text = try String(contentsOf: folder.appendingPathComponent("beliefs.csv"), encoding: .utf8)
    let table = try #require(CSVTable(text: text))
    return (table, try (1...8).map { try #require(table.numbers("picture_\($0)")) })
  }

  @Test("beliefs.csv: a walk begins decided, and with zero terminal SNR wholly undecided")
  func beliefs() throws {
    try run(["--trajectory", "--steps", "100"]) { folder, _ in
      let (table, weights) = try beliefs(in: folder)
      #expect(table.columns.prefix(4) == ["step", "t", "snr", "entropy_bits"])
      let timesteps = try ledger(in: folder).numbers("t")
      #expect(table.numbers("t") == timesteps)
      for row in table.rows.indices {
        #expect(abs(weights.reduce(0) { $0 + $1[row] } - 1) < 1e-9)
      }
      #expect(try #require(weights.map { $0[0] }.max()) > 0.7)
      #expect(table.numbers("entropy_bits")?.last == 0)
    }
    try run(["--trajectory", "--steps", "100", "--rescale-zero-snr"]) { folder, page in
      let (table, weights) = try beliefs(in: folder)
      #expect(table.numbers("snr")?.first == 0)
      #expect(abs((table.numbers("entropy_bits")?.first ?? 0) - 3) < 1e-9)
      for picture in weights { #expect(abs(picture[0] - 0.125) < 1e-9) }
      #expect(try #require(weights.map { $0[99] }.max()) == 1)
      for residual in page.residuals { #expect(residual.holds, "\(residual.measured)") }
    }
    try run(["--t", "500", "--predictor", "mixture"]) { folder, _ in
      let rows = try beliefs(in: folder).table.rows
      #expect(rows.count == 22)
    }
  }

  @Test("--predictor model walks in the latent space of a network: the bundled one")
  func model() throws {
    let stage = ["--vae", Repository.path("fixtures/model/vae")]
    try run(["--predictor", "model", "--t", "300"] + stage) { folder, _ in
      let page = try String(
        contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
      #expect(page.contains("Pictures are decoded by the first stage of \(stage[1])"))
    }
    try run(["--predictor", "model", "--prompt", "a red house", "--t", "300", "--tensors"]) {
      folder, page in
      #expect(Manifest.of(folder: folder.path)?.provenance == .trained)
      let ledger = try ledger(in: folder)
      #expect(ledger.numbers("t") == [300])
      let file = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      #expect(try file.tensor(named: "x_t.0300").shape == [1, 4, 16, 16])
      for residual in page.residuals { #expect(residual.holds, "\(residual.measured)") }
    }
  }

  @Test("what an untrained network says is stamped")
  func untrained() throws {
    try withUntrainedModel { model in
      try run(["--predictor", "model", "--model", model, "--t", "300"]) { folder, _ in
        #expect(Manifest.of(folder: folder.path)?.provenance == .untrained)
      }
    }
  }

  static let mistakes =
    BadInput.images + [
      .usage("--t", "1000", mentions: "--t"),
      .usage("--t", "-1", mentions: "--t"),
      .usage("--t", "nan", mentions: "nan"),
      .usage("--t", "5", "--trajectory", mentions: "--trajectory"),
      .usage("--steps", "5", mentions: "--trajectory"),
      .usage("--predictor", "oracle", mentions: "true-noise"),
      .usage("--prompt", "a house", mentions: "--predictor model"),
      .usage("--variant", "fp16", mentions: "--predictor model"),
      .usage("--predictor", "model", "--rescale-zero-snr", mentions: "image-set"),
      .usage("--variance", "learned", mentions: "small"),
      .usage("--schedule", "quadratic", mentions: "scaled-linear"),
      .usage("--other", "x.png", "--predictor", "true-noise", mentions: "--other"),
      .usage("--predictor", "mixture", "--other", "", mentions: "--other"),
    ]

  @Test("a picture that is long and narrow takes no more memory than one of its area")
  func strip() throws {
    try withTemporaryFolder { folder in
      let (strip, output) = (folder.path + "/strip.png", folder.path + "/out")
      try PlainPNG.encode(width: 20_000, height: 1) { x, _ in (UInt8(x % 256), 30, 90) }
        .write(to: URL(fileURLWithPath: strip))
      let outcome = try Executable("reverse-step").run(
        ["--image", strip, "--trajectory", "--steps", "1", "--output", output])
      #expect(
        try String(contentsOfFile: output + "/index.html", encoding: .utf8)
          .contains("takes 1 step."))
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("strip.png: 20000×1 pixels are fitted to 8192×1"))
      // The scenes beside it as squares of its width would take 800 MB each.
      let manifest = try #require(Manifest.of(folder: output))
      #expect(manifest.peakMemoryBytes ?? .max < 1 << 30)
      #expect(manifest.settings["width"] == 8192 && manifest.settings["height"] == 1)
      try withBrowserPage(output + "/index.html", width: 1400) { page in
        let heights: [Double] = try page.evaluate(
          """
          [...document.querySelectorAll(".pictures img")].map(image => image.getBoundingClientRect().height)
          """)
        #expect(!heights.isEmpty && heights.allSatisfy { $0 > 5 }, "\(heights)")
        let notes: Int = try page.evaluate(
          """
          [...document.querySelectorAll(".pictures .note")]
            .filter(note => note.textContent === "shown 205 times as thick as it is").length
          """)
        #expect(notes == heights.count)
      }
    }
  }

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "reverse-step") == [])
  }

  @Test("its page needs no network, reports no errors, and the arrow keys move the picture")
  func page() throws {
    try run(["--trajectory", "--steps", "100"]) { folder, _ in
      try withBrowserPage(folder.appendingPathComponent("index.html").path) { page in
        let source = "document.querySelector('.pictures img').src"
        let first: String = try page.evaluate(source)
        try page.press("End")
        #expect(try page.evaluate(source) as String != first)
        try page.press("Home")
        #expect(try page.evaluate(source) as String == first)
        #expect(try page.problems() == [])
      }
    }
  }
}
