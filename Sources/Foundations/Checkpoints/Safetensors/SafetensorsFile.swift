import Diagnostics
import JSON
import Tensors

/// A safetensors file, mapped: eight bytes of header length, a JSON header, then the numbers.
///
/// The header is held to the format's rules before anything else is believed: at most 100 MB and
/// within the file, no key twice, `shape` and `data_offsets` that agree with `dtype`, and tensors
/// that fill the rest of the file with neither overlap nor hole.
/// Source: github.com/huggingface/safetensors, README "Format".
public final class SafetensorsFile: WeightSource {
  static let kind = "a safetensors file"
  /// The longest header that the format allows.
  private static let longestHeader = 100_000_000

  /// The file's path, for messages.
  public let origin: String
  /// All names in ascending order, without `__metadata__`.
  public let names: [String]
  /// What `__metadata__` holds.
  public let metadata: [String: String]
  private let file: MappedFile
  private let entries: [String: Entry]

  private struct Entry {
    let info: TensorInfo
    /// Byte positions in the file.
    let range: Range<Int>
  }

  /// Whether a file begins like one: a length that the format allows, then a JSON object.
  static func recognizes(_ file: MappedFile) -> Bool {
    guard let stated = file.bytes.integer(at: 0, as: UInt64.self) else { return false }
    return stated <= UInt64(longestHeader) && file.bytes.count > 8
      && file.bytes[8] == UInt8(ascii: "{")
  }

  /// Opens the file; no number is read yet.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  public convenience init(_ path: String) throws {
    try self.init(MappedFile(path, expecting: Self.kind))
  }

  package init(_ file: MappedFile) throws {
    let (header, dataStart) = try Self.header(of: file)
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]
    for (name, node) in try header.members() {
      if name == "__metadata__" {
        metadata = try node.members().mapValues { try $0.string() }
      } else {
        entries[name] = try Self.entry(name, node, dataStart: dataStart)
      }
    }
    try Self.requireGapless(entries, from: dataStart, in: file)
    self.file = file
    self.metadata = metadata
    self.entries = entries
    origin = file.path
    names = entries.keys.sorted()
    file.expectLongReads()
  }

  /// Shape and stored type of a tensor, from the header; nil when there is none of that name.
  public func info(_ name: String) -> TensorInfo? { entries[name]?.info }

  /// Where the numbers of a tensor lie in the file; nil when there is none of that name.
  package func range(of name: String) -> Range<Int>? { entries[name]?.range }

  /// The bytes of the JSON header, behind its length.
  package var header: UnsafeRawBufferPointer {
    let stated = file.bytes.integer(at: 0, as: UInt64.self) ?? 0
    return UnsafeRawBufferPointer(rebasing: file.bytes[8..<8 + Int(stated)])
  }

  /// Reads the tensor of that name as Float32.
  /// - Throws: `CheckpointError.missingTensor`.
  public func tensor(named name: String) throws -> Tensor {
    let entry = try entry(name)
    return file.tensor(in: entry.range, shape: entry.info.shape, type: entry.info.elementType)
  }

  /// The tensor of that name, its numbers in the file where they have 16 bits.
  /// - Throws: `CheckpointError.missingTensor`.
  public func weight(named name: String) throws -> Weight {
    let entry = try entry(name)
    return file.weight(in: entry.range, shape: entry.info.shape, type: entry.info.elementType)
  }

  private func entry(_ name: String) throws -> Entry {
    guard let entry = entries[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return entry
  }
}

// MARK: - The header

extension SafetensorsFile {
  /// The header, and where the numbers begin.
  private static func header(of file: MappedFile) throws -> (JSONNode, Int) {
    func damaged(_ reason: String) -> CheckpointError {
      .damaged(file: file.path, part: "safetensors header", reason: reason)
    }
    guard let stated = file.bytes.integer(at: 0, as: UInt64.self) else {
      throw damaged("the file has \(file.bytes.count) bytes, fewer than the 8 of a header length")
    }
    guard stated <= UInt64(longestHeader) else {
      throw damaged("states a length of \(stated) bytes; the format allows \(longestHeader)")
    }
    let end = 8 + Int(stated)
    guard end <= file.bytes.count else {
      throw CheckpointError.incomplete(
        file: file.path,
        reason: "its header takes \(stated) bytes, and there are \(file.bytes.count) in all")
    }
    guard end > 8, file.bytes[8] == UInt8(ascii: "{") else { throw damaged("is no JSON object") }
    let text = UnsafeRawBufferPointer(rebasing: file.bytes[8..<end])
    return (try JSONNode(parsing: text, file: file.path, part: "safetensors header"), end)
  }

  private static func entry(_ name: String, _ node: JSONNode, dataStart: Int) throws -> Entry {
    func damaged(_ reason: String) -> CheckpointError {
      .damaged(file: node.file, part: "tensor \(name.quoted)", reason: reason)
    }
    let typeName = try node["dtype"].string()
    guard let type = ElementType(rawValue: typeName) else {
      throw CheckpointError.unsupportedType(file: node.file, tensor: name, type: typeName)
    }
    let shape = try node["shape"].integers(in: 0...Int.max)
    let offsets = try node["data_offsets"].integers(in: 0...Int.max)
    guard try node.members().count == 3 else {
      throw damaged("has keys besides dtype, shape and data_offsets")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= Int.max - dataStart else {
      throw damaged("data_offsets are no range")
    }
    guard let count = elementCount(of: shape), count <= Int.max / type.byteCount else {
      throw damaged("the product of its shape overflows")
    }
    guard count * type.byteCount == offsets[1] - offsets[0] else {
      throw damaged(
        "its shape takes \(count * type.byteCount) bytes of \(type.rawValue), "
          + "its data_offsets \(offsets[1] - offsets[0])")
    }
    return Entry(
      info: TensorInfo(shape: shape, elementType: type),
      range: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  private static func requireGapless(
    _ entries: [String: Entry], from dataStart: Int, in file: MappedFile
  ) throws {
    var end = dataStart
    let inOrder = entries.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound)
        < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }
    for (name, entry) in inOrder {
      guard entry.range.lowerBound == end else {
        throw CheckpointError.damaged(
          file: file.path, part: "tensor \(name.quoted)",
          reason: entry.range.lowerBound < end
            ? "overlaps the tensor before it" : "leaves a hole before it")
      }
      end = entry.range.upperBound
    }
    guard end <= file.bytes.count else {
      throw CheckpointError.incomplete(
        file: file.path,
        reason: "its header promises \(end) bytes, and there are \(file.bytes.count)")
    }
    guard end == file.bytes.count else {
      throw CheckpointError.damaged(
        file: file.path, part: "data",
        reason: "the header accounts for \(end) bytes; the file has \(file.bytes.count)")
    }
  }
}
