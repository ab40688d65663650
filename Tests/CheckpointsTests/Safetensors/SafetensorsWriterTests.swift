import Checkpoints
import Diagnostics
import Foundation
import TestSupport
import Tensors
import Testing

@Suite("safetensors, written") struct SafetensorsWriterTests {
  private let tensors = [
    "b.weight": Tensor([2, 3], [1, -2, 0.1, .infinity, 1e-8, 3]), "a \"quoted\"": Tensor([], [4]),
    "none": Tensor.zeros([0, 2]),
  ]

  @Test("reads back to the same tensors and metadata")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("m.safetensors").path
      try SafetensorsFile.write(tensors, metadata: ["format": "pt", "é": "\n"], to: path)
      let file = try SafetensorsFile(path)
      #expect(file.metadata == ["format": "pt", "é": "\n"])
      #expect(file.names == tensors.keys.sorted())
      for (name, tensor) in tensors {
        let read = try file.tensor(named: name, shape: tensor.shape)
        #expect(read.elements.map(\.bitPattern) == tensor.elements.map(\.bitPattern))
      }
    }
  }

  @Test("equal tensors give equal bytes, the numbers begin at a multiple of eight")
  func deterministic() throws {
    try withTemporaryFolder { folder in
      let paths = (0..<2).map { folder.appendingPathComponent("\($0).safetensors").path }
      for path in paths { try SafetensorsFile.write(tensors, to: path) }
      let bytes = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
      #expect(bytes[0] == bytes[1])
      #expect(bytes[0][0] % 8 == 0)
    }
  }

  @Test("a value too large for float16 is refused by name and leaves the old file alone")
  func halfOverflow() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("m.safetensors").path
      try Data("old".utf8).write(to: URL(fileURLWithPath: path))
      #expect(
        throws: CheckpointError.valueOutOfRange(file: path, name: "x", type: "float16")
      ) { try SafetensorsFile.write(["x": Tensor([1], [65520])], as: .float16, to: path) }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }
  }

  @Test("an output that cannot be written is said so")
  func notWritable() {
    #expect(throws: FileError.self) {
      try SafetensorsFile.write(tensors, to: "/nonexistent/m.safetensors")
    }
  }
}
