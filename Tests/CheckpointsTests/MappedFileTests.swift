import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("mapped files") struct MappedFileTests {
  @Test("discarded pages come back when they are touched") func discard() throws {
    let contents = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 3) }
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("bytes").path
      try Data(contents).write(to: URL(fileURLWithPath: path))
      let mapped = try MappedFile(path, expecting: "bytes")
      let inMemory = MappedFile(contents, path: path)
      for file in [mapped, inMemory] {
        #expect(file.bytes.elementsEqual(contents))
        file.discard(UnsafeRawBufferPointer(rebasing: file.bytes[123...]))
        file.discard(UnsafeRawBufferPointer(rebasing: file.bytes[5..<9]))
        #expect(file.bytes.elementsEqual(contents))
      }
    }
  }
}
