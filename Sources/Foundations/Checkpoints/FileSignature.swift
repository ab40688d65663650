/// What a file is that stands where a checkpoint or a configuration should, by its first bytes.
enum FileSignature {
  /// What the file is and what would help, as in `this is a web page, …`; nil where the bytes tell
  /// nothing.
  static func explanation(of bytes: UnsafeRawBufferPointer) -> String? {
    if let kind = binary.first(where: { matches(bytes, $0.bytes, at: $0.offset) }) {
      return "this is \(kind.explanation)"
    }
    if isMessagePack(bytes) {
      return
        "this is a MessagePack file, as Flax keeps weights, which is not read here: \(otherwise)"
    }
    let text = bytes.prefix(512).drop { blanks.contains($0) }
    let start = String(decoding: text.prefix(64), as: UTF8.self).lowercased()
    return textual.first { start.hasPrefix($0.prefix) }.map { "this is \($0.explanation)" }
  }

  /// Whether the bytes begin with a map whose first key is text. (A map of 0 begins as a pickle does.)
  private static func isMessagePack(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first else { return false }
    let key =
      switch first {
      case 0x81...0x8f: 1
      case 0xde: 3
      case 0xdf: 5
      default: bytes.count
      }
    guard key < bytes.count else { return false }
    return 0xa1...0xbf ~= bytes[key] || bytes[key] == 0xd9
  }

  private static func matches(
    _ bytes: UnsafeRawBufferPointer, _ signature: [UInt8], at offset: Int
  ) -> Bool {
    bytes.count >= offset + signature.count
      && bytes[offset..<offset + signature.count].elementsEqual(signature)
  }

  /// White space, and the byte order mark that some programs begin a text with.
  private static let blanks: Set<UInt8> = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]

  /// Lower-case beginnings of texts.
  private static let textual: [(prefix: String, explanation: String)] = [
    (
      "version https://git-lfs",
      "a Git LFS pointer, three lines in the place of a file that was never fetched: "
        + "run 'git lfs pull' where it was cloned"
    ),
    ("<!doctype html", webPage), ("<html", webPage), ("<head", webPage), ("<!--", webPage),
    ("<?xml", "an XML document, as servers send with an error: download the file again"),
    ("{", "a JSON file, not weights"),
  ]

  private static let webPage =
    "a web page saved under this name: download the file itself (log in first if it needs that)"

  private static let binary: [(bytes: [UInt8], offset: Int, explanation: String)] = [
    (Array("ggml".utf8), 0, "a GGML file, which is not read here: \(otherwise)"),
    ([0x89] + Array("HDF".utf8), 0, "an HDF5 file of Keras, which is not read here: \(otherwise)"),
    (Array("TFL3".utf8), 4, "a TensorFlow Lite model, which is not read here: \(otherwise)"),
    (Array("pytorch".utf8), 4, "an ONNX model, which is not read here: \(otherwise)"),
    ([0x93] + Array("NUMPY".utf8), 0, "a NumPy array, not a checkpoint"),
    (
      Array("PK".utf8) + [5, 6], 0,
      "an empty zip archive, without a single file in it: get the checkpoint again"
    ),
    ([0x1f, 0x8b], 0, packed("gzip")), (Array("BZh".utf8), 0, packed("bzip2")),
    ([0xfd] + Array("7zXZ".utf8), 0, packed("xz")), ([0x28, 0xb5, 0x2f, 0xfd], 0, packed("zstd")),
    ([0x37, 0x7a, 0xbc, 0xaf], 0, packed("7-Zip")), (Array("Rar!".utf8), 0, packed("RAR")),
    (Array("ustar".utf8), 257, packed("tar")),
    ([0x89] + Array("PNG".utf8), 0, "a PNG picture"), ([0xff, 0xd8, 0xff], 0, "a JPEG picture"),
    (Array("GIF8".utf8), 0, "a GIF picture"), (Array("%PDF".utf8), 0, "a PDF document"),
  ]

  private static let otherwise = "take the same model as safetensors"

  private static func packed(_ format: String) -> String {
    "an archive (\(format)): unpack it and name the checkpoint in it"
  }
}
