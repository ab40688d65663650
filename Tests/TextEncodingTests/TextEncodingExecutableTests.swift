import Foundation
import TestSupport
import Testing

@Suite("text-encoding as a person runs it") struct TextEncodingExecutableTests {
  @Test("makes a page and prints its path")
  func smoke() throws {
    try withTemporaryFolder { folder in
      let outcome = try Executable("text-encoding").run(
        ["--output", "out", "--prompt", "a red boat", "--vocabulary", Examples.vocabulary],
        in: folder)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      #expect(outcome.output.contains("boat</w>"))
      let page = folder.appendingPathComponent("out/index.html").path
      #expect(outcome.output.hasSuffix("index.html\n"))
      #expect(FileManager.default.fileExists(atPath: page))
    }
  }

  private static let mistakes = [
    BadInput.usage("--seed", "-1", mentions: "--seed"),
    .usage("--threads", "0", mentions: "--threads"),
    .usage("--layer", "3", mentions: "--layer"),
    BadInput("a vocabulary that is not there", status: 66, mentions: "nowhere") {
      ["--vocabulary", $0.appendingPathComponent("nowhere").path]
    },
    BadInput("merges that join nothing", status: 65, mentions: "merges.txt, line 2") { folder in
      let vocabulary = folder.appendingPathComponent("vocabulary")
      try FileManager.default.copyItem(atPath: Examples.vocabulary, toPath: vocabulary.path)
      try Data("#version: 0.2\nno such\n".utf8)
        .write(to: vocabulary.appendingPathComponent("merges.txt"))
      return ["--vocabulary", vocabulary.path]
    },
    BadInput("a vocabulary cut in half", status: 65, mentions: "vocab.json") { folder in
      let vocabulary = folder.appendingPathComponent("vocabulary")
      try FileManager.default.copyItem(atPath: Examples.vocabulary, toPath: vocabulary.path)
      let file = vocabulary.appendingPathComponent("vocab.json")
      try Data(contentsOf: file).prefix(900).write(to: file)
      return ["--vocabulary", vocabulary.path]
    },
    BadInput("a model without a text encoder", status: 65, mentions: "model") { folder in
      let model = folder.appendingPathComponent("model")
      try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: model.appendingPathComponent("model_index.json"))
      return ["--model", model.path]
    },
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      ["--vocabulary", Examples.vocabulary, "--output", "/proc/nothing"]
    },
  ]

  @Test("bad input is answered in one line and leaves nothing", arguments: mistakes)
  func badInput(input: BadInput) throws {
    #expect(try input.problems(of: "text-encoding") == [])
  }
}
