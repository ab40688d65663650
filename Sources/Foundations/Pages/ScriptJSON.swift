import Foundation

/// A JSON text that may stand inside a `<script>` element.
struct ScriptJSON: Sendable, Equatable {
  /// The JSON; no `<` in it.
  let text: String

  private init(text: String) { self.text = text }

  /// Numbers that are not finite become the strings "NaN", "Infinity" and "-Infinity".
  init(encoding value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    text = Self.escaped(try encoder.encode(value))
  }

  /// Inside a script element `<` could begin `</script>` or `<!--`. The texts are megabytes of pictures:
  /// bytes are looked through, not characters.
  private static func escaped(_ json: Data) -> String {
    json.withUnsafeBytes { bytes in
      bytes.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    }.joined(separator: "\\u003c")
  }

  /// An array of texts that are JSON already.
  init(array: [ScriptJSON]) { text = "[" + array.map(\.text).joined(separator: ",") + "]" }
}
