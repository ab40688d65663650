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
    // Inside a script element `<` could begin `</script>` or `<!--`.
    text = String(decoding: try encoder.encode(value), as: UTF8.self)
      .replacingOccurrences(of: "<", with: "\\u003c")
  }

  /// An array of texts that are JSON already.
  init(array: [ScriptJSON]) { text = "[" + array.map(\.text).joined(separator: ",") + "]" }
}
