import CKernels
import Diagnostics
import Foundation
import Records
import TestSupport
import Testing

@Suite("SHA-256") struct SHA256Tests {
  /// FIPS 180-4 and the examples of NIST's Cryptographic Standards and Guidelines page.
  @Test(
    "NIST vectors",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmno"
          + "pqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ])
  func vectors(message: String, digest: String) {
    #expect(SHA256.hexDigest(of: Data(message.utf8)) == digest)
  }

  @Test("a million times a")
  func million() {
    let digest = SHA256.hexDigest(of: Data(repeating: 0x61, count: 1_000_000))
    #expect(digest == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test("pieces of any size give the digest of the whole")
  func pieces() {
    let data = Data((0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) })
    for size in [1, 3, 55, 56, 63, 64, 65, 128, 999] {
      var hash = SHA256()
      for start in stride(from: 0, to: data.count, by: size) {
        data[start..<min(start + size, data.count)].withUnsafeBytes { hash.update($0) }
      }
      #expect(hash.hexDigest() == SHA256.hexDigest(of: data), "pieces of \(size)")
    }
  }

  @Test("the processor's instructions agree with the plain loop")
  func fastAgreesWithPlain() {
    let data = (0..<64 * 37).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 11) }
    var (fast, plain) = ([UInt32](1...8), [UInt32](1...8))
    ck_sha256_blocks(&fast, data, 37)
    ck_sha256_blocks_plain(&plain, data, 37)
    #expect(fast == plain)
  }

  @Test("a file has the digest of its bytes; a missing one is named")
  func files() throws {
    try withTemporaryFolder { folder in
      let data = Data(repeating: 7, count: 3_000_001)
      let path = folder.appendingPathComponent("large").path
      try data.write(to: URL(fileURLWithPath: path))
      let (digest, bytes) = try SHA256.hexDigest(ofFile: path)
      #expect(digest == SHA256.hexDigest(of: data) && bytes == 3_000_001)
      #expect(throws: FileError.missing(path: path + "x")) {
        try SHA256.hexDigest(ofFile: path + "x")
      }
    }
  }

  @Test("what was opened keeps its digest when another file takes its place")
  func replaced() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("weights").path
      try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
      var read: [FileRead] = []
      heard(by: .files { read.append($0) }) {
        let descriptor = open(path, O_RDONLY)
        FilesRead.tell(path, descriptor: descriptor)
        close(descriptor)
      }
      try Data("another".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      let (digest, bytes) = try SHA256.hexDigest(of: #require(read.first))
      #expect(digest == SHA256.hexDigest(of: Data("abc".utf8)) && bytes == 3)
    }
  }
}
