import Diagnostics

/// The members of a zip archive whose bytes are stored as they are, as PyTorch stores them.
///
/// Only the central directory is believed, and only as far as the local headers agree with it. Zip64
/// records are read, for checkpoints beyond 4 GB. Refused: compressed or encrypted members,
/// members that overlap, archives in parts. Checksums are not compared: PyTorch may leave them out,
/// and reading every number would undo the mapping.
/// Source: PKWARE APPNOTE.TXT 6.3.10.
struct ZipArchive {
  /// Byte ranges in the file by member name.
  private(set) var members: [String: Range<Int>] = [:]
  private let file: MappedFile

  /// Whether the file begins like a zip archive.
  static func recognizes(_ file: MappedFile) -> Bool {
    file.bytes.integer(at: 0, as: UInt32.self) == 0x0403_4b50
  }

  init(_ file: MappedFile) throws {
    self.file = file
    let directory = try directory()
    var position = directory.start
    for _ in 0..<directory.count {
      position = try readMember(at: position, before: directory.start)
    }
    try requireDisjoint()
  }

  private func damaged(_ part: String, _ reason: String) -> CheckpointError {
    .damaged(file: file.path, part: "zip archive, " + part, reason: reason)
  }

  private func integer<I: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int, _ type: I.Type, of part: String
  ) throws -> Int {
    guard let value = file.bytes.integer(at: offset, as: type), let exact = Int(exactly: value)
    else { throw damaged(part, "ends too early, or holds a number out of range") }
    return exact
  }
}

// MARK: - The directory

extension ZipArchive {
  /// Where the central directory begins and how many members it lists.
  private func directory() throws -> (start: Int, count: Int) {
    let part = "end record"
    let end = try endRecord()
    var count = try integer(end + 10, UInt16.self, of: part)
    var size = try integer(end + 12, UInt32.self, of: part)
    var start = try integer(end + 16, UInt32.self, of: part)
    var limit = end
    if count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff,
      file.bytes.integer(at: end - 20, as: UInt32.self) == 0x0706_4b50
    {
      let record = try integer(end - 12, UInt64.self, of: part)
      guard record < end - 20, file.bytes.integer(at: record, as: UInt32.self) == 0x0606_4b50 else {
        throw damaged(part, "points to no zip64 record")
      }
      count = try integer(record + 32, UInt64.self, of: part)
      size = try integer(record + 40, UInt64.self, of: part)
      start = try integer(record + 48, UInt64.self, of: part)
      limit = record
    }
    // A directory entry takes at least 46 bytes.
    guard start <= limit, size <= limit - start, count <= size / 46 else {
      throw damaged(part, "the directory does not fit in the file")
    }
    return (start, count)
  }

  /// The last record, behind which only a comment of at most 65,535 bytes may follow.
  private func endRecord() throws -> Int {
    let last = file.bytes.count - 22
    var position = last
    while position >= max(0, last - 0xffff) {
      if file.bytes.integer(at: position, as: UInt32.self) == 0x0605_4b50,
        file.bytes.integer(at: position + 20, as: UInt16.self).map(Int.init) == last - position
      {
        return position
      }
      position -= 1
    }
    throw CheckpointError.incomplete(
      file: file.path,
      reason: "a zip archive without its end, of which there are \(file.bytes.count) bytes")
  }

  /// Reads one directory entry and returns where the next one begins.
  private mutating func readMember(at position: Int, before limit: Int) throws -> Int {
    let part = "directory entry \(members.count)"
    guard file.bytes.integer(at: position, as: UInt32.self) == 0x0201_4b50 else {
      throw damaged(part, "has no signature")
    }
    let flags = try integer(position + 8, UInt16.self, of: part)
    let method = try integer(position + 10, UInt16.self, of: part)
    var stored = try integer(position + 20, UInt32.self, of: part)
    var size = try integer(position + 24, UInt32.self, of: part)
    let nameLength = try integer(position + 28, UInt16.self, of: part)
    let extraLength = try integer(position + 30, UInt16.self, of: part)
    let commentLength = try integer(position + 32, UInt16.self, of: part)
    var header = try integer(position + 42, UInt32.self, of: part)
    let extra = position + 46 + nameLength
    guard extra + extraLength + commentLength <= file.bytes.count,
      let name = String(validating: file.bytes[position + 46..<extra], as: UTF8.self)
    else { throw damaged(part, "does not fit, or its name is not UTF-8") }
    guard flags & 1 == 0 else {
      throw CheckpointError.unsupported(
        file: file.path, reason: "zip member \(name.quoted) is encrypted")
    }
    guard method == 0 else {
      throw CheckpointError.unsupported(
        file: file.path,
        reason: "zip member \(name.quoted) is compressed; PyTorch stores members as they are")
    }
    try readZip64(extra..<extra + extraLength, of: part, size: &size, &stored, &header)
    guard stored == size else { throw damaged(part, "states two sizes, \(size) and \(stored)") }
    let range = try data(of: name, header: header, size: size, before: limit)
    guard members.updateValue(range, forKey: name) == nil else {
      throw damaged(part, "\(name.quoted) is there twice")
    }
    return extra + extraLength + commentLength
  }

  /// Replaces the values that 32 bits could not hold by those of the zip64 extra field.
  private func readZip64(
    _ extra: Range<Int>, of part: String, size: inout Int, _ stored: inout Int, _ header: inout Int
  ) throws {
    let absent = 0xffff_ffff
    guard size == absent || stored == absent || header == absent else { return }
    var position = extra.lowerBound
    while position + 4 <= extra.upperBound {
      let identifier = try integer(position, UInt16.self, of: part)
      let length = try integer(position + 2, UInt16.self, of: part)
      position += 4
      guard length <= extra.upperBound - position else { break }
      guard identifier == 1 else {
        position += length
        continue
      }
      let end = position + length
      func next(_ value: inout Int) throws {
        guard value == absent else { return }
        guard position + 8 <= end else { throw damaged(part, "its zip64 field is too short") }
        value = try integer(position, UInt64.self, of: part)
        position += 8
      }
      try next(&size)
      try next(&stored)
      try next(&header)
      return
    }
  }

  /// The bytes of a member, behind its local header.
  private func data(
    of name: String, header: Int, size: Int, before limit: Int
  ) throws -> Range<Int> {
    let part = "member \(name.quoted)"
    guard header < limit, file.bytes.integer(at: header, as: UInt32.self) == 0x0403_4b50 else {
      throw damaged(part, "has no local header")
    }
    let nameLength = try integer(header + 26, UInt16.self, of: part)
    let extraLength = try integer(header + 28, UInt16.self, of: part)
    let start = header + 30 + nameLength + extraLength
    guard start <= limit, size <= limit - start else {
      throw damaged(part, "does not fit before the directory")
    }
    guard file.bytes[header + 30..<header + 30 + nameLength].elementsEqual(name.utf8) else {
      throw damaged(part, "has another name in its local header")
    }
    return start..<start + size
  }

  private func requireDisjoint() throws {
    var end = 0
    for (name, range) in members.sorted(by: { $0.value.lowerBound < $1.value.lowerBound })
    where !range.isEmpty {
      guard range.lowerBound >= end else {
        throw damaged("member \(name.quoted)", "overlaps the member before it")
      }
      end = range.upperBound
    }
  }
}
