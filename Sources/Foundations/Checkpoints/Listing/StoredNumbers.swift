import CKernels
import Tensors

/// Where the numbers of a listed tensor lie, and how they are stored.
enum StoredNumbers: Sendable {
  /// One run of a mapped file, in row-major order.
  case run(MappedFile, Range<Int>, Format)
  /// Scattered, as views of PyTorch may be: read as a whole by the file's own reader.
  case scattered(any WeightSource, name: String)
  /// In a format that is not read here.
  case unread

  /// The number formats of runs.
  enum Format: Sendable, Equatable {
    case element(ElementType)
    /// Blocks of 32 with one scale; see `ck_q8_to_float`.
    case q8
  }
}

extension StoredNumbers.Format {
  /// The same under the name of safetensors; nil for blocks that share a scale.
  var element: ElementType? {
    if case .element(let type) = self { type } else { nil }
  }

  /// Where so many numbers of a run lie in its bytes.
  /// - Precondition: of blocks, `range` takes whole ones.
  func byteRange(of range: Range<Int>) -> Range<Int> {
    switch self {
    case .element(let type):
      range.lowerBound * type.byteCount..<range.upperBound * type.byteCount
    case .q8: range.lowerBound / 32 * 34..<range.upperBound / 32 * 34
    }
  }

  /// Numbers of a run as Float32.
  /// - Parameters:
  ///   - bytes: as many as `target` has numbers.
  ///   - target: where they go.
  func widen(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>) {
    switch self {
    case .element(let type): type.decode(bytes, into: target)
    case .q8:
      guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
      ck_q8_to_float(from, to, target.count / 32)
    }
  }
}

extension MappedFile {
  /// A tensor of a run; borrowed where its numbers are Float32 already, otherwise widened.
  func tensor(in range: Range<Int>, shape: [Int], as format: StoredNumbers.Format) -> Tensor {
    if let element = format.element { return tensor(in: range, shape: shape, type: element) }
    let run = UnsafeRawBufferPointer(rebasing: bytes[range])
    defer { discard(run) }
    return Tensor(shape) { format.widen(run, into: $0) }
  }
}

/// Reads stretches of one tensor as Float32, without ever holding all of it; the pages of the file that
/// were read are given back at once. What is scattered is held as a whole while the reader lives.
struct NumberReader {
  private let file: MappedFile?
  private let bytes: UnsafeRawBufferPointer
  private let format: StoredNumbers.Format
  private let whole: Tensor?

  /// Nil for numbers that are not read here.
  /// - Throws: `CheckpointError`.
  init?(_ numbers: StoredNumbers) throws {
    switch numbers {
    case .run(let file, let range, let format):
      (self.file, self.format, whole) = (file, format, nil)
      bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
    case .scattered(let source, let name):
      (file, format) = (nil, .element(.float32))
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      whole = try source.tensor(named: name)
    case .unread: return nil
    }
  }

  /// The fewest numbers that can be read by themselves; stretches begin at its multiples.
  static let grain = 32

  /// Calls `body` with the elements of `range`; where they had to be converted, in `scratch`.
  /// - Precondition: `range` begins at a multiple of `grain`, and `scratch` is as long.
  func read<Result>(
    _ range: Range<Int>, _ scratch: UnsafeMutableBufferPointer<Float>,
    _ body: (UnsafePointer<Float>) -> Result
  ) -> Result? {
    if let whole {
      return whole.withUnsafeElements { elements in
        elements.baseAddress.map { body($0 + range.lowerBound) }
      }
    }
    guard let target = scratch.baseAddress else { return nil }
    let part = UnsafeRawBufferPointer(rebasing: bytes[format.byteRange(of: range)])
    guard let source = part.baseAddress else { return nil }
    if format.element == .float32, Int(bitPattern: source) % MemoryLayout<Float>.alignment == 0 {
      return body(source.assumingMemoryBound(to: Float.self))
    }
    format.widen(part, into: UnsafeMutableBufferPointer(rebasing: scratch[..<range.count]))
    return body(target)
  }

  /// Gives the memory that a stretch took back to the system.
  func discard(_ range: Range<Int>) {
    file?.discard(UnsafeRawBufferPointer(rebasing: bytes[format.byteRange(of: range)]))
  }
}

/// A stretch of a tensor that is worked on at once.
struct WeightPiece: Sendable {
  /// Its tensor's place in a list.
  let tensor: Int
  let elements: Range<Int>

  /// A few megabytes, so that cores share the work and memory stays small.
  static let longest = 1 << 20
  /// What fits into a core's nearest memory.
  static let block = 8192

  /// The pieces of tensors, as long as readers allow.
  /// - Parameter counts: the elements of each tensor.
  static func all(of counts: [Int]) -> [WeightPiece] {
    counts.enumerated().flatMap { tensor, count in
      stride(from: 0, to: count, by: longest).map {
        WeightPiece(tensor: tensor, elements: $0..<min($0 + longest, count))
      }
    }
  }

  /// Its elements, a block at a time.
  var blocks: some Sequence<Range<Int>> {
    stride(from: elements.lowerBound, to: elements.upperBound, by: Self.block).lazy.map {
      $0..<Swift.min($0 + Self.block, elements.upperBound)
    }
  }

  /// Works on pieces on all cores, a few dozen at a time, and tells how far it is after each lot.
  /// - Throws: the error of the first piece that has one.
  static func work<Output: Sendable>(
    on pieces: [WeightPiece], advance: () -> Void, _ body: (WeightPiece) throws -> Output
  ) throws -> [Output] {
    var outputs: [Output] = []
    for start in stride(from: 0, to: pieces.count, by: lot) {
      let part = pieces[start..<min(start + lot, pieces.count)]
      let results = Threads.map(part.count) { index in
        Swift.Result { try body(part[start + index]) }
      }
      for result in results { outputs.append(try result.get()) }
      advance()
    }
    return outputs
  }

  /// Pieces between two signs of life.
  private static let lot = 32
  /// How often `work` tells how far it is.
  static func lots(_ count: Int) -> Int { (count + lot - 1) / lot }
}

/// Room for one block of a piece.
func withScratch<Result>(
  _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
) rethrows -> Result {
  let scratch = UnsafeMutableBufferPointer<Float>.allocate(capacity: WeightPiece.block)
  scratch.initialize(repeating: 0)
  defer { scratch.deallocate() }
  return try body(scratch)
}

extension ListedTensor {
  /// All its numbers at once, as the networks here read them: for tensors that fit into memory, to check
  /// what was measured piece by piece. Nil in a number format that no network here reads.
  /// - Throws: `CheckpointError`.
  package func whole() throws -> Tensor? {
    switch numbers {
    case .run(let file, let range, let format):
      file.tensor(in: range, shape: shape ?? [], as: format)
    case .scattered(let source, let name): try source.tensor(named: name)
    case .unread: nil
    }
  }
}
