import Diagnostics

/// A GGUF file, mapped, as llama.cpp and stable-diffusion.cpp keep weights: values by key, a table of
/// tensors, then their numbers at offsets that the table states.
///
/// The numbers stand in blocks of a few types; those that are plain or Q8_0 can be read, the others
/// are listed with their bytes. What is refused: version 1, big-endian files, counts and lengths that
/// the file cannot hold, arrays in arrays, tensors that reach outside the file or overlap.
/// Source: github.com/ggml-org/ggml, docs/gguf.md.
package struct GGUFFile {
  /// A tensor of the table.
  package struct Entry: Sendable, Equatable {
    /// As PyTorch orders its extents: the one that moves fastest last.
    package let shape: [Int]
    /// The number format.
    package let type: GGUFType
    /// Byte positions in the file.
    package let range: Range<Int>
  }

  /// 2 or 3; they differ only in what big-endian files are.
  package let version: Int
  /// What the file says of itself, in the file's order; arrays are told by their length and first values.
  package let metadata: [(key: String, value: String)]
  /// The tensors by name.
  package let entries: [String: Entry]
  /// Where the numbers begin.
  package let dataStart: Int

  /// More dimensions than ggml has.
  private static let mostDimensions = 4

  /// Whether a file begins like one.
  static func recognizes(_ file: MappedFile) -> Bool {
    file.bytes.prefix(4).elementsEqual("GGUF".utf8)
  }

  /// Reads the header; no number is read.
  /// - Parameter file: the whole file.
  /// - Throws: `CheckpointError`.
  package init(_ file: MappedFile) throws {
    var reader = GGUFReader(file)
    let (version, tensors, keys) = try reader.start()
    var metadata: [(key: String, value: String)] = []
    var known: Set<String> = []
    var alignment = 32
    for _ in 0..<keys {
      let key = try reader.text("a key")
      guard known.insert(key).inserted else { throw reader.damaged("\(key.quoted) is there twice") }
      let value = try reader.value()
      if key == "general.alignment" {
        guard case .integer(let stated) = value, 1...65_536 ~= stated, stated & (stated - 1) == 0
        else { throw reader.damaged("an alignment of \(value.text), which is no power of two") }
        alignment = stated
      }
      metadata.append((key, value.text))
    }
    var table: [(name: String, entry: Entry)] = []
    for _ in 0..<tensors { table.append(try Self.entry(&reader)) }
    let dataStart = try reader.aligned(to: alignment)
    (self.version, self.metadata, self.dataStart) = (version, metadata, dataStart)
    entries = try Self.placed(table, from: dataStart, alignment: alignment, in: file)
  }

  /// One row of the table; its range begins where the numbers do.
  private static func entry(_ reader: inout GGUFReader) throws -> (name: String, entry: Entry) {
    let name = try reader.text("a tensor's name")
    func damaged(_ reason: String) -> CheckpointError {
      .damaged(file: reader.file.path, part: "tensor \(name.quoted)", reason: reason)
    }
    let dimensions = Int(try reader.next(UInt32.self))
    guard dimensions <= mostDimensions else { throw damaged("has \(dimensions) dimensions") }
    var shape: [Int] = []
    for _ in 0..<dimensions {
      guard let extent = Int(exactly: try reader.next(UInt64.self)) else {
        throw damaged("an extent out of range")
      }
      shape.insert(extent, at: 0)
    }
    let code = try reader.next(UInt32.self)
    guard let type = GGUFType(code: code) else {
      throw CheckpointError.unsupportedType(
        file: reader.file.path, tensor: name, type: "ggml type \(code)")
    }
    guard let offset = Int(exactly: try reader.next(UInt64.self)) else {
      throw damaged("an offset out of range")
    }
    guard let count = elementCount(of: shape), let bytes = type.byteCount(of: count) else {
      throw damaged("the product of its shape overflows")
    }
    guard (shape.last ?? 1).isMultiple(of: type.blockLength) else {
      throw damaged("rows of \(shape.last ?? 1) do not fill blocks of \(type.blockLength)")
    }
    guard offset <= Int.max - bytes else { throw damaged("an offset out of range") }
    return (name, Entry(shape: shape, type: type, range: offset..<offset + bytes))
  }

  /// The tensors at their places in the file.
  private static func placed(
    _ table: [(name: String, entry: Entry)], from start: Int, alignment: Int, in file: MappedFile
  ) throws -> [String: Entry] {
    var entries: [String: Entry] = [:]
    var end = 0
    for (name, entry) in table.sorted(by: { $0.entry.range.lowerBound < $1.entry.range.lowerBound })
    {
      func damaged(_ reason: String) -> CheckpointError {
        .damaged(file: file.path, part: "tensor \(name.quoted)", reason: reason)
      }
      let range = entry.range
      guard range.lowerBound.isMultiple(of: alignment) else { throw damaged("is not aligned") }
      guard range.lowerBound >= end else { throw damaged("overlaps the tensor before it") }
      guard range.upperBound <= file.bytes.count - start else {
        throw CheckpointError.incomplete(
          file: file.path,
          reason: "its tensor \(name.quoted) ends behind the file's \(file.bytes.count) bytes")
      }
      end = range.upperBound
      let placed = Entry(
        shape: entry.shape, type: entry.type,
        range: start + range.lowerBound..<start + range.upperBound)
      guard entries.updateValue(placed, forKey: name) == nil else {
        throw damaged("is there twice")
      }
    }
    return entries
  }
}

/// How ggml stores numbers: in blocks of equal length and size.
package struct GGUFType: Sendable, Equatable {
  /// As ggml names it.
  package let name: String
  /// Numbers in a block.
  package let blockLength: Int
  /// Bytes of a block.
  package let blockBytes: Int
  /// How its numbers are read; nil for blocks that are not read here.
  let format: StoredNumbers.Format?

  /// - Parameter code: as the file states it; nil for one that ggml has not, or has no more.
  init?(code: UInt32) {
    guard let row = Self.table[code] else { return nil }
    (name, blockLength, blockBytes) = row
    format = Self.elements[name].map { .element($0) } ?? (name == "Q8_0" ? .q8 : nil)
  }

  /// The types that networks are stored in and that can be read, for messages.
  static let readable = "F32, F16, BF16 and Q8_0"

  /// How many bytes so many numbers take; nil where they fill no whole blocks, or the product
  /// overflows.
  func byteCount(of count: Int) -> Int? {
    guard count.isMultiple(of: blockLength) else { return nil }
    let (bytes, overflow) = (count / blockLength).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }

  private static let elements: [String: ElementType] = [
    "F32": .float32, "F16": .float16, "BF16": .bfloat16, "F64": .float64, "I8": .int8,
    "I16": .int16, "I32": .int32, "I64": .int64,
  ]

  /// Source: ggml/include/ggml.h, enum ggml_type; ggml/src/ggml-common.h, the sizes.
  private static let table: [UInt32: (String, Int, Int)] = [
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4),
    27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
  ]
}
