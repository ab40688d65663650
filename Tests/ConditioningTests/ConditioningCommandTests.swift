import Conditioning
import Foundation
import Records
import TestSupport
import Testing
import TrainDiffusion

@Suite("conditioning") struct ConditioningCommandTests {
  @Test("throws the switch each way from one noise, and what is changed moves something")
  func allWays() throws {
    try withTemporaryFolder { folder in
      let result = try ConditioningCommand.run([
        "--steps", "2", "--output", folder.path + "/run", "--tensors", "--quiet",
      ])
      let text = try String(contentsOfFile: result.folder + "/conditioning.csv", encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      #expect(table.texts("condition") == Way.allCases.map(\.rawValue))
      #expect(table.numbers("mean_change")?.allSatisfy { $0 > 0.1 } == true)
      #expect(table.numbers("joined_channels") == [0, 0, 0, 5, 3, 5])
      #expect(table.numbers("context_tokens") == [24, 30, 24, 24, 24, 24])
      #expect(table.numbers("classes") == [0, 0, 7, 0, 350, 0])
      for way in Way.allCases {
        #expect(
          FileManager.default.fileExists(
            atPath: "\(result.folder)/images/\(way.rawValue)-changed-picture.png"))
      }
      #expect(try accessibilityProblems(ofPage: result.pagePath) == [])
    }
  }

  @Test("draws what a person brings, and takes its own map back")
  func own() throws {
    try withTemporaryFolder { folder in
      let first = try ConditioningCommand.run([
        "--ways", "semantic-map", "--steps", "2", "--output", folder.path + "/one", "--quiet",
      ])
      let map = first.folder + "/images/semantic-map-condition.png"
      let again = try ConditioningCommand.run([
        "--ways", "semantic-map", "--map", map, "--steps", "2",
        "--prompt", "a red boat on the sea",
        "--output", folder.path + "/two", "--quiet",
      ])
      let text = try String(contentsOfFile: again.folder + "/conditioning.csv", encoding: .utf8)
      let told = try #require(CSVTable(text: text)?.texts("told"))
      #expect(told == ["“a red boat on the sea”"])
      #expect(again.manifest.inputs.contains { $0.path.hasSuffix("condition.png") })
    }
  }

  @Test("boxes move what a layout model draws, once one is trained")
  func layout() throws {
    try withTemporaryFolder { folder in
      let trained = try TrainDiffusionCommand.run([
        "--condition", "layout", "--from", Way.text.shippedModel(), "--steps", "1", "--batch", "2",
        "--scenes", "3", "--output", folder.path + "/trained", "--quiet",
      ])
      let result = try ConditioningCommand.run([
        "--ways", "layout", "--model", trained.folder + "/model", "--steps", "2",
        "--boxes", "boat 0.1 0.5 0.5 0.9; sun 0.6 0.1 0.8 0.3", "--output", folder.path + "/run",
        "--quiet",
      ])
      let text = try String(contentsOfFile: result.folder + "/conditioning.csv", encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      #expect(table.texts("told") == ["boat 0.1 0.5 0.5 0.9; sun 0.6 0.1 0.8 0.3"])
      #expect(table.numbers("context_tokens") == [30])
      #expect(try #require(table.numbers("mean_change"))[0] > 0)
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--ways", "smell", mentions: "semantic-map"),
    .usage("--ways", "layout,", mentions: "--ways"),
    .usage("--boxes", "boat 0.1 0.5", mentions: "left, upper, right and lower"),
    .usage("--boxes", "cat 0.1 0.5 0.5 0.9", mentions: "cat"),
    .usage("--boxes", "boat 0.5 0.5 0.1 0.9", mentions: "--boxes"),
    .usage("--boxes", "boat 0 0 nan 1", mentions: "--boxes"),
    .usage("--kind", "cat", mentions: "--kind"),
    .usage("--noise-level", "350", mentions: "0 to 349"),
    .usage("--evaluate", "0", mentions: "--evaluate"),
    .usage("--model", "fixtures/model", mentions: "one way"),
    BadInput("boxes for a way that has none", status: 64, mentions: "--ways layout") { _ in
      ["--ways", "text", "--boxes", "boat 0 0 1 1"]
    },
    BadInput("a model of another way", status: 65, mentions: "fixtures/model") { _ in
      ["--ways", "inpainting", "--model", Repository.path("fixtures/model")]
    },
    BadInput("a model that is not there", status: 66, mentions: "nowhere") { _ in
      ["--ways", "layout", "--boxes", "boat 0 0 1 1", "--model", "/nowhere"]
    },
    BadInput("a map that is not there", status: 66, mentions: "nowhere.png") { _ in
      ["--ways", "semantic-map", "--map", "/nowhere.png"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "conditioning") == [])
  }
}
