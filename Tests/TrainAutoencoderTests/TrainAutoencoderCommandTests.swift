import Checkpoints
import Foundation
import JSON
import Networks
import Records
import Tensors
import Testing
import TestSupport
import TrainAutoencoder
import Training

/// Options of a run of seconds.
private let small = ["--factor", "2", "--crop", "16", "--batch", "2", "--threads", "1"]

@Suite("train-autoencoder") struct TrainAutoencoderCommandTests {
  @Test("what it writes opens as an autoencoder of unit-variance latents", arguments: ["kl", "vq"])
  func writesAutoencoder(kind: String) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try TrainAutoencoderCommand.run(
        small + ["--kind", kind, "--steps", "12", "--output", folder.path])
      #expect(result.manifest.provenance == .trained)
      let part = try #require(
        try ModelFiles.open(folder.appendingPathComponent("autoencoder").path).autoencoder)
      let scale = try part.configuration["scaling_factor"].number()
      #expect(scale > 0 && scale != 0.18215)
      #expect(part.className == (kind == "kl" ? "AutoencoderKL" : "VQModel"))
      if kind == "kl" {
        let network = try AutoencoderKL(
          AutoencoderKLConfiguration(part.configuration), weights: part.weights)
        #expect(network.parameters.allSatisfy { $0.value.moments.std.isFinite })
      } else {
        let network = try VQModel(
          VQModelConfiguration(part.configuration), weights: part.weights)
        #expect(network.codebook.size == 512)
      }
      let record = try JSONNode(
        contentsOf: folder.appendingPathComponent("autoencoder/training.json").path)
      #expect(try record["steps"].integer(in: 0...100) == 12)
      #expect(try record["latent_scale"].number() == scale)
      let trace = try #require(
        CSVTable(
          text: String(contentsOf: folder.appendingPathComponent("trace.csv"), encoding: .utf8)))
      #expect(trace.rows.count == 12)
      let short = try #require(
        CSVTable(
          text: String(
            contentsOf: folder.appendingPathComponent("autoencoder/trace.csv"), encoding: .utf8)))
      // Twelve steps are no more than a short trace holds.
      #expect(
        short.texts("loss")?.compactMap(Float.init) == trace.texts("loss")?.compactMap(Float.init))
      #expect(!FileManager.default.fileExists(atPath: folder.path + ".state"))
    }
  }

  @Test("a single step leaves a gradient that equals its slope", arguments: ["kl", "vq"])
  func oneStep(kind: String) throws {
    try withTemporaryFolder { parent in
      let result = try TrainAutoencoderCommand.run(
        small + ["--kind", kind, "--steps", "1", "--output", parent.path + "/out"])
      #expect(result.page.residuals.count == 1)
      for residual in result.page.residuals { #expect(residual.holds, "\(residual.measured)") }
    }
  }

  @Test("a run begins with the blocks of another autoencoder")
  func borrows() throws {
    try withTemporaryFolder { parent in
      let (first, second) = (parent.path + "/first", parent.path + "/second")
      _ = try TrainAutoencoderCommand.run(small + ["--steps", "150", "--output", first])
      let result = try TrainAutoencoderCommand.run(
        small + ["--kind", "vq", "--from", first + "/autoencoder"]
          + ["--steps", "1", "--output", second])
      #expect(result.manifest.inputs.contains { $0.path.hasPrefix(first + "/autoencoder") })
      let loss = try [first, second].map { folder in
        let text = try String(contentsOfFile: folder + "/trace.csv", encoding: .utf8)
        return try #require(
          CSVTable(text: text)?.texts("reconstruction")?.compactMap(Double.init).first)
      }
      #expect(loss[1] < 0.7 * loss[0])
    }
  }

  @Test("without --kind and --factor an autoencoder learns on as it is, and keeps its scale")
  func goesOn() throws {
    try withTemporaryFolder { parent in
      let (first, second) = (parent.path + "/first", parent.path + "/second")
      _ = try TrainAutoencoderCommand.run(small + ["--steps", "20", "--output", first])
      let rest = Array(small.dropFirst(2))
      _ = try TrainAutoencoderCommand.run(
        rest + ["--from", first + "/autoencoder", "--steps", "1", "--output", second]
          + ["--learning-rate", "1e-8"])
      let scales = try [first, second].map {
        try JSONNode(contentsOf: $0 + "/autoencoder/config.json")["scaling_factor"].number()
      }
      #expect(scales[0] == scales[1])
      let weights = try [first, second].map {
        try #require(try ModelFiles.open($0 + "/autoencoder").autoencoder).weights
          .tensor(named: "decoder.conv_in.weight")
      }
      #expect((weights[0] - weights[1]).maxAbs < 1e-3)
    }
  }

  @Test("one's own pictures are learned from; a broken one is named once and costs nothing")
  func images() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("pictures")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for i in 0..<6 {
        let name = folder.appendingPathComponent("\(i).png").path
        try FileManager.default.copyItem(
          atPath: Repository.path("fixtures/images/scene.png"), toPath: name)
      }
      try Data([0xFF, 0xD8, 0xFF]).write(to: folder.appendingPathComponent("broken.jpeg"))
      let out = parent.path + "/out"
      let result = try TrainAutoencoderCommand.run(
        small + ["--images", folder.path, "--steps", "3", "--output", out])
      #expect(result.manifest.inputs.count { $0.path.hasPrefix(folder.path) } >= 6)
      #expect(result.page.residuals.allSatisfy { $0.holds })
      let record = try JSONNode(contentsOf: out + "/autoencoder/training.json")
      #expect(try record["psnr"]["images"].number() > 0)
      let table = try #require(
        CSVTable(text: String(contentsOfFile: out + "/trace.csv", encoding: .utf8)))
      // A short run is looked at after its first step, its last, and every fourth.
      let looks = try #require(table.texts("psnr_images")).map { Double($0) }
      #expect(looks.count == 3 && looks[0] ?? 0 > 0 && looks[1] == nil && looks[2] ?? 0 > 0)
      let analysis = try SafetensorsFile(out + "/autoencoder/block_pca.safetensors")
      #expect(analysis.info("components")?.shape == [2, 12])
    }
  }

  @Test("its page stands in a browser, with every identity kept")
  func page() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try TrainAutoencoderCommand.run(
        small + ["--steps", "12", "--adversarial-weight", "0.5", "--output", folder.path])
      #expect(result.page.residuals.count == 1)
      #expect(result.page.residuals.allSatisfy { $0.holds })
      try withBrowserPage(result.pagePath) { page in
        let source = "document.querySelectorAll('.pictures img')[1].src"
        let last: String = try page.evaluate(source)
        try page.press("ArrowLeft", times: 4)
        #expect(try page.evaluate(source) as String != last)
        #expect(try page.problems() == [])
      }
    }
  }

  @Test(
    "Ctrl-C saves, and --resume ends where an unbroken run does, with pictures of one's own as well"
  )
  func interrupted() throws {
    try withTemporaryFolder { folder in
      let executable = Executable("train-autoencoder")
      let pictures = folder.appendingPathComponent("pictures")
      try FileManager.default.createDirectory(at: pictures, withIntermediateDirectories: true)
      for name in ["scene.png", "dead-leaves.png", "chart.png"] {
        try FileManager.default.copyItem(
          atPath: Repository.path("fixtures/images/\(name)"),
          toPath: pictures.appendingPathComponent(name).path)
      }
      let arguments =
        small + ["--steps", "150", "--textures", "0", "--images", pictures.path]
        + ["--image-share", "0.5"]
      let whole = try executable.run(arguments + ["--output", "whole"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      let (process, _) = try started(arguments + ["--output", "parts"], in: folder)
      // The first interim page: the run is under way.
      let page = folder.appendingPathComponent("parts/index.html").path
      for _ in 0..<600 where !FileManager.default.fileExists(atPath: page) { usleep(50_000) }
      process.interrupt()
      process.waitUntilExit()
      // The results are there, and a script that goes on with them is told that they are not all.
      #expect(process.terminationStatus == 128 + SIGINT)
      let parts = folder.appendingPathComponent("parts")
      let stopped = try #require(try rows(of: parts))
      let steps = stopped.rows.count
      #expect(1..<150 ~= steps)
      let early = try #require(Manifest.of(folder: parts.path))
      #expect(early.unfinished == "interrupted after \(steps) of 150 steps")
      let again = arguments + ["--output", "parts", "--resume"]
      let other = try executable.run(again + ["--steps", "151"], in: folder)
      #expect(other.status == 65 && other.errors.contains("begun with --steps 150, not 151"))
      let resumed = try executable.run(again, in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      // What makes the run again needs no state: there is none any more.
      let manifest = try #require(Manifest.of(folder: parts.path))
      #expect(manifest.unfinished == nil && manifest.settings["resume"] == true)
      #expect(manifest.arguments == arguments + ["--output", "parts"])
      #expect(!manifest.command.contains("--resume"))
      #expect(try rows(of: parts) == rows(of: folder.appendingPathComponent("whole")))
      let weights = "autoencoder/diffusion_pytorch_model.safetensors"
      #expect(
        FileManager.default.contentsEqual(
          atPath: parts.appendingPathComponent(weights).path,
          andPath: folder.appendingPathComponent("whole/" + weights).path))
    }
  }

  @Test(
    "Ctrl-C after the last step ends the run, says how to go on, and leaves a page that is true")
  func interruptedAtTheEnd() throws {
    try withTemporaryFolder { folder in
      let arguments = small + ["--steps", "3", "--output", "out"]
      let (process, errors) = try started(arguments, in: folder)
      let state = folder.path + "/out.state"
      while process.isRunning, !TrainingState.isFinished(state) { usleep(2000) }
      // The state is written by the last of what an interruption does not end; measuring takes longer.
      usleep(200_000)
      process.interrupt()
      process.waitUntilExit()
      #expect(process.terminationStatus == 128 + SIGINT)
      let line = try String(decoding: errors.readToEnd() ?? Data(), as: UTF8.self)
      #expect(
        line == "train-autoencoder: note: interrupted after 3 of 3 steps, before the results were "
          + "written; --resume goes on\n")
      func page() throws -> String {
        try String(contentsOfFile: folder.path + "/out/index.html", encoding: .utf8)
      }
      #expect(try page().contains("Note: this page was written before the run had ended"))
      #expect(try page().contains("3 of 3 steps") && !page().contains("it goes on"))
      let resumed = try Executable("train-autoencoder").run(arguments + ["--resume"], in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try !page().contains("Note: this page was written before"))
    }
  }

  @Test("Ctrl-C is answered at once, and a second one ends the run and says what is lost")
  func interruptedTwice() throws {
    try withTemporaryFolder { folder in
      // A step of seconds, at which both find it.
      let large = ["--factor", "2", "--crop", "64", "--batch", "96", "--threads", "1"]
      let (process, errors) = try started(
        large + ["--steps", "150", "--output", "out"], in: folder)
      // The first interim page is that of the first step.
      let page = folder.path + "/out/index.html"
      while process.isRunning, !FileManager.default.fileExists(atPath: page) { usleep(20_000) }
      let interim = try #require(Manifest.of(folder: folder.path + "/out"))
      #expect(interim.unfinished == "written before the run had ended")
      process.interrupt()
      usleep(600_000)
      process.interrupt()
      process.waitUntilExit()
      #expect(process.terminationStatus == 128 + SIGINT)
      let lines = try String(decoding: errors.readToEnd() ?? Data(), as: UTF8.self)
        .split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines.first?.contains("stops when the step at work is done and saves") == true)
      #expect(lines.last?.contains(/note: interrupted after \d+ of 150 steps, those since/) == true)
    }
  }

  /// A run under way, and what it says on stderr.
  private func started(
    _ arguments: [String], in folder: URL
  ) throws -> (process: Process, errors: FileHandle) {
    let (process, errors) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: Executable("train-autoencoder").path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, errors)
    try process.run()
    return (process, errors.fileHandleForReading)
  }

  private func rows(of folder: URL) throws -> CSVTable? {
    CSVTable(
      text: try String(
        contentsOf: folder.appendingPathComponent("trace.csv"), encoding: .utf8))
  }

  private static let mistakes = [
    BadInput.usage("--factor", "3", mentions: "--factor"),
    .usage("--steps", "0", mentions: "--steps"),
    .usage("--batch", "-1", mentions: "--batch"),
    .usage("--crop", "20", mentions: "--crop"),
    .usage("--crop", "256", mentions: "--crop"),
    .usage("--textures", "2", mentions: "--textures"),
    .usage("--image-share", "0.5", mentions: "--image-share"),
    .usage("--images", "x", "--image-share", "2", mentions: "--image-share"),
    BadInput("a folder that is not there", status: 66, mentions: "nowhere") {
      _ in small + ["--steps", "1", "--images", "nowhere"]
    },
    BadInput("a folder without pictures", status: 65, mentions: "empty") { folder in
      let empty = folder.appendingPathComponent("empty")
      try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
      return small + ["--steps", "1", "--images", empty.path]
    },
    .usage("--perceptual-weight", "-1", mentions: "--perceptual-weight"),
    .usage("--learning-rate", "nan", mentions: "--learning-rate"),
    .usage("--kind", "gan", mentions: "--kind"),
    .usage("--start", "warm", mentions: "--start"),
    .usage("--start", "linear", "--from", "x", mentions: "--start linear"),
    .usage("--kind", "vq", "--kl-weight", "1e-6", mentions: "--kl-weight"),
    .usage("--commitment", "0.25", mentions: "--commitment"),
    .usage(
      "--adversarial-weight", "0", "--adversarial-start", "3", mentions: "--adversarial-start"),
    .usage(
      "--adversarial-weight", "1", "--crop", "8", mentions: "--crop"),
    BadInput("an autoencoder that is not there", status: 66, mentions: "nowhere") {
      _ in small + ["--steps", "1", "--from", "nowhere"]
    },
    BadInput("no state to go on from", status: 66, mentions: "nowhere") {
      ["--resume", "--state", $0.appendingPathComponent("nowhere").path]
    },
    BadInput("a state that is none", status: 65, mentions: "garbage") { folder in
      let file = folder.appendingPathComponent("garbage")
      try Data("no state".utf8).write(to: file)
      return ["--resume", "--state", file.path]
    },
    BadInput("a state that cannot be written", status: 73, mentions: "/proc/nothing") { _ in
      small + ["--steps", "100000", "--state", "/proc/nothing/state"]
    },
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      ["--output", "/proc/nothing"]
    },
  ]

  @Test("bad input is answered in one line and leaves nothing", arguments: mistakes)
  func badInput(input: BadInput) throws {
    #expect(try input.problems(of: "train-autoencoder") == [])
  }

  @Test("a run goes on with its own settings only; a finished one may be replaced")
  func otherSettings() throws {
    try withTemporaryFolder { folder in
      let executable = Executable("train-autoencoder")
      let state = ["--state", "state", "--output", "out"]
      let first = try executable.run(small + ["--steps", "3"] + state, in: folder)
      #expect(first.status == 0, "\(first.errors)")
      let again = try executable.run(small + ["--steps", "3"] + state, in: folder)
      #expect(again.status == 0, "\(again.errors)")
      let other = try executable.run(
        small + ["--steps", "3", "--learning-rate", "0.002", "--resume"] + state, in: folder)
      #expect(other.status == 65 && other.errors.contains("--learning-rate"))
      // Only the codebook's models have a commitment: it is not what differs.
      let kind = try executable.run(
        small + ["--steps", "3", "--kind", "vq", "--resume"] + state, in: folder)
      #expect(kind.status == 65 && kind.errors.contains("--kind kl, not vq"), "\(kind.errors)")
      let whole = try executable.run(small + ["--steps", "3", "--resume"] + state, in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
    }
  }
}
