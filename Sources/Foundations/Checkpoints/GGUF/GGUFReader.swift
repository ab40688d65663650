import Diagnostics

/// Reads the header of a GGUF file from front to back; nothing that it says is believed beyond the
/// file's own bytes.
struct GGUFReader {
  /// A value by key, as far as it can be shown.
  enum Value {
    case integer(Int)
    case words(String)

    var text: String {
      switch self {
      case .integer(let value): String(value)
      case .words(let words): words
      }
    }
  }

  let file: MappedFile
  private var position = 4

  init(_ file: MappedFile) { self.file = file }

  func damaged(_ reason: String) -> CheckpointError {
    .damaged(file: file.path, part: "GGUF header, byte \(position)", reason: reason)
  }

  private func incomplete() -> CheckpointError {
    .incomplete(
      file: file.path,
      reason: "its header goes on behind the file's \(file.bytes.count) bytes")
  }

  /// Version and counts, behind the four letters.
  mutating func start() throws -> (version: Int, tensors: Int, keys: Int) {
    let version = try next(UInt32.self)
    guard 2...3 ~= version else {
      let isSwapped = 1...3 ~= version.byteSwapped
      throw CheckpointError.unsupported(
        file: file.path,
        reason: isSwapped
          ? "a GGUF file in big-endian order, which is not read here"
          : "a GGUF file of version \(version); expected version 2 or 3")
    }
    let tensors = try next(UInt64.self)
    let keys = try next(UInt64.self)
    // A tensor's row takes at least 24 bytes, a key with its value 13.
    let left = UInt64(file.bytes.count - position)
    guard tensors <= left / 24, keys <= left / 13 else { throw incomplete() }
    return (Int(version), Int(tensors), Int(keys))
  }

  mutating func next<I: FixedWidthInteger & BitwiseCopyable>(_ type: I.Type) throws -> I {
    guard let value = file.bytes.integer(at: position, as: type) else { throw incomplete() }
    position += MemoryLayout<I>.size
    return value
  }

  /// A text behind its length.
  /// - Parameter what: in words, for the error.
  mutating func text(_ what: String) throws -> String {
    let length = try length()
    let bytes = file.bytes[position..<position + length]
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw damaged("\(what) that is no UTF-8")
    }
    position += length
    return text
  }

  /// A length in bytes that the file can hold.
  private mutating func length() throws -> Int {
    let stated = try next(UInt64.self)
    guard stated <= UInt64(file.bytes.count - position) else { throw incomplete() }
    return Int(stated)
  }

  mutating func value() throws -> Value { try value(of: next(UInt32.self)) }

  private mutating func value(of type: UInt32) throws -> Value {
    switch type {
    case 0: .integer(Int(try next(UInt8.self)))
    case 1: .integer(Int(try next(Int8.self)))
    case 2: .integer(Int(try next(UInt16.self)))
    case 3: .integer(Int(try next(Int16.self)))
    case 4: .integer(Int(try next(UInt32.self)))
    case 5: .integer(Int(try next(Int32.self)))
    case 6: .words("\(Float(bitPattern: try next(UInt32.self)))")
    case 7: .words(try next(UInt8.self) == 0 ? "false" : "true")
    case 8: try shortText()
    case 9: try array()
    case 10: .words("\(try next(UInt64.self))")
    case 11: .words("\(try next(Int64.self))")
    case 12: .words("\(Double(bitPattern: try next(UInt64.self)))")
    default: throw damaged("a value of type \(type), which GGUF has not")
    }
  }

  /// A text of which the beginning is kept: a template or a licence may take pages.
  private mutating func shortText() throws -> Value {
    let length = try length()
    let kept = file.bytes[position..<position + min(length, Self.longestText)]
    position += length
    let text = String(decoding: kept, as: UTF8.self)
    return .words(length > Self.longestText ? text + "…" : text)
  }

  private static let longestText = 400
  /// Of an array so many values are shown.
  private static let shownValues = 6

  /// An array, told by its first values and its length. A vocabulary has tens of thousands of words;
  /// those that are not shown are passed over.
  private mutating func array() throws -> Value {
    let type = try next(UInt32.self)
    let count = try next(UInt64.self)
    guard type != 9 else { throw damaged("an array of arrays") }
    guard let least = Self.leastBytes[type] else {
      throw damaged("an array of type \(type), which GGUF has not")
    }
    guard count <= UInt64((file.bytes.count - position) / least) else { throw incomplete() }
    var shown: [String] = []
    for _ in 0..<min(Int(count), Self.shownValues) { shown.append(try value(of: type).text) }
    let left = Int(count) - shown.count
    if type == 8 {
      for _ in 0..<left {
        let length = try length()
        position += length
      }
    } else {
      position += left * least
    }
    let list = shown.joined(separator: ", ")
    return .words(left > 0 ? "[\(list), …], \(count) values" : "[\(list)]")
  }

  /// The bytes that a value of each type takes, a text at least.
  private static let leastBytes: [UInt32: Int] = [
    0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 10: 8, 11: 8, 12: 8,
  ]

  /// The next position that is a multiple of `alignment`; the end of a file without tensors.
  func aligned(to alignment: Int) throws -> Int {
    min((position + alignment - 1) / alignment * alignment, file.bytes.count)
  }
}
