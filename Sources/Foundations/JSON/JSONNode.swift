import Diagnostics
import Foundation

/// A JSON value that knows its file and its place there, so that every complaint about it names
/// both: `unet/config.json: block_out_channels[2]: expected an integer, found "wide"`.
///
///     let config = try JSONNode(contentsOf: "unet/config.json")
///     let channels = try config["block_out_channels"].integers(in: 1...65536)
///     let epsilon = try config.find("norm_eps")?.number() ?? 1e-5
public struct JSONNode: Sendable {
  /// What stands there, unchecked.
  public let value: JSONValue
  /// The file, for messages.
  public let file: String
  /// The place within the file, as in `block_out_channels[2]`; empty for the whole.
  public let path: String

  /// A value that was not read from a file here, with what messages call its file.
  /// - Parameters:
  ///   - value: what it holds.
  ///   - file: the name to use in messages.
  ///   - path: the place within the file; empty for the whole.
  public init(_ value: JSONValue, file: String, path: String = "") {
    self.value = value
    self.file = file
    self.path = path
  }

  /// Reads a file.
  /// - Throws: `FileError`, or `JSONError.damaged` where the file is no JSON.
  public init(contentsOf file: String) throws {
    try self.init(parsing: Self.bytes(of: file), file: file)
  }

  /// - Parameters:
  ///   - text: a whole JSON text, UTF-8.
  ///   - file: the name to use in messages.
  ///   - part: what of the file the text is, for messages ("header"); empty for the whole.
  /// - Throws: `JSONError.damaged`.
  public init(parsing text: some ContiguousBytes, file: String, part: String = "") throws {
    self.init(
      try text.withUnsafeBytes { try JSONParser.parse($0, file: file, part: part) }, file: file)
  }

  /// What a file holds that should be JSON.
  /// - Throws: `FileError`.
  package static func bytes(of file: String) throws -> Data {
    try readInput(file, expecting: "a JSON file", limit: 16 << 20)
  }

  /// The complaint that this value is not what it should be.
  public func failure(expected: String) -> JSONError {
    .unexpected(file: file, key: path, expected: expected, found: value.summary)
  }
}

// MARK: - Members

extension JSONNode {
  /// The member of that name.
  /// - Throws: `JSONError.unexpected` where this is no object or the key is missing.
  public subscript(key: String) -> JSONNode {
    get throws {
      guard let member = try object()[key] else {
        throw JSONError.unexpected(
          file: file, key: path(of: key), expected: "a value", found: nil)
      }
      return JSONNode(member, file: file, path: path(of: key))
    }
  }

  /// The member of that name, or nil where it is absent or null.
  /// - Throws: `JSONError.unexpected` where this is no object.
  public func find(_ key: String) throws -> JSONNode? {
    guard let member = try object()[key], member != .null else { return nil }
    return JSONNode(member, file: file, path: path(of: key))
  }

  /// All members by name.
  /// - Throws: `JSONError.unexpected` where this is no object.
  public func members() throws -> [String: JSONNode] {
    try Dictionary(
      uniqueKeysWithValues: object().map {
        ($0.key, JSONNode($0.value, file: file, path: path(of: $0.key)))
      })
  }

  /// All elements in order.
  /// - Throws: `JSONError.unexpected` where this is no array.
  public func elements() throws -> [JSONNode] {
    guard case .array(let array) = value else { throw failure(expected: "an array") }
    return array.enumerated().map {
      JSONNode($0.element, file: file, path: "\(path)[\($0.offset)]")
    }
  }

  private func object() throws -> [String: JSONValue] {
    guard case .object(let object) = value else { throw failure(expected: "an object") }
    return object
  }

  private func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

// MARK: - Values

extension JSONNode {
  /// - Throws: `JSONError.unexpected` where this is no integer or lies outside `range`.
  public func integer(in range: ClosedRange<Int> = Int.min...Int.max) throws -> Int {
    guard case .integer(let integer) = value, range.contains(integer) else {
      throw failure(
        expected: range == Int.min...Int.max
          ? "an integer" : "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  /// - Throws: `JSONError.unexpected` where this is no finite number.
  public func number() throws -> Double {
    switch value {
    case .integer(let integer): return Double(integer)
    case .number(let number) where number.isFinite: return number
    default: throw failure(expected: "a number")
    }
  }

  /// - Throws: `JSONError.unexpected` where this is neither true nor false.
  public func bool() throws -> Bool {
    guard case .bool(let bool) = value else { throw failure(expected: "true or false") }
    return bool
  }

  /// - Throws: `JSONError.unexpected` where this is no string.
  public func string() throws -> String {
    guard case .string(let string) = value else { throw failure(expected: "a string") }
    return string
  }

  /// - Throws: `JSONError.unexpected` where this is not one of `choices`.
  public func string(oneOf choices: [String]) throws -> String {
    let string = try string()
    guard choices.contains(string) else {
      throw failure(expected: choices.map(\.quoted).joined(separator: " or "))
    }
    return string
  }

  /// - Throws: `JSONError.unexpected`, which names the element.
  public func integers(in range: ClosedRange<Int> = Int.min...Int.max) throws -> [Int] {
    try elements().map { try $0.integer(in: range) }
  }

  /// - Throws: `JSONError.unexpected`, which names the element.
  public func numbers() throws -> [Double] { try elements().map { try $0.number() } }

  /// - Throws: `JSONError.unexpected`, which names the element.
  public func strings() throws -> [String] { try elements().map { try $0.string() } }
}

extension JSONValue {
  /// A word or two for messages.
  fileprivate var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .string(let value): value.quoted
    case .array(let elements): "an array of \(elements.count)"
    case .object(let members): "an object of \(members.count)"
    }
  }
}
