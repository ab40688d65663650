import Commands
import DownsamplingStudy
import Foundation
import Records
import TestSupport
import Testing

@Suite("The tables of a study") struct StudyFilesTests {
  private let study = Examples.study(distances: [1: (60, 50), 8: (12, 5), 32: (11, 10)])

  /// Writes the study as a run of its command does.
  private func withFolder(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let path = parent.appendingPathComponent("study").path
      let folder = try RunFolder(at: path, executable: "downsampling-study")
      try StudyFiles(study: study).write(to: RunOutput(folder) { .trained })
      try folder.commit(
        Manifest(
          command: CommandLineText(
            executable: "downsampling-study", arguments: ["--budget", "2m"]),
          provenance: .trained, seed: 42, versions: [:]))
      try body(path)
    }
  }

  @Test("read back to the same study")
  func roundTrip() throws {
    try withFolder { folder in
      var read = try Study(readingFrom: folder)
      #expect(read.command.hasSuffix("downsampling-study --budget 2m"))
      read.command = study.command
      #expect(read == study)
    }
  }

  @Test(
    "a damaged table is told by its name",
    arguments: [
      ("factors.csv", "parameters", "weights"), ("quality.csv", "20.25", "soon"),
      ("ceilings.csv", "\r\n0,", "\r\n3,"), ("loss.csv", "loss", "\"loss"),
      ("settings.csv", "--checkpoints,2", "--checkpoints,1000000000"),
    ])
  func damaged(name: String, text: String, other: String) throws {
    try withFolder { folder in
      let path = folder + "/" + name
      let table = try String(contentsOfFile: path, encoding: .utf8)
      #expect(table.contains(text))
      try table.replacingOccurrences(of: text, with: other)
        .write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: TableError.self) { try Study(readingFrom: folder) }
      #expect(error?.description.contains(name) == true)
      #expect(error?.exitStatus == .badData)
    }
  }
}
