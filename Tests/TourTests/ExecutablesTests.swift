import Commands
import Foundation
import TestSupport
import Testing

@Suite("Every executable") struct ExecutablesTests {
  static let names: [String] = {
    let folder = Repository.path("Sources/Executables")
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }()

  @Test("tells its version, and the default of every option", arguments: names)
  func help(name: String) throws {
    let version = try Executable(name).run(["--version"])
    #expect(version.status == 0 && version.output == Versions.line + "\n")
    let help = try Executable(name).run(["--help"])
    #expect(help.status == 0)
    #expect(help.output.contains("Example: \(name)"))
    let silent = Self.options(help.output).filter {
      $0.contains("<") && !$0.contains("default: ") && !$0.contains("(default")
    }
    #expect(silent == [])
  }

  /// The options that a help text lists, each in one line.
  static func options(_ help: String) -> [String] {
    var options: [String] = []
    for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("  -") {
        options.append(line.trimmingCharacters(in: .whitespaces))
      } else if line.hasPrefix("      "), let last = options.indices.last {
        options[last] += " " + line.trimmingCharacters(in: .whitespaces)
      }
    }
    return options
  }

  @Test("answers an unknown option with one line and status 64", arguments: names)
  func unknownOption(name: String) throws {
    let outcome = try Executable(name).run(["--nonsense"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("\(name): error: "))
    #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
  }

  @Test("from another folder and through a link, what is bundled is found")
  func link() throws {
    try withTemporaryFolder { folder in
      let link = folder.appendingPathComponent("encode")
      try FileManager.default.createSymbolicLink(
        atPath: link.path, withDestinationPath: Executable("text-encoding").path)
      let outcome = try Executable(at: link.path).run(["--prompt", "a boat"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let page = folder.appendingPathComponent("outputs/text-encoding/index.html")
      let html = try String(contentsOf: page, encoding: .utf8)
      #expect(!html.contains("swift run"))
      let path = URL(fileURLWithPath: link.path).resolvingSymlinksInPath().path
      #expect(html.contains("\(path) --prompt &#39;a boat&#39;"))
    }
  }

  @Test("make install puts everything under PREFIX, and make uninstall takes it away")
  func install() throws {
    try withTemporaryFolder { folder in
      // What was built for these tests stands in for the release build.
      let built = URL(fileURLWithPath: Executable("tour").path).deletingLastPathComponent().path
      func make(_ target: String) throws -> Executable.Outcome {
        try Executable(at: "/usr/bin/make").run(
          ["-o", "build", target, "BIN=\(built)", "DESTDIR=\(folder.path)/a b", "PREFIX=/usr"],
          in: Repository.root)
      }
      let installed = try make("install")
      #expect(installed.status == 0, "\(installed.errors)")
      let prefix = folder.appendingPathComponent("a b/usr")
      let outcome = try Executable(at: prefix.appendingPathComponent("bin/text-encoding").path)
        .run(["--prompt", "a boat"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let page = folder.appendingPathComponent("outputs/text-encoding/index.html")
      let html = try String(contentsOf: page, encoding: .utf8)
      #expect(html.contains("&#39;\(prefix.path)/bin/text-encoding&#39; --prompt"))
      #expect(
        html.contains("share/diffusion-inspector/notebooks-md/07-text-encoding.md\">Notebook"))

      let model = prefix.appendingPathComponent("share/diffusion-inspector/fixtures/model")
      try FileManager.default.removeItem(at: model)
      let missing = try Executable(at: prefix.appendingPathComponent("bin/text-encoding").path)
        .run(["--prompt", "a boat"], in: folder)
      #expect(missing.status == 66)
      #expect(missing.errors.contains("make install"), "\(missing.errors)")

      #expect(try make("uninstall").status == 0)
      let left = try FileManager.default.subpathsOfDirectory(atPath: prefix.path)
      #expect(Set(left) == ["bin", "share"])
    }
  }
}
