import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite("What a person can do wrong with a file")
struct DiagnosticsTests {
  @Test("a file within its limit is read whole, to the last byte")
  func wholeFile() throws {
    try withTemporaryFolder { folder in
      let path = try write([1, 2, 3], in: folder)
      #expect(try readInput(path, expecting: "a picture", limit: 3) == Data([1, 2, 3]))
    }
  }

  @Test("so is one of several blocks", arguments: [4095, 4096, 1 << 20, (1 << 20) + 1, 3 << 20])
  func blocks(_ count: Int) throws {
    try withTemporaryFolder { folder in
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
      let path = try write(bytes, in: folder)
      #expect(try readInput(path, expecting: "a picture", limit: count) == Data(bytes))
    }
  }

  @Test("a text holds what stands in it, byte for byte")
  func holds() {
    #expect("down_blocks.0.lora_A.weight".holds(".lora_A."))
    #expect(!"down_blocks.0.lora_A".holds(".lora_A."))
    #expect("a".holds("") && !"".holds("a"))
  }

  @Test("one byte more than the limit is refused, with the limit in the line")
  func tooLarge() throws {
    try withTemporaryFolder { folder in
      let path = try write([1, 2, 3], in: folder)
      let error = FileError.tooLarge(path: path, bytes: 3, limit: 2)
      #expect(throws: error) { try readInput(path, expecting: "a picture", limit: 2) }
      #expect(error.description == "\(path): 3 bytes, more than the limit of 2")
    }
  }

  @Test("a file that is missing, empty or a folder is told apart")
  func wrongKind() throws {
    try withTemporaryFolder { folder in
      let missing = folder.appendingPathComponent("nothing").path
      let empty = try write([], in: folder)
      for (path, error) in [
        (missing, FileError.missing(path: missing)),
        (empty, .empty(path: empty, expected: "a picture")),
        (folder.path, .isFolder(path: folder.path, expected: "a picture")),
      ] {
        #expect(throws: error) { try readInput(path, expecting: "a picture", limit: 10) }
      }
    }
  }

  @Test("what the system says of a file is what the line says")
  func system() throws {
    try withTemporaryFolder { folder in
      let loop = folder.appendingPathComponent("loop").path
      try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
      for (path, error) in [(loop, ELOOP), ("/proc/self/mem", EIO)] {
        let reason = String(cString: strerror(error)).lowercased()
        #expect(throws: FileError.notReadable(path: path, reason: reason)) {
          try readInput(path, expecting: "a picture", limit: 10)
        }
      }
    }
  }

  @Test("a pipe that is open already is read; one with a name, and a device, are not waited for")
  func pipes() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data([1, 2, 3]))
    try pipe.fileHandleForWriting.close()
    let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
    #expect(try readInput(path, expecting: "a picture", limit: 3) == Data([1, 2, 3]))
    try withTemporaryFolder { folder in
      let named = folder.appendingPathComponent("pipe").path
      #expect(mkfifo(named, 0o600) == 0)
      for (path, found) in [(named, "a named pipe"), ("/dev/zero", "a device")] {
        let error = #expect(throws: FileError.self) {
          try readInput(path, expecting: "a picture", limit: 10)
        }
        #expect(error?.description.contains("expected a picture, found \(found)") == true)
        #expect(error?.exitStatus == .missingInput)
      }
    }
  }

  @Test("statuses are those of sysexits.h, and every line begins with the file")
  func statuses() {
    let errors: [(FileError, Int32)] = [
      (.missing(path: "a"), 66), (.isFolder(path: "a", expected: "b"), 66),
      (.notReadable(path: "a", reason: "b"), 66), (.empty(path: "a", expected: "b"), 65),
      (.tooLarge(path: "a", bytes: 2, limit: 1), 65), (.notWritable(path: "a", reason: "b"), 73),
    ]
    for (error, status) in errors {
      #expect(error.exitStatus.rawValue == status, "\(error)")
      #expect(error.description.hasPrefix("a: "))
      #expect(!error.description.contains("\n"))
    }
  }

  private func write(_ bytes: [UInt8], in folder: URL) throws -> String {
    let file = folder.appendingPathComponent("file")
    try Data(bytes).write(to: file)
    return file.path
  }
}
