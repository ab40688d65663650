import Foundation
import Records
import Storybook
import TestSupport
import Testing
import TrainClassifier
import Training

@Suite("train-classifier") struct TrainClassifierCommandTests {
  private static let small = [
    "--steps", "3", "--batch", "4", "--widths", "4,4,8", "--groups", "2", "--held-out", "20",
  ]

  @Test("writes a network that opens, its trace and what it gets right")
  func files() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try TrainClassifierCommand.run(
        Self.small + ["--seed", "5", "--output", folder.path])
      let network = try SceneClassifier(folder: folder.path)
      #expect(network.configuration.stageChannels == [4, 4, 8])
      func table(_ name: String) throws -> CSVTable {
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        return try #require(CSVTable(text: text))
      }
      #expect(try table("trace.csv").numbers("step") == [0, 1, 2])
      let accuracy = try table("accuracy.csv")
      #expect(accuracy.rows.count == 2 * (SceneAttribute.allCases.count + 1))
      #expect(accuracy.numbers("scenes")?.allSatisfy { $0 == 20 } == true)
      #expect(accuracy.numbers("right")?.allSatisfy { 0...20 ~= $0 } == true)
      #expect(result.manifest.seed == 5)
      #expect(try accessibilityProblems(ofPage: result.pagePath) == [])
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--steps", "0", mentions: "--steps"),
    .usage("--widths", "16,wide", mentions: "wide"),
    .usage("--widths", "12,20", mentions: "norm_num_groups"),
    .usage("--groups", "0", mentions: "--groups"),
    .usage("--learning-rate", "nan", mentions: "--learning-rate"),
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      small + ["--output", "/proc/nothing"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "train-classifier") == [])
  }
}
