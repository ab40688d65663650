import Checkpoints
import Foundation
import Testing

@Suite("Zip archives as PyTorch writes them") struct ZipArchiveTests {
  private let good = PickleBuilder.dictionary {
    $0.tensor(storage: 6, shape: [6], strides: [1])
  }

  private func refusal(_ bytes: [UInt8]) -> String {
    let error = #expect(throws: CheckpointError.self) { try openTorch(bytes) }
    return error?.description ?? ""
  }

  /// The archive with the bytes at `offset` behind the first occurrence of `signature` replaced.
  private func patched(_ signature: UInt32, _ offset: Int, with bytes: [UInt8]) throws -> [UInt8] {
    var archive = torchArchive(good)
    let pattern = littleEndian(signature)
    let start = try #require(
      (0..<archive.count - 4).first { Array(archive[$0..<$0 + 4]) == pattern })
    archive.replaceSubrange(start + offset..<start + offset + bytes.count, with: bytes)
    return archive
  }

  @Test("the archive that the others are damaged from is read; a comment may follow")
  func intact() throws {
    #expect(try openTorch(torchArchive(good)).names == ["x"])
    let archive = torchArchive(good)
    let comment = Array(archive.dropLast(2)) + [3, 0] + Array("abc".utf8)
    #expect(try openTorch(comment).names == ["x"])
  }

  @Test("compressed and encrypted members are refused in words")
  func methods() throws {
    #expect(refusal(try patched(0x0201_4b50, 10, with: [8, 0])).contains("compressed"))
    #expect(refusal(try patched(0x0201_4b50, 8, with: [1, 0])).contains("encrypted"))
  }

  @Test("sizes, offsets and counts are believed only within the file")
  func lengths() throws {
    let directory: UInt32 = 0x0201_4b50
    let end: UInt32 = 0x0605_4b50
    for (signature, offset, bytes) in [
      (directory, 20, [0xff, 0xff, 0, 0]), (directory, 24, [0, 0, 0, 1]),
      (directory, 20, [0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]),
      (directory, 28, [0xff, 0xff]), (directory, 30, [0xff, 0xff]), (directory, 32, [0xff, 0xff]),
      (directory, 42, [0xff, 0xff, 0xff, 0x7f]), (directory, 42, [1, 0, 0, 0]),
      (end, 10, [0xff, 0x7f]), (end, 10, [4, 0]), (end, 12, [0xff, 0xff, 0xff, 0x7f]),
      (end, 16, [0xff, 0xff, 0xff, 0x7f]), (end, 16, [0, 0, 0, 0]), (end, 20, [1, 0]),
    ] as [(UInt32, Int, [UInt8])] {
      _ = refusal(try patched(signature, offset, with: bytes))
    }
  }

  @Test("members that overlap or share a name are refused")
  func overlap() throws {
    #expect(refusal(zipArchive([("m/data.pkl", good), ("m/data.pkl", good)])).contains("twice"))
    let reachingOver = littleEndian(UInt32(good.count + 50))
    #expect(
      refusal(try patched(0x0201_4b50, 20, with: reachingOver + reachingOver))
        .contains("overlaps"))
  }

  @Test("a checkpoint in zip64 records is read")
  func zip64() throws {
    // The end record is replaced by the 64-bit one, its locator and an end record full of ones.
    let archive = torchArchive(good)
    let end = archive.count - 22
    let size = Array(archive[end + 12..<end + 16]) + [0, 0, 0, 0]
    let start = Array(archive[end + 16..<end + 20]) + [0, 0, 0, 0]
    let count = Array(archive[end + 10..<end + 12]) + [0, 0, 0, 0, 0, 0]
    let record =
      littleEndian(UInt32(0x0606_4b50)) + littleEndian(UInt64(44)) + [45, 0, 45, 0]
      + [UInt8](repeating: 0, count: 8) + count + count + size + start
    let locator =
      littleEndian(UInt32(0x0706_4b50)) + [0, 0, 0, 0] + littleEndian(UInt64(end)) + [1, 0, 0, 0]
    let last =
      littleEndian(UInt32(0x0605_4b50)) + [0, 0, 0, 0] + [UInt8](repeating: 0xff, count: 12) + [
        0, 0,
      ]
    #expect(try openTorch(archive[..<end] + record + locator + last).names == ["x"])
    let astray = littleEndian(UInt32(0x0706_4b50)) + [0, 0, 0, 0] + littleEndian(UInt64.max)
    #expect(
      refusal(archive[..<end] + record + astray + [1, 0, 0, 0] + last).contains("end record"))
  }
}
