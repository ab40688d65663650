/// A JSON value (RFC 8259). Integers that fit stay exact; all other numbers are doubles.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction and exponent that fits into 64 bits.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// Text, without the quotes and escapes.
  case string(String)
  /// Values in order.
  case array([JSONValue])
  /// Values by name; their order is not kept.
  case object([String: JSONValue])

  /// The value as text: keys in ascending order and two spaces per level, so that equal values
  /// give equal bytes.
  /// - Precondition: all numbers are finite or −infinity, which Python reads as `-Infinity`.
  public var serialized: String {
    var text = ""
    write(to: &text, indent: "")
    return text + "\n"
  }

  private func write(to text: inout String, indent: String) {
    let inner = indent + "  "
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value):
      precondition(value.isFinite || value == -.infinity, "JSON has no number \(value)")
      text += value.isFinite ? value.description : "-Infinity"
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      guard !elements.isEmpty else { return text += "[]" }
      for (index, element) in elements.enumerated() {
        text += (index == 0 ? "[\n" : ",\n") + inner
        element.write(to: &text, indent: inner)
      }
      text += "\n\(indent)]"
    case .object(let members):
      guard !members.isEmpty else { return text += "{}" }
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        text += (index == 0 ? "{\n" : ",\n") + inner
        Self.write(member.key, to: &text)
        text += ": "
        member.value.write(to: &text, indent: inner)
      }
      text += "\n\(indent)}"
    }
  }

  /// A string in quotes, escaped where JSON demands it.
  package static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
