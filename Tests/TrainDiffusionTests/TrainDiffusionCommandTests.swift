import Foundation
import LatentDiffusion
import Networks
import Records
import Storybook
import TestSupport
import Testing
import TrainDiffusion

@Suite("train-diffusion") struct TrainDiffusionCommandTests {
  /// Pixels of 32×32 and a handful of scenes: seconds, not hours.
  private func arguments(_ folder: String, steps: Int = 24) -> [String] {
    [
      "--pixels", "--size", "32", "--steps", "\(steps)", "--batch", "2", "--scenes", "6",
      "--learning-rate", "2e-3", "--output", folder + "/run", "--quiet",
    ]
  }

  @Test("the loss falls, and the folder holds a model that opens and paints")
  func endToEnd() throws {
    try withTemporaryFolder { folder in
      let result = try TrainDiffusionCommand.run(arguments(folder.path))
      let text = try String(contentsOfFile: result.folder + "/trace.csv", encoding: .utf8)
      let losses = text.split(whereSeparator: \.isNewline).dropFirst().compactMap {
        Double($0.split(separator: ",", omittingEmptySubsequences: false)[1])
      }
      #expect(losses.count == 24)
      let (first, last) = (losses.prefix(4).reduce(0, +), losses.suffix(4).reduce(0, +))
      #expect(last < 0.6 * first, "from \(first / 4) to \(last / 4)")
      let html = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(html.contains("text-to-image --model \(folder.path)/run/model"))
      let model = try LatentDiffusionModel(opening: result.folder + "/model")
      #expect(model.isTrained)
      let captions = (0..<6).map { SceneSampler(seed: 42, split: .training)[$0].caption.text }
      let words = captions.flatMap { $0.split(separator: " ").map(String.init) }
      #expect(model.trainedWords == TrainedWords(words))
      var request = GenerationRequest(prompt: "a red ball on the sand by day")
      request.steps = 2
      var latent: [Float] = []
      for step in try Generation(request, with: model) { latent = step.denoising.next.elements }
      #expect(latent.count == 3 * 32 * 32)
      let isFinite = latent.allSatisfy { $0.isFinite }
      #expect(isFinite)
    }
  }

  @Test("a finished run is replaced by a new one, and with --resume shown again")
  func resume() throws {
    try withTemporaryFolder { folder in
      let arguments = arguments(folder.path, steps: 2)
      let first = try TrainDiffusionCommand.run(arguments)
      let trace = try String(contentsOfFile: first.folder + "/trace.csv", encoding: .utf8)
      let second = try TrainDiffusionCommand.run(arguments)
      let repeated = try String(contentsOfFile: second.folder + "/trace.csv", encoding: .utf8)
      #expect(repeated == trace)
      let again = try TrainDiffusionCommand.run(arguments + ["--resume"])
      #expect(again.manifest.arguments == arguments)
      let same = try String(contentsOfFile: again.folder + "/trace.csv", encoding: .utf8)
      #expect(same == trace)
    }
  }

  @Test("a state among the results is refused before the first step, by a link too")
  func stateAmongResults() throws {
    try withTemporaryFolder { folder in
      let link = folder.path + "/link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
      for state in ["/run", "/run/state", "/other/../run/deep/state", "/link/run/state"] {
        #expect(throws: (any Error).self, "\(state)") {
          try TrainDiffusionCommand.run(
            arguments(folder.path, steps: 1) + ["--state", folder.path + state])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["link"])
      }
      let beside = try TrainDiffusionCommand.run(
        arguments(folder.path, steps: 1) + ["--state", folder.path + "/running"])
      #expect(beside.manifest.settings["state"] == .text(folder.path + "/running"))
    }
  }

  @Test("a page on the way offers no model that is not written; that of an interrupted run does")
  func interim() throws {
    try withTemporaryFolder { folder in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Executable("train-diffusion").path)
      process.arguments = arguments(folder.path, steps: 3200)
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      let page = folder.path + "/run/index.html"
      while process.isRunning, !FileManager.default.fileExists(atPath: page) { usleep(20_000) }
      let html = try String(contentsOfFile: page, encoding: .utf8)
      let manifest = try #require(Manifest.of(folder: folder.path + "/run"))
      process.interrupt()
      process.waitUntilExit()
      #expect(html.contains("train-diffusion --pixels") && !html.contains("text-to-image --model"))
      #expect(html.contains("adds noise to their pixels"))
      #expect(manifest.unfinished == "written before the run had ended")
      // What is left behind has the model as far as it came.
      #expect(process.terminationStatus == 128 + SIGINT)
      let last = try String(contentsOfFile: page, encoding: .utf8)
      #expect(last.contains("text-to-image --model"))
      let ended = try #require(Manifest.of(folder: folder.path + "/run"))
      #expect(ended.unfinished?.hasPrefix("interrupted after ") == true)
      #expect(ended.unfinished?.hasSuffix(" of 3200 steps") == true)
    }
  }
}
