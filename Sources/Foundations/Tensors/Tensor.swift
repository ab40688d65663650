/// A dense array of Float32 in row-major order: plain data with value semantics.
///
/// Copies share memory until one of them is changed. The shape letters used throughout:
/// B batch, C channels, H height, W width, N tokens or pixels in a row, D features.
public struct Tensor: @unchecked Sendable {
  /// The extent of each dimension, outermost first; `[]` is a scalar.
  public private(set) var shape: [Int]
  package private(set) var storage: Storage

  /// The number of elements.
  public var count: Int { storage.count }
  /// The number of dimensions.
  public var rank: Int { shape.count }

  package init(shape: [Int], storage: Storage) {
    precondition(
      shape.reduce(1, *) == storage.count, "shape \(shape) does not hold \(storage.count) elements")
    self.shape = shape
    self.storage = storage
  }

  /// A tensor whose elements are written by `body` before anyone reads them.
  public init(
    _ shape: [Int], initializedBy body: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    precondition(shape.allSatisfy { $0 >= 0 }, "negative extent in \(shape)")
    let storage = Storage(count: shape.reduce(1, *))
    try body(UnsafeMutableBufferPointer(start: storage.base, count: storage.count))
    self.init(shape: shape, storage: storage)
  }

  /// A tensor with one value everywhere.
  public init(_ shape: [Int], repeating value: Float) {
    self.init(shape) { $0.update(repeating: value) }
  }

  /// A tensor from its elements in row-major order.
  public init(_ shape: [Int], _ elements: [Float]) {
    precondition(
      shape.reduce(1, *) == elements.count,
      "shape \(shape) does not hold \(elements.count) elements")
    self.init(shape) { buffer in
      elements.withUnsafeBufferPointer { _ = buffer.update(from: $0) }
    }
  }

  /// All elements 0.
  public static func zeros(_ shape: [Int]) -> Tensor { Tensor(shape, repeating: 0) }
  /// All elements 1.
  public static func ones(_ shape: [Int]) -> Tensor { Tensor(shape, repeating: 1) }

  /// The elements in row-major order.
  public var elements: [Float] { withUnsafeElements { Array($0) } }

  /// Lends the elements in row-major order, for reading; the pointer must not leave `body`.
  public func withUnsafeElements<R>(
    _ body: (UnsafeBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage.base, count: count))
    }
  }

  /// Gives write access; copies first when the memory is shared or borrowed.
  public mutating func withUnsafeMutableElements<R>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    if !ownsStorage {
      let copy = Storage(count: count)
      copy.base.update(from: storage.base, count: count)
      storage = copy
    }
    return try body(UnsafeMutableBufferPointer(start: storage.base, count: count))
  }

  /// Lets go of the pages of a mapped file that hold the numbers, until they are read again.
  package func discardPages() {
    withUnsafeElements { (storage.owner as? any PageSource)?.discard(UnsafeRawBufferPointer($0)) }
  }

  /// Whether the memory is this tensor's alone, so that writing needs no copy.
  package var ownsStorage: Bool {
    mutating get { storage.owner == nil && isKnownUniquelyReferenced(&storage) }
  }

  /// The element at a full index. For reading single values, not for loops.
  public subscript(_ index: Int...) -> Float {
    get { storage.base[offset(of: index)] }
    set {
      let offset = offset(of: index)
      withUnsafeMutableElements { $0[offset] = newValue }
    }
  }

  private func offset(of index: [Int]) -> Int {
    precondition(index.count == rank, "index \(index) does not fit shape \(shape)")
    var offset = 0
    for (position, extent) in zip(index, shape) {
      precondition(0..<extent ~= position, "index \(index) outside shape \(shape)")
      offset = offset * extent + position
    }
    return offset
  }
}

// MARK: - Shape

extension Tensor {
  /// The same elements in another shape, without copying. One extent may be −1: what is left.
  public func reshaped(_ newShape: [Int]) -> Tensor {
    var shape = newShape
    if let unknown = shape.firstIndex(of: -1) {
      let known = shape.filter { $0 != -1 }.reduce(1, *)
      precondition(
        known > 0 && count % known == 0, "cannot reshape \(self.shape) to \(newShape)")
      shape[unknown] = count / known
    }
    precondition(shape.reduce(1, *) == count, "cannot reshape \(self.shape) to \(newShape)")
    return Tensor(shape: shape, storage: storage)
  }

  /// Rows `range` along the first dimension: a view that borrows this tensor's memory.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(
      rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0],
      "rows \(range) outside shape \(shape)")
    let stride = count / max(shape[0], 1)
    let view = Storage(
      borrowing: storage.base + range.lowerBound * stride, count: range.count * stride,
      from: storage)
    return Tensor(shape: [range.count] + shape.dropFirst(), storage: view)
  }

  /// The fewest numbers to copy that are worth a thread.
  private static let copied = 1 << 14

  /// Joins tensors along one dimension; all other extents must agree.
  public static func concatenated(_ parts: [Tensor], along axis: Int) -> Tensor {
    precondition(!parts.isEmpty, "nothing to concatenate")
    var shape = parts[0].shape
    for part in parts.dropFirst() {
      precondition(
        part.rank == shape.count
          && (0..<shape.count).allSatisfy { $0 == axis || part.shape[$0] == shape[$0] },
        "cannot join \(part.shape) to \(parts[0].shape) along dimension \(axis)")
    }
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    return Tensor(shape) { buffer in
      var column = 0
      for part in parts {
        let run = part.shape[axis] * inner
        part.withUnsafeElements { source in
          guard run > 0, let from = source.baseAddress, let to = buffer.baseAddress else { return }
          Threads.split(outer, grain: 1 + copied / run) { rows in
            for row in rows {
              (to + row * shape[axis] * inner + column).update(from: from + row * run, count: run)
            }
          }
        }
        column += run
      }
    }
  }

  /// Elements `range` along one dimension, copied.
  public func slice(_ range: Range<Int>, along axis: Int) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "range \(range) outside dimension \(axis) of \(shape)")
    var newShape = shape
    newShape[axis] = range.count
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let run = range.count * inner
    return Tensor(newShape) { buffer in
      withUnsafeElements { source in
        guard run > 0, let from = source.baseAddress, let to = buffer.baseAddress else { return }
        Threads.split(outer, grain: 1 + Self.copied / run) { rows in
          for row in rows {
            (to + row * run).update(
              from: from + (row * shape[axis] + range.lowerBound) * inner, count: run)
          }
        }
      }
    }
  }

  /// Reorders the dimensions: `order[i]` is the old dimension that becomes dimension i.
  public func permuted(_ order: [Int]) -> Tensor {
    precondition(order.sorted() == Array(0..<rank), "\(order) is no order of \(rank) dimensions")
    let newShape = order.map { shape[$0] }
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    let steps = order.map { strides[$0] }
    return Tensor(newShape) { buffer in
      withUnsafeElements { source in
        guard count > 0 else { return }
        let columns = newShape.last ?? 1
        let columnStep = steps.last ?? 1
        var index = [Int](repeating: 0, count: max(rank - 1, 0))
        var from = 0
        var to = 0
        while to < count {
          for column in 0..<columns { buffer[to + column] = source[from + column * columnStep] }
          to += columns
          var axis = rank - 2
          while axis >= 0 {
            index[axis] += 1
            from += steps[axis]
            if index[axis] < newShape[axis] { break }
            from -= index[axis] * steps[axis]
            index[axis] = 0
            axis -= 1
          }
        }
      }
    }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape: a tensor's numbers are too many for a message.
  public var description: String { "Tensor\(shape)" }
}
