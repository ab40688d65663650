extension String {
  /// Text from a file, fit for one line of a message: in quotes, escaped, at most 120 characters.
  package var quoted: String { "\"\(abridged)\"" }

  /// The same without the quotes.
  package var abridged: String {
    let scalars = unicodeScalars
    var text = ""
    for scalar in scalars.prefix(120) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return scalars.dropFirst(120).isEmpty ? text : text + "…"
  }
}
