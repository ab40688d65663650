import Commands
import Foundation
import Pages
import Records
import TestSupport
import Testing
import Tour

@Suite("The notebooks tell the truth") struct NotebookTests {
  static let notebooks: [Notebook] = {
    let folder = Repository.path("notebooks-md")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".md") }.sorted().compactMap { name in
      (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
        .map { Notebook(name: name, text: $0) }
    }
  }()

  @Test("there is one for every inspector, with commands and numbers")
  func complete() throws {
    #expect(Catalogue.stops.map(\.name) == LearningOrder.stops.map(\.executable))
    for stop in LearningOrder.stops {
      let name = String(try #require(stop.notebook.split(separator: "/").last))
      let notebook = Self.notebooks.first { $0.name == name }
      #expect(notebook?.runs.isEmpty == false, "\(name)")
      #expect(notebook?.runs.contains { !$0.tables.isEmpty } == true, "\(name)")
    }
  }

  @Test("each has a picture that is there, and answers that are folded")
  func pictures() throws {
    let folder = Repository.root.appendingPathComponent("notebooks-md")
    for notebook in Self.notebooks {
      let text = try String(
        contentsOf: folder.appendingPathComponent(notebook.name), encoding: .utf8)
      let pictures = text.matches(of: /\]\((images\/[^)]*)\)/).map { String($0.1) }
      #expect(!pictures.isEmpty, "\(notebook.name)")
      for picture in pictures {
        let path = folder.appendingPathComponent(picture).path
        #expect(FileManager.default.fileExists(atPath: path), "\(notebook.name): \(picture)")
      }
      let exercises = text.split(separator: "## Break it")
      #expect(exercises.count == 2 && exercises.last?.contains("<details>") == true)
    }
  }

  @Test(
    "every command runs, and every number shown is what it gave", arguments: notebooks.map(\.name))
  func commands(name: String) throws {
    let notebook = try #require(Self.notebooks.first { $0.name == name })
    for run in notebook.runs {
      let command = try #require(
        Catalogue.command(named: run.command), "\(name): no inspector \(run.command)")
      try withTemporaryFolder { parent in
        let folder = parent.appendingPathComponent("out")
        let result = try command.run(Self.absolute(run.arguments) + ["--output", folder.path])
        #expect(try ManifestTruth.problems(of: result.manifest) == [], "\(name): \(run.command)")
        func table(_ file: String) throws -> CSVTable {
          let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
          return try #require(CSVTable(text: text))
        }
        for shown in run.tables {
          let problem = Shown.problem(of: shown.text, in: try table(shown.file))
          #expect(problem == nil, "\(name), \(shown.file)")
        }
        for claim in run.claims {
          #expect(try Shown.problem(of: claim, in: table) == nil, "\(name): \(claim.check)")
        }
      }
    }
  }

  /// Paths of the repository as they are from its root, where a reader stands.
  private static func absolute(_ arguments: [String]) -> [String] {
    arguments.map { $0.hasPrefix("fixtures/") ? Repository.path($0) : $0 }
  }
}

@Suite("What a notebook shows") struct ShownTests {
  @Test(
    "a number matches when it rounds to what is shown",
    arguments: [("0.2763", "0.276332"), ("3.6e-06", "3.6213e-06"), ("999", "999"), ("…", "7")])
  func matches(shown: String, actual: String) { #expect(Shown.matches(shown, actual)) }

  @Test(
    "and not otherwise",
    arguments: [("0.2764", "0.276332"), ("3.6e-06", "3.7e-06"), ("998", "999"), ("a", "b")])
  func differs(shown: String, actual: String) { #expect(!Shown.matches(shown, actual)) }

  @Test("a wrong digit in a table or in the text is found")
  func wrongDigit() throws {
    let table = try #require(CSVTable(text: "t,beta\r\n0,0.5\r\n1,0.25\r\n"))
    #expect(Shown.problem(of: "t,beta\n1,0.25", in: table) == nil)
    #expect(Shown.problem(of: "t,beta\n1,0.26", in: table) != nil)
    #expect(Shown.problem(of: "t,gamma\n1,0.25", in: table) != nil)
    let notebook = Notebook(
      name: "",
      text: "```sh\nswift run -c release demo --t 1\n```\nβ is 0.25<!-- b.csv beta where t=1 -->")
    let claim = try #require(notebook.runs.first?.claims.first)
    #expect(notebook.runs.first?.arguments == ["--t", "1"])
    #expect(try Shown.problem(of: claim) { _ in table } == nil)
    let wrong = Notebook.Claim(shown: "0.26", check: claim.check)
    #expect(try Shown.problem(of: wrong) { _ in table } != nil)
  }
}
