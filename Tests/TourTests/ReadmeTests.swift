import Commands
import Foundation
import Storybook
import TestSupport
import Testing
import Tour

@Suite("The README tells the truth") struct ReadmeTests {
  static let readme: Result<(text: String, runs: [Notebook.Run]), any Error> = Result {
    let text = try String(contentsOfFile: Repository.path("README.md"), encoding: .utf8)
    return (text: text, runs: Notebook(name: "README.md", text: text).runs)
  }

  /// A command whose comment says that it takes minutes or hours is parsed and checked, not run.
  private static func isLong(_ run: Notebook.Run) -> Bool {
    run.comment.contains("minute") || run.comment.contains("hour")
  }

  @Test("its parser takes every command, what a command names is there, and the quick ones run")
  func commands() throws {
    let runs = try Self.readme.get().runs
    #expect(runs.filter(Self.isLong).count >= 5 && runs.filter { !Self.isLong($0) }.count >= 3)
    for run in runs {
      let command = try #require(Catalogue.command(named: run.command), "\(run.command)")
      let arguments = run.arguments.map(Self.path)
      _ = try command.parse(arguments)
      for path in arguments where path.hasPrefix("/") {
        #expect(FileManager.default.fileExists(atPath: path), "\(path)")
      }
      guard !Self.isLong(run) else { continue }
      try withTemporaryFolder { folder in
        let output = folder.appendingPathComponent("out").path
        try command.run(arguments + ["--output", output])
        #expect(FileManager.default.fileExists(atPath: "\(output)/index.html"))
      }
    }
  }

  /// A reader's photograph is a bundled picture.
  private static func path(_ argument: String) -> String {
    if argument == "photo.jpg" { return Repository.path("fixtures/images/chart.png") }
    return argument.hasPrefix("fixtures/") ? Repository.path(argument) : argument
  }

  @Test("its table lists every inspector, and its make targets exist")
  func table() throws {
    let text = try Self.readme.get().text
    for command in Catalogue.stops.map(\.command) + Catalogue.others {
      #expect(text.contains("`\(command.name)"), "\(command.name)")
    }
    let makefile = try String(contentsOfFile: Repository.path("Makefile"), encoding: .utf8)
    for target in text.matches(of: /`make ([a-z]+)/) {
      #expect(makefile.contains("\n\(target.1):"), "make \(target.1)")
    }
  }

  @Test("it lists the words that the shipped model knows")
  func words() throws {
    let text = try Self.readme.get().text.split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    let words = Caption.vocabulary
    #expect(text.contains("knows \(words.count) words: \(words.joined(separator: ", "))"))
  }
}
