/// The 256 bytes as printable characters, so that a vocabulary of byte strings is readable text.
///
/// Bytes that print keep their Latin-1 character (`!`…`~`, `¡`…`¬`, `®`…`ÿ`); the other 68 take
/// U+0100, U+0101, … in ascending order. It is the table of GPT-2 and CLIP (`bytes_to_unicode`).
public enum ByteAlphabet {
  /// Marks the last symbol of a word: `photo</w>` is a whole word, `photo` its beginning.
  public static let endOfWord = "</w>"

  /// The character of each byte.
  public static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0...UInt8.max).map { byte in
      if prints(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? "\u{fffd}"
    }
  }()

  /// The bytes in the order in which CLIP numbers them: those that print, then the others.
  static let vocabularyOrder: [UInt8] =
    (0...UInt8.max).filter(prints) + (0...UInt8.max).filter { !prints($0) }

  /// The byte of each character, by its code point; nil for a code point below the highest that
  /// stands for no byte.
  private static let bytesByCodePoint: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: Int(characters.map(\.value).max() ?? 0) + 1)
    for (byte, character) in characters.enumerated() {
      bytes[Int(character.value)] = UInt8(byte)
    }
    return bytes
  }()

  private static func prints(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: true
    default: false
    }
  }

  /// The spelling of bytes, one character for each.
  public static func spelling(of bytes: some Sequence<UInt8>) -> String {
    var spelling = String.UnicodeScalarView()
    for byte in bytes { spelling.append(characters[Int(byte)]) }
    return String(spelling)
  }

  /// The bytes that `spelling` stands for; nil where a character of it stands for none.
  public static func bytes(of spelling: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    for character in spelling.unicodeScalars {
      guard character.value < bytesByCodePoint.count,
        let byte = bytesByCodePoint[Int(character.value)]
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
