import Diagnostics

/// Reads JSON from a file that nobody vouches for: strictly RFC 8259, UTF-8, no key twice, and with
/// bounds on nesting and on the length of a number, so that time and memory stay in proportion to
/// the text. One thing more than the standard is read: `-Infinity`, which Python writes into
/// scheduler configurations (`lambda_min_clipped`).
struct JSONParser {
  /// Deeper nesting than any configuration has, and far less than a thread's stack holds.
  static let deepestNesting = 64
  static let longestNumber = 400

  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private let part: String
  private var position = 0

  /// - Parameter part: what the text is, for messages ("header"); empty for a whole file.
  /// - Throws: `JSONError.damaged` with the offending byte's position.
  static func parse(
    _ bytes: UnsafeRawBufferPointer, file: String, part: String
  ) throws -> JSONValue {
    var parser = JSONParser(bytes: bytes, file: file, part: part)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.failure("text after the value") }
    return value
  }

  private init(bytes: UnsafeRawBufferPointer, file: String, part: String) {
    self.bytes = bytes
    self.file = file
    self.part = part
  }

  private func failure(_ reason: String) -> JSONError {
    .damaged(
      file: file, part: (part.isEmpty ? "" : part + ", ") + "JSON byte \(position)", reason: reason)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws -> JSONValue {
    guard depth <= Self.deepestNesting else {
      throw failure("nested more than \(Self.deepestNesting) deep")
    }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"): return try number()
    case let byte? where UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte: return try number()
    case nil: throw failure("the text ends too early")
    default: throw failure("expected a value")
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws -> JSONValue {
    let count = text.utf8CodeUnitCount
    guard bytes.count - position >= count,
      (0..<count).allSatisfy({ bytes[position + $0] == text.utf8Start[$0] })
    else { throw failure("expected \(text)") }
    position += count
    return value
  }

  private mutating func object(depth: Int) throws -> [String: JSONValue] {
    position += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if skip(UInt8(ascii: "}")) { return members }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
      let key = try string()
      skipSpace()
      guard skip(UInt8(ascii: ":")) else { throw failure("expected a colon") }
      guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
        throw failure("key \(key.quoted) is there twice")
      }
      skipSpace()
    } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "}")) else { throw failure("expected a comma or a closing brace") }
    return members
  }

  private mutating func array(depth: Int) throws -> [JSONValue] {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if skip(UInt8(ascii: "]")) { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "]")) else { throw failure("expected a comma or a closing bracket") }
    return elements
  }
}

// MARK: - Numbers

extension JSONParser {
  private mutating func number() throws -> JSONValue {
    let start = position
    var isInteger = true
    if skip(UInt8(ascii: "-")), next == UInt8(ascii: "I") {
      return try word("Infinity", .number(-.infinity))
    }
    let leadingZero = next == UInt8(ascii: "0")
    let whole = skipDigits()
    guard whole > 0, !leadingZero || whole == 1 else { throw failure("not a number") }
    if skip(UInt8(ascii: ".")) {
      isInteger = false
      guard skipDigits() > 0 else { throw failure("not a number") }
    }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      isInteger = false
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      guard skipDigits() > 0 else { throw failure("not a number") }
    }
    guard position - start <= Self.longestNumber else {
      throw failure("a number of \(position - start) characters")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw failure("number out of range") }
    return .number(value)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
    return position - start
  }
}

// MARK: - Strings

extension JSONParser {
  private mutating func string() throws -> String {
    position += 1
    let start = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return try text(bytes[start..<position])
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw failure("control character in a string")
      default: position += 1
      }
    }
    throw failure("a string does not end")
  }

  /// The rarer path: a string with escapes, gathered byte by byte.
  private mutating func escapedString(from start: Int) throws -> String {
    var gathered = Array(bytes[start..<position])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return try gathered.withUnsafeBytes { try text($0[...]) }
      case UInt8(ascii: "\\"):
        position += 1
        gathered.append(contentsOf: try escape().utf8)
      case 0..<0x20: throw failure("control character in a string")
      default:
        gathered.append(byte)
        position += 1
      }
    }
    throw failure("a string does not end")
  }

  private func text(_ slice: Slice<UnsafeRawBufferPointer>) throws -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw failure("a string is not UTF-8")
    }
    return text
  }

  /// What follows a backslash.
  private mutating func escape() throws -> String {
    guard let byte = next else { throw failure("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw failure("unknown escape")
    }
  }

  /// Four hexadecimal digits, or two such escapes that form a surrogate pair.
  private mutating func unicodeEscape() throws -> String {
    var value = try fourHexadecimalDigits()
    if 0xd800...0xdbff ~= value {
      guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
        throw failure("half of a surrogate pair")
      }
      let low = try fourHexadecimalDigits()
      guard 0xdc00...0xdfff ~= low else { throw failure("half of a surrogate pair") }
      value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw failure("half of a surrogate pair") }
    return String(scalar)
  }

  private mutating func fourHexadecimalDigits() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
