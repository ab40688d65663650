import Checkpoints
import Diffusion
import ForwardNoising
import Foundation
import Pages
import Records
import Tensors
import TestSupport
import Testing

@Suite("forward-noising") struct ForwardNoisingCommandTests {
  private static let scene = Repository.path("fixtures/images/scene.png")

  private func run(_ arguments: [String], _ check: (URL, Page) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try ForwardNoisingCommand.run(
        ["--image", Self.scene, "--output", folder.path] + arguments)
      try check(folder, result.page)
    }
  }

  private func table(_ name: String, in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  @Test("writes one row per timestep, pictures, tables and a page whose identities hold")
  func files() throws {
    try run(["--timesteps", "0,500,999", "--film"]) { folder, page in
      for name in ["film.png", "contact-sheet.png"] {
        let path = folder.appendingPathComponent(name).path
        #expect(FileManager.default.fileExists(atPath: path))
      }
      let trace = try table("trace.csv", in: folder)
      #expect(
        trace.columns == [
          "t", "beta", "alpha", "alpha_cumprod", "signal_scale", "noise_scale", "snr", "mean",
          "std",
          "psnr", "cutoff_frequency", "iterated_max_abs_error",
        ])
      #expect(trace.numbers("t") == (0..<1000).map(Double.init))
      let schedule = NamedSchedule.scaledLinear.schedule()
      #expect(trace.numbers("alpha_cumprod") == schedule.alphasCumprod)
      for name in ["0000", "0500", "0999"] {
        let picture = folder.appendingPathComponent("images/x_t-\(name).png").path
        #expect(FileManager.default.fileExists(atPath: picture))
      }
      for name in ["schedules.csv", "spectrum.csv", "merge.csv"] {
        #expect(try table(name, in: folder).rows.count > 100)
      }
      #expect(page.residuals.count == 4)
      for residual in page.residuals { #expect(residual.holds) }
    }
  }

  @Test(
    "--tensors holds the arrays behind the pictures: the closed form can be checked from outside")
  func tensors() throws {
    try run(["--timesteps", "250,999", "--tensors", "--seed", "5"]) { folder, _ in
      let file = try SafetensorsFile(
        folder.appendingPathComponent("tensors.safetensors").path)
      let original = try file.tensor(named: "x_0")
      let epsilon = try file.tensor(named: "epsilon")
      #expect(original.shape == [1, 3, 128, 128])
      #expect(epsilon.maxAbsDifference(from: TorchGenerator(seed: 5).normal(original.shape)) == 0)
      let level = NamedSchedule.scaledLinear.schedule().level(at: 250)
      let expected = Tensor.weightedSum(
        Float(level.signalScale), original, Float(level.noiseScale), epsilon)
      #expect(try file.tensor(named: "x_t.0250").maxAbsDifference(from: expected) < 1e-6)
    }
  }

  @Test("zero terminal SNR leaves nothing of the picture at the end")
  func zeroSNR() throws {
    try run(["--timesteps", "2", "--rescale-zero-snr"]) { folder, _ in
      let trace = try table("trace.csv", in: folder)
      #expect(trace.numbers("signal_scale")?.last == 0)
      #expect(trace.numbers("snr")?.last == 0)
      #expect(
        try table("schedules.csv", in: folder).texts("schedule")?.last?.contains("zero") == true)
    }
  }

  @Test("a count of timesteps includes both ends", arguments: [2, 11, 1000])
  func count(_ count: Int) throws {
    try run(["--timesteps", "\(count)"]) { folder, _ in
      let pictures = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("images").path)
      #expect(pictures.count == count)
      #expect(pictures.contains("x_t-0000.png") && pictures.contains("x_t-0999.png"))
    }
  }

  static let mistakes =
    BadInput.images + [
      .usage("--timesteps", "1000,5", mentions: "--timesteps"),
      .usage("--timesteps", "many", mentions: "many"),
      .usage("--timesteps", "0", mentions: "--timesteps"),
      .usage("--schedule", "quadratic", mentions: "scaled-linear"),
      .usage("--seed", "nan", mentions: "nan"),
      .usage("--threads", "0", mentions: "--threads"),
      .usage("--no-such-option", mentions: "--no-such-option"),
    ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "forward-noising") == [])
  }

  @Test("explains itself")
  func help() throws {
    let outcome = try Executable("forward-noising").run(["--help"])
    #expect(outcome.status == 0 && outcome.output.contains("Example:"))
  }
}
