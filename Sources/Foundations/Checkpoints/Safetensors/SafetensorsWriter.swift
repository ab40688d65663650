import CKernels
import Diagnostics
import Foundation
import JSON
import Tensors

extension SafetensorsFile {
  /// Writes tensors; equal tensors and metadata give equal bytes.
  ///
  /// The header's names ascend, the numbers follow in the same order, and spaces bring the header
  /// to a multiple of eight bytes. The file appears under its name when it is complete.
  /// - Parameters:
  ///   - weights: the tensors, by name.
  ///   - type: `.float32`, or `.float16` to round to nearest.
  ///   - metadata: for `__metadata__`; diffusers wants `["format": "pt"]`.
  ///   - path: of the file, which is replaced where it exists.
  /// - Throws: `FileError.notWritable`; `CheckpointError.valueOutOfRange` for a finite value
  ///   that float16 cannot hold; whatever reading `weights` throws.
  public static func write(
    _ weights: some WeightSource, as type: ElementType = .float32,
    metadata: [String: String] = [:], to path: String
  ) throws {
    precondition(type == .float32 || type == .float16, "safetensors are not written as \(type)")
    let header = try header(of: weights, as: type, metadata: metadata)
    try writeFile(path) { output in
      try output.write(header)
      for name in weights.names {
        let tensor = try weights.tensor(named: name)
        switch type {
        case .float16: try output.write(halves(of: tensor, named: name, for: path))
        default: try tensor.withUnsafeElements { try output.write(UnsafeRawBufferPointer($0)) }
        }
      }
    }
  }

  /// Makes sure, before the work, that a file of that name can be written, and leaves nothing there.
  /// - Parameter path: of the file.
  /// - Throws: `FileError.notWritable`.
  public static func requireWritable(_ path: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw FileError.notWritable(path: path, reason: "expected a file, found a folder")
    }
    let (temporary, _) = try openBeside(path)
    unlink(temporary)
  }

  /// Writes tensors that are in memory.
  public static func write(
    _ tensors: [String: Tensor], as type: ElementType = .float32,
    metadata: [String: String] = [:], to path: String
  ) throws {
    try write(WeightTable(tensors), as: type, metadata: metadata, to: path)
  }

  private static func header(
    of weights: some WeightSource, as type: ElementType, metadata: [String: String]
  ) throws -> [UInt8] {
    var text = "{"
    func begin(_ key: String) {
      if text.utf8.count > 1 { text += "," }
      JSONValue.write(key, to: &text)
    }
    if !metadata.isEmpty {
      begin("__metadata__")
      for (index, member) in metadata.sorted(by: { $0.key < $1.key }).enumerated() {
        text += index == 0 ? ":{" : ","
        JSONValue.write(member.key, to: &text)
        text += ":"
        JSONValue.write(member.value, to: &text)
      }
      text += "}"
    }
    var offset = 0
    for name in weights.names {
      let shape = weights.info(name)?.shape ?? []
      let end = offset + shape.reduce(1, *) * type.byteCount
      let extents = shape.map(String.init).joined(separator: ",")
      begin(name)
      text += ":{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(extents)],"
      text += "\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    var bytes = Array((text + "}").utf8)
    bytes += [UInt8](repeating: 0x20, count: (8 - bytes.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) } + bytes
  }

  private static func halves(
    of tensor: Tensor, named name: String, for path: String
  ) throws -> [UInt16] {
    let halves = tensor.withUnsafeElements { elements in
      [UInt16](unsafeUninitializedCapacity: elements.count) { buffer, count in
        ck_float_to_half(elements.baseAddress, buffer.baseAddress, elements.count)
        count = elements.count
      }
    }
    let infinity: UInt16 = 0x7c00
    let overflowed = tensor.withUnsafeElements { elements in
      zip(halves, elements).contains { $0 & 0x7fff == infinity && $1.isFinite }
    }
    guard !overflowed else {
      throw CheckpointError.valueOutOfRange(file: path, name: name, type: "float16")
    }
    return halves
  }
}

/// A file being written beside its final place.
struct OutputFile {
  fileprivate let handle: FileHandle
  fileprivate let path: String

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(1 << 30)
      let count = Foundation.write(
        handle.fileDescriptor, UnsafeRawBufferPointer(rebasing: part).baseAddress, part.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError.notWritable(path: path, reason: lastSystemError())
      }
      rest = rest.dropFirst(count)
    }
  }

  func write(_ elements: [some BitwiseCopyable]) throws {
    try elements.withUnsafeBytes { try write($0) }
  }
}

/// Writes a file that appears under its name only when `body` has succeeded.
/// - Throws: `FileError.notWritable`, or what `body` throws.
func writeFile(_ path: String, _ body: (OutputFile) throws -> Void) throws {
  let (temporary, handle) = try openBeside(path)
  HalfMade.places.begin(temporary)
  defer { HalfMade.places.end(temporary) }
  do {
    try body(OutputFile(handle: handle, path: path))
    guard rename(temporary, path) == 0 else {
      throw FileError.notWritable(path: path, reason: lastSystemError())
    }
  } catch {
    unlink(temporary)
    throw error
  }
}

/// A new file beside the place of another.
/// - Throws: `FileError.notWritable`, which names that other.
private func openBeside(_ path: String) throws -> (temporary: String, handle: FileHandle) {
  let temporary = path + ".\(UUID().uuidString).partial"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else {
    throw FileError.notWritable(path: path, reason: lastSystemError())
  }
  return (temporary, FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
}
