import Diagnostics
import Foundation
import Records
import TestSupport
import Testing

@Suite("A run folder") struct RunFolderTests {
  @Test("appears whole, with a manifest of its files")
  func commit() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("new/out").path
      let folder = try RunFolder(at: place, executable: "demo")
      try folder.write(table, as: "trace.csv")
      try folder.write(Data([1, 2, 3]), as: "images/x_t-0500.png")
      try folder.write(Data(count: 10), as: "tensors.safetensors")
      #expect(!exists(place))
      try folder.commit(manifest())
      #expect(names(parent.appendingPathComponent("new").path) == ["out"])
      #expect(
        contents(place)
          == ["images", "images/x_t-0500.png", "manifest.json", "tensors.safetensors", "trace.csv"])
      let read = try #require(Manifest.of(folder: place))
      #expect(
        read.outputs.map(\.path) == ["images/x_t-0500.png", "tensors.safetensors", "trace.csv"])
      #expect(read.outputs[0].bytes == 3)
      #expect(read.outputs[2].sha256 == SHA256.hexDigest(of: Data(table.text.utf8)))
      #expect(read.peakMemoryBytes ?? 0 > 1_000_000)
    }
  }

  @Test("replaces the earlier results of the same executable, and only when complete")
  func replace() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      try run(at: place) { try $0.write(table, as: "old.csv") }
      let folder = try RunFolder(at: place, executable: "demo")
      try folder.write(table, as: "new.csv")
      #expect(contents(place) == ["manifest.json", "old.csv"])
      try folder.commit(manifest())
      #expect(contents(place) == ["manifest.json", "new.csv"])
      #expect(names(parent.path) == ["out"])
    }
  }

  @Test("discarded, it leaves the earlier results and nothing of its own")
  func discard() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      try run(at: place) { try $0.write(table, as: "old.csv") }
      let folder = try RunFolder(at: place, executable: "demo")
      try folder.write(table, as: "new.csv")
      folder.discard()
      folder.discard()
      #expect(names(parent.path) == ["out"] && contents(place) == ["manifest.json", "old.csv"])
      #expect(throws: CancellationError.self) { try folder.write(table, as: "late.csv") }
      #expect(throws: CancellationError.self) { try folder.commit(manifest()) }

      let deep = parent.appendingPathComponent("a/b/c").path
      try RunFolder(at: deep, executable: "demo").discard()
      #expect(names(parent.path) == ["out"], "the folders above it go as well")
    }
  }

  @Test("never replaces what it did not make")
  func foreign() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      try write("mine", to: place + "/notes.txt")
      try expectRefusal(of: place, naming: "files that demo did not write")
      try write(#"{"maker": "somebody"}"#, to: place + "/manifest.json")
      try expectRefusal(of: place, naming: "files that demo did not write")

      let other = parent.appendingPathComponent("other").path
      try run(at: other, executable: "other") { try $0.write(table, as: "t.csv") }
      try expectRefusal(of: other, naming: "the results of other")

      let ours = parent.appendingPathComponent("ours").path
      try run(at: ours) { try $0.write(table, as: "t.csv") }
      try write("mine", to: ours + "/images/notes.txt")
      try expectRefusal(of: ours, naming: "images")

      let file = parent.appendingPathComponent("file").path
      try write("", to: file)
      try expectRefusal(of: file, naming: "expected a folder, found a file")
      try expectRefusal(of: file + "/below", naming: "not a directory")
      try expectRefusal(of: "/", naming: "expected the name of a folder")
      try expectRefusal(of: "/proc/nowhere/out", naming: "no such file")
    }
  }

  @Test("is checked again before it moves in")
  func foreignAtCommit() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      let folder = try RunFolder(at: place, executable: "demo")
      try write("mine", to: place + "/notes.txt")
      #expect(throws: FileError.self) { try folder.commit(manifest()) }
      folder.discard()
      #expect(contents(place) == ["notes.txt"] && names(parent.path) == ["out"])
    }
  }

  @Test("an empty folder is free, and a link leads to its folder")
  func emptyAndLinked() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      let link = parent.appendingPathComponent("link").path
      try FileManager.default.createDirectory(
        atPath: place, withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place)
      try run(at: link) { try $0.write(table, as: "t.csv") }
      #expect(contents(place) == ["manifest.json", "t.csv"])
      #expect(names(parent.path) == ["link", "out"])
      let nowhere = parent.appendingPathComponent("nowhere").path
      try FileManager.default.createSymbolicLink(
        atPath: nowhere, withDestinationPath: "gone/too")
      try expectRefusal(of: nowhere, naming: "a link to a place that does not exist")
    }
  }

  @Test("a file that cannot be written is named by its final place")
  func failedWrite() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      let folder = try RunFolder(at: place, executable: "demo")
      defer { folder.discard() }
      let name = String(repeating: "n", count: 300)
      #expect(
        throws: FileError.notWritable(path: place + "/" + name, reason: "file name too long")
      ) { try folder.write(Data(), as: name) }
    }
  }

  @Test("and so is one whose contents cannot be written, by an error of any kind that names it")
  func failedContents() throws {
    struct TooLarge: FileNamingError, Equatable {
      var path: String
      var exitStatus: Diagnostics.ExitStatus { .cannotCreate }
      var description: String { path }
      func renamingFile(_ rename: (String) -> String) -> Self { Self(path: rename(path)) }
    }
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      let folder = try RunFolder(at: place, executable: "demo")
      defer { folder.discard() }
      #expect(throws: TooLarge(path: place + "/a/w.bin")) {
        try folder.writeFile(as: "a/w.bin") { throw TooLarge(path: $0) }
      }
      #expect(throws: TooLarge(path: "/elsewhere")) {
        try folder.writeFile(as: "a/w.bin") { _ in throw TooLarge(path: "/elsewhere") }
      }
    }
  }

  // MARK: Help

  private var table: CSVTable {
    var table = CSVTable(columns: ["t"])
    table.append([1])
    return table
  }

  private func manifest(_ executable: String = "demo") -> Manifest {
    Manifest(
      command: CommandLineText(executable: executable, arguments: ["--seed", "1"]),
      provenance: .analytic, seed: 1, versions: ["demo": "1"])
  }

  private func run(
    at place: String, executable: String = "demo", _ body: (RunFolder) throws -> Void
  ) throws {
    let folder = try RunFolder(at: place, executable: executable)
    try body(folder)
    try folder.commit(manifest(executable))
  }

  private func expectRefusal(of place: String, naming reason: String) throws {
    let error = #expect(throws: FileError.self) { try RunFolder(at: place, executable: "demo") }
    #expect(error?.exitStatus == .cannotCreate && error?.description.contains(reason) == true)
  }

  private func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  private func names(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  private func contents(_ path: String) -> [String] {
    (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).sorted()
  }
}
