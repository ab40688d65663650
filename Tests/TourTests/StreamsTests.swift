import Foundation
import TestSupport
import Testing

@Suite("Where a command cannot write") struct StreamsTests {
  /// What a shell says of `storybook` after `before`, with `after` at its end, in an empty folder.
  private func outcome(
    _ before: String = "", _ after: String = ""
  ) throws -> (outcome: Executable.Outcome, left: [String]) {
    try withTemporaryFolder { folder in
      let line = "\(before) '\(Executable("storybook").path)' --count 2 --output out \(after)"
      let outcome = try Executable(at: "/bin/sh").run(["-c", line], in: folder)
      return (outcome, try FileManager.default.contentsOfDirectory(atPath: folder.path))
    }
  }

  @Test("a file larger than allowed ends in one line, and nothing is left")
  func fileSize() throws {
    let (outcome, left) = try outcome("ulimit -f 1;")
    #expect(outcome.status == 73 && outcome.errors.hasSuffix("cannot be written: file too large\n"))
    #expect(outcome.errors.filter { $0 == "\n" }.count == 1 && left == [])
  }

  @Test(
    "standard output that cannot be written ends in one line; the folder is there",
    arguments: [(">&-", "bad file descriptor"), (">/dev/full", "no space left on device")])
  func output(redirection: String, reason: String) throws {
    let (outcome, left) = try outcome("", redirection)
    #expect(outcome.status == 73 && left == ["out"])
    #expect(outcome.errors == "error: standard output cannot be written: \(reason)\n")
  }

  @Test(
    "input and errors that are closed stand in nobody's way",
    arguments: ["<&-", "2>&-", "2>/dev/full", "<&- 2>&-"])
  func others(redirection: String) throws {
    let (outcome, left) = try outcome("", redirection)
    #expect(outcome.status == 0 && left == ["out"] && outcome.errors.isEmpty)
    #expect(outcome.output.hasSuffix("/out/index.html\n"))
  }

  @Test("nobody who reads any more is no error")
  func pipe() throws {
    let (outcome, _) = try outcome("", "| true")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
  }
}
