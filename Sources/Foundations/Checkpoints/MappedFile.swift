import Diagnostics
import Foundation
import Tensors

/// A file's bytes in memory, mapped read-only: pages come from the disk when they are touched.
///
/// Tensors borrow the mapping and keep it alive. A file that another program shortens while it is
/// mapped cannot be guarded against; replacing it by renaming is harmless.
package final class MappedFile: @unchecked Sendable, PageSource {
  package let path: String
  package let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool
  /// The fewest bytes that are given back.
  private static let worthwhile = 1 << 20
  private let release: @Sendable (UnsafeRawBufferPointer) -> Void

  /// - Parameter expected: what the file should be, in words, for the error.
  /// - Throws: `FileError`.
  package init(_ path: String, expecting expected: String) throws {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw FileError.missing(path: path) }
      throw FileError.notReadable(path: path, reason: lastSystemError())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError.notReadable(path: path, reason: lastSystemError())
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw FileError.isFolder(path: path, expected: expected)
    default: throw FileError.notReadable(path: path, reason: "not a regular file")
    }
    let count = Int(status.st_size)
    guard count > 0 else { throw FileError.empty(path: path, expected: expected) }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED
    else { throw FileError.notReadable(path: path, reason: lastSystemError()) }
    // What is read first are small headers all over the file: no reading ahead of them.
    madvise(base, count, MADV_RANDOM)
    self.path = path
    bytes = UnsafeRawBufferPointer(start: base, count: count)
    isMapped = true
    release = { munmap(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count) }
    FilesRead.tell(path, descriptor: descriptor)
  }

  /// Bytes that are in memory already, read as though they were a file named `path`.
  package init(_ contents: some Collection<UInt8>, path: String) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
    copy.copyBytes(from: contents)
    self.path = path
    bytes = UnsafeRawBufferPointer(copy)
    isMapped = false
    release = { $0.deallocate() }
  }

  deinit { release(bytes) }

  /// From here on runs of numbers are read: reading ahead pays.
  func expectLongReads() {
    guard isMapped else { return }
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_NORMAL)
  }

  /// Gives the whole pages among `part` back to the system; they come from the file again when they
  /// are touched. For weights of which a reordered copy is now in memory; a few pages are not worth the call.
  package func discard(_ part: UnsafeRawBufferPointer) {
    let page = Int(getpagesize())
    let first = (Int(bitPattern: part.baseAddress) + page - 1) / page * page
    let last = (Int(bitPattern: part.baseAddress) + part.count) / page * page
    guard isMapped, last - first >= Self.worthwhile else { return }
    madvise(UnsafeMutableRawPointer(bitPattern: first), last - first, MADV_DONTNEED)
  }

  /// The elements stored in `range`: borrowed where they are aligned Float32, converted otherwise.
  /// - Precondition: `range` lies in the file and holds exactly `shape` elements of `type`.
  func tensor(in range: Range<Int>, shape: [Int], type: ElementType) -> Tensor {
    let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
    if type == .float32, !slice.isEmpty, let base = slice.baseAddress,
      Int(bitPattern: base) % MemoryLayout<Float>.alignment == 0
    {
      // Borrowed storage is never written, so casting away the mapping's constness is sound.
      let floats = UnsafeMutableRawPointer(mutating: base)
        .assumingMemoryBound(to: Float.self)
      let storage = Storage(borrowing: floats, count: slice.count / 4, from: self)
      return Tensor(shape: shape, storage: storage)
    }
    // Converted numbers are needed once, not beside what they were converted from.
    defer { discard(slice) }
    return Tensor(shape) { type.decode(slice, into: $0) }
  }

  /// The same, but numbers of 16 bits stay as they are stored.
  func weight(in range: Range<Int>, shape: [Int], type: ElementType) -> Weight {
    guard let half = type.half else { return Weight(tensor(in: range, shape: shape, type: type)) }
    return Weight(
      shape, half, borrowing: UnsafeRawBufferPointer(rebasing: bytes[range]), from: self)
  }
}

extension UnsafeRawBufferPointer {
  /// The little-endian integer at `offset`, or nil where the bytes end before it does.
  func integer<I: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: I.Type) -> I? {
    guard offset >= 0, offset <= count - MemoryLayout<I>.size else { return nil }
    return I(littleEndian: loadUnaligned(fromByteOffset: offset, as: I.self))
  }
}

/// The number of elements of a shape that a file states; nil when it has a negative extent or when
/// any product of extents overflows, so that strides can be computed without another thought.
func elementCount(of shape: [Int]) -> Int? {
  var product = 1
  for extent in shape {
    guard extent >= 0 else { return nil }
    let (value, overflow) = product.multipliedReportingOverflow(by: Swift.max(extent, 1))
    guard !overflow else { return nil }
    product = value
  }
  return shape.contains(0) ? 0 : product
}
