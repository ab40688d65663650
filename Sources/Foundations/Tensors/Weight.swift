import CKernels

/// What a layer multiplies by: a tensor, or numbers of 16 bits as a checkpoint stores them.
///
/// Each float16 and each bfloat16 is a Float32 exactly. A product widens them where it packs or reads
/// its weight, so that its result is that of the widened tensor, bit for bit, at half the memory.
public struct Weight: @unchecked Sendable {
  /// Formats of 16 bits.
  public enum Half: Sendable {
    /// IEEE 754: sign, five bits of exponent, ten of fraction.
    case float16
    /// The upper half of a Float32.
    case bfloat16
  }

  private enum Numbers {
    case tensor(Tensor)
    case halves(UnsafeRawBufferPointer, ck_format, owner: AnyObject)
  }
  /// The extent of each dimension, outermost first.
  public let shape: [Int]
  private let numbers: Numbers

  /// A tensor's numbers, in its memory.
  public init(_ tensor: Tensor) {
    shape = tensor.shape
    numbers = .tensor(tensor)
  }

  /// Numbers of 16 bits in row-major order, little-endian, that stay where they are.
  /// - Parameters:
  ///   - shape: the extent of each dimension.
  ///   - format: what the 16 bits mean.
  ///   - bytes: two for each number; they may begin at any address.
  ///   - owner: keeps the bytes alive, and unchanged.
  package init(
    _ shape: [Int], _ format: Half, borrowing bytes: UnsafeRawBufferPointer, from owner: AnyObject
  ) {
    precondition(
      bytes.count == 2 * shape.reduce(1, *), "\(bytes.count) bytes for the halves of \(shape)")
    self.shape = shape
    numbers = .halves(bytes, format == .float16 ? CK_FLOAT16 : CK_BFLOAT16, owner: owner)
  }

  /// Whether the numbers have 16 bits.
  public var isHalf: Bool {
    if case .halves = numbers { true } else { false }
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The numbers as Float32: the tensor itself where it is one, otherwise a widened copy.
  public var tensor: Tensor {
    if case .tensor(let tensor) = numbers { return tensor }
    return Tensor(shape) { out in
      guard let base = out.baseAddress else { return }
      nonisolated(unsafe) let to = base
      withNumbers { numbers in
        nonisolated(unsafe) let numbers = numbers
        Threads.split(count, grain: 1 << 18) { range in
          ck_widen(numbers[range.lowerBound], to + range.lowerBound, range.count)
        }
      }
    }
  }

  /// Whether no number is NaN or infinite. The pages of a file are let go of again where the numbers have
  /// 16 bits.
  public var isFinite: Bool {
    defer { if isHalf { discardPages() } }
    return withNumbers { ck_are_finite($0, count) != 0 }
  }

  /// The same numbers in another shape, without copying.
  public func reshaped(_ shape: [Int]) -> Weight {
    switch numbers {
    case .tensor(let tensor): return Weight(tensor.reshaped(shape))
    case .halves(let bytes, let format, let owner):
      let half: Half = format == CK_FLOAT16 ? .float16 : .bfloat16
      return Weight(shape, half, borrowing: bytes, from: owner)
    }
  }

  /// Some rows of a matrix, or of what else has several; numbers of 16 bits are not copied.
  /// - Precondition: the rows are there.
  public func rows(_ rows: Range<Int>) -> Weight {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= shape[0], "rows \(rows) of \(shape)")
    switch numbers {
    case .tensor(let tensor): return Weight(tensor.slice(rows, along: 0))
    case .halves(let bytes, let format, let owner):
      let half: Half = format == CK_FLOAT16 ? .float16 : .bfloat16
      let row = 2 * shape.dropFirst().reduce(1, *)
      let part = UnsafeRawBufferPointer(
        rebasing: bytes[rows.lowerBound * row..<rows.upperBound * row])
      return Weight([rows.count] + shape.dropFirst(), half, borrowing: part, from: owner)
    }
  }

  /// Lends the numbers for reading, as they are stored; the pointer must not leave `body`.
  package func withNumbers<R>(_ body: (ck_numbers) throws -> R) rethrows -> R {
    switch numbers {
    case .tensor(let tensor):
      return try tensor.withUnsafeElements {
        try body(ck_numbers(base: $0.baseAddress, format: CK_FLOAT32))
      }
    case .halves(let bytes, let format, let owner):
      return try withExtendedLifetime(owner) {
        try body(ck_numbers(base: bytes.baseAddress, format: format))
      }
    }
  }

  /// Lets go of the pages of a mapped file that hold the numbers, until they are read again; nothing
  /// where the numbers lie in memory of their own.
  package func discardPages() {
    switch numbers {
    case .tensor(let tensor): tensor.discardPages()
    case .halves(let bytes, _, let owner): (owner as? any PageSource)?.discard(bytes)
    }
  }
}

extension ck_numbers {
  init(_ floats: UnsafePointer<Float>) { self.init(base: floats, format: CK_FLOAT32) }

  /// The numbers from that one on.
  package subscript(_ index: Int) -> ck_numbers {
    let size = format == CK_FLOAT32 ? 4 : 2
    return ck_numbers(base: base.map { $0 + index * size }, format: format)
  }
}

extension Tensor {
  /// Rows of a table.
  /// - Parameters:
  ///   - indices: of the rows, in the order in which they are wanted.
  ///   - table: shape [entries, features].
  /// - Returns: shape [indices.count, features].
  /// - Precondition: each index names an entry.
  public static func rows(_ indices: [Int], of table: Weight) -> Tensor {
    let (entries, features) = (table.shape[0], table.shape[1])
    return Tensor([indices.count, features]) { out in
      guard let to = out.baseAddress else { return }
      table.withNumbers { numbers in
        for (row, index) in indices.enumerated() {
          precondition(0..<entries ~= index, "index \(index) in a table of \(entries)")
          ck_widen(numbers[index * features], to + row * features, features)
        }
      }
    }
  }
}
