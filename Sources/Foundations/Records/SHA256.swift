import CKernels
import Diagnostics
import Foundation

/// SHA-256 (FIPS 180-4), by which a manifest names what went in and what came out.
public struct SHA256: Sendable {
  private var state = ck_sha256_state()

  /// The digest of nothing, to be updated.
  public init() { ck_sha256_start(&state) }

  /// Takes in the bytes that come next.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    ck_sha256_update(&state, base, bytes.count)
  }

  /// The 64 lower-case hexadecimal digits of the digest.
  public func hexDigest() -> String {
    var state = state
    var digest = [UInt8](repeating: 0, count: 32)
    ck_sha256_finish(&state, &digest)
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// The digest of bytes in memory.
  public static func hexDigest(of data: Data) -> String {
    var hash = SHA256()
    data.withUnsafeBytes { hash.update($0) }
    return hash.hexDigest()
  }

  /// The digest of a file of any size, read in pieces.
  /// - Returns: the digest and how many bytes were read.
  /// - Throws: `FileError`.
  public static func hexDigest(ofFile path: String) throws -> (digest: String, bytes: Int) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw errno == ENOENT
        ? FileError.missing(path: path) : .notReadable(path: path, reason: lastSystemError())
    }
    defer { close(file) }
    return try hexDigest(ofDescriptor: file, of: path)
  }

  /// The digest of what was read: of the bytes in memory, or of the file that was opened, whatever
  /// lies at its path now.
  /// - Returns: the digest and how many bytes were read.
  /// - Throws: `FileError`.
  public static func hexDigest(of file: FileRead) throws -> (digest: String, bytes: Int) {
    switch file.contents {
    case .bytes(let data): (hexDigest(of: data), data.count)
    case .descriptor(let handle):
      try hexDigest(ofDescriptor: handle.fileDescriptor, of: file.path)
    }
  }

  /// Reads from the beginning, wherever the descriptor stands.
  private static func hexDigest(
    ofDescriptor file: Int32, of path: String
  ) throws -> (digest: String, bytes: Int) {
    var hash = SHA256()
    var total = 0
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { piece.deallocate() }
    while true {
      let count = pread(file, piece.baseAddress, piece.count, total)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw FileError.notReadable(path: path, reason: lastSystemError())
      }
      guard count > 0 else { return (hash.hexDigest(), total) }
      hash.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      total += count
    }
  }
}
