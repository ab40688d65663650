import DownsamplingStudy
import Foundation
import Records
import TestSupport
import Testing

@Suite("downsampling-study") struct DownsamplingStudyCommandTests {
  /// Seconds of training, two captions, two looks.
  private func arguments(_ folder: URL) -> [String] {
    [
      "--budget", "2s", "--factor", "8", "--factor", "1", "--scenes", "4", "--count", "2",
      "--steps", "2", "--checkpoints", "2", "--quiet",
      "--output", folder.appendingPathComponent("out").path,
    ]
  }

  @Test("trains each model for its share, looks at it, and draws with few and many steps")
  func real() throws {
    try withTemporaryFolder { parent in
      let result = try DownsamplingStudyCommand.run(arguments(parent))
      let factors = try #require(try Examples.table("factors.csv", in: result.folder))
      #expect(factors.numbers("f") == [1, 8])
      let seconds = try #require(factors.numbers("train_seconds"))
      #expect(seconds.allSatisfy { $0 >= 1 })
      for column in ["step_bytes", "pass_flops", "train_images_per_second"] {
        let values = try #require(factors.numbers(column))
        #expect(values.allSatisfy { $0 > 0 }, "\(column)")
      }
      let flops = try #require(factors.numbers("pass_flops"))
      #expect(flops[0] > 3 * flops[1])
      let quality = try #require(try Examples.table("quality.csv", in: result.folder))
      let steps = try #require(quality.numbers("sampler_steps"))
      #expect(Set(steps) == [2, 5, 10, 20, 50])
      let accuracy = try #require(quality.numbers("attribute_accuracy"))
      #expect(accuracy.allSatisfy { 0...1 ~= $0 })
      let draw = try #require(quality.numbers("sample_seconds"))
      let many = zip(steps, draw).filter { $0.0 == 50 }.map(\.1)
      let few = zip(steps, draw).filter { $0.0 == 5 }.map(\.1)
      #expect(zip(many, few).allSatisfy { $0 > 3 * $1 })
      // The states are finished: the same study is shown again, not trained again.
      let again = try DownsamplingStudyCommand.run(arguments(parent) + ["--resume"])
      #expect(try Examples.table("quality.csv", in: again.folder) == quality)
      let twice = try #require(try Examples.table("factors.csv", in: again.folder))
      #expect(twice.numbers("train_seconds") == seconds)
      // What it wrote is a study that can be shown.
      let shown = try DownsamplingStudyCommand.run([
        "--traces", again.folder, "--output", parent.appendingPathComponent("shown").path,
      ])
      #expect(try Examples.table("quality.csv", in: shown.folder) == quality)
    }
  }

  @Test("a model's state goes on with its own settings only")
  func otherSettings() throws {
    try withTemporaryFolder { parent in
      func arguments(_ budget: String) -> [String] {
        [
          "--budget", budget, "--factor", "8", "--scenes", "2", "--count", "2", "--steps", "1",
          "--checkpoints", "1", "--quiet", "--state", parent.appendingPathComponent("state").path,
          "--output", parent.appendingPathComponent("out").path,
        ]
      }
      try DownsamplingStudyCommand.run(arguments("0.5s"))
      #expect(throws: (any Error).self) {
        try DownsamplingStudyCommand.run(arguments("9s") + ["--resume"])
      }
    }
  }

  @Test("a state that cannot be written is refused before the first model learns")
  func stateInTheWay() throws {
    try withTemporaryFolder { parent in
      let state = parent.appendingPathComponent("out.state")
      try FileManager.default.createDirectory(
        at: state.appendingPathComponent("ldm-1.safetensors"), withIntermediateDirectories: true)
      #expect(throws: (any Error).self) {
        try DownsamplingStudyCommand.run(arguments(parent) + ["--resume"])
      }
      // LDM-8 comes first: its state would be there.
      let names = try FileManager.default.contentsOfDirectory(atPath: state.path)
      #expect(names == ["ldm-1.safetensors"])
    }
  }

  @Test("Ctrl-C leaves what there is, and says so to scripts too")
  func interrupted() throws {
    try withTemporaryFolder { parent in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Executable("downsampling-study").path)
      process.arguments = [
        "--budget", "600s", "--factor", "8", "--scenes", "4", "--count", "2", "--steps", "2",
        "--checkpoints", "10", "--output", parent.path + "/out",
      ]
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      let page = parent.path + "/out/index.html"
      while process.isRunning, !FileManager.default.fileExists(atPath: page) { usleep(20_000) }
      process.interrupt()
      process.waitUntilExit()
      #expect(process.terminationStatus == 128 + SIGINT)
      let manifest = try #require(Manifest.of(folder: parent.path + "/out"))
      #expect(manifest.unfinished == "interrupted after 0 of 1 models")
      let html = try String(contentsOfFile: page, encoding: .utf8)
      #expect(html.contains("stopped after 0 of 1 models; --resume goes on"))
    }
  }

  @Test("shows the bundled run, and says which command made it")
  func shipped() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out").path
      let result = try DownsamplingStudyCommand.run(["--output", folder])
      #expect(result.manifest.provenance == .trained)
      let html = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      let study = try Study(readingFrom: Examples.shipped)
      #expect(study.models.map(\.factor) == StudyNetwork.factors)
      #expect(study.command.contains("--budget") && html.contains(study.command))
      for name in ["quality.csv", "factors.csv", "ceilings.csv"] {
        let (own, other) = (
          try Examples.table(name, in: folder), try Examples.table(name, in: Examples.shipped)
        )
        #expect(own == other, "\(name)")
      }
      for residual in result.page.residuals { #expect(residual.holds, "\(residual.measured)") }
    }
  }

  private static let mistakes: [BadInput] = [
    .usage("--budget", "soon", mentions: "--budget"),
    .usage("--budget", "0s", mentions: "--budget"),
    .usage("--budget", "4.5", mentions: "a time with its unit"),
    .usage("--budget", "0x10s", mentions: "--budget"),
    .usage("--traces", "", mentions: "--traces"),
    .usage("--budget", "5s", "--autoencoders", "", mentions: "--autoencoders"),
    .usage("--budget", "5s", "--factor", "3", mentions: "--factor"),
    .usage("--budget", "5s", "--count", "1", mentions: "--count"),
    .usage("--scenes", "5", mentions: "--scenes"),
    .usage("--resume", mentions: "--resume"),
    .usage("--budget", "5s", "--traces", "x", mentions: "--traces"),
    BadInput("a state among the results", status: 64, mentions: "outside of the folder") { folder in
      let results = folder.appendingPathComponent("out").path
      return ["--budget", "1s", "--factor", "8", "--state", results + "/s", "--output", results]
    },
    BadInput("a study that is not there", status: 66, mentions: "nowhere") {
      ["--traces", $0.appendingPathComponent("nowhere").path]
    },
    BadInput("autoencoders that are not there", status: 66, mentions: "kl-f8") {
      ["--budget", "1s", "--factor", "8", "--autoencoders", $0.path]
    },
    BadInput("an autoencoder of another f", status: 65, mentions: "f = 8") { folder in
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent("kl-f4").path,
        withDestinationPath: Repository.path("fixtures/autoencoders/kl-f8"))
      return ["--budget", "1s", "--factor", "4", "--autoencoders", folder.path]
    },
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      ["--output", "/proc/nothing"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "downsampling-study") == [])
  }
}
