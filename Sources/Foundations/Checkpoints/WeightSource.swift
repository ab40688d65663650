import Tensors

/// What a checkpoint says of a tensor before any of its numbers are read.
public struct TensorInfo: Sendable, Equatable {
  /// As PyTorch keeps it; empty for a single number.
  public let shape: [Int]
  /// The format in which the numbers are stored.
  public let elementType: ElementType

  /// What a source says of one tensor.
  public init(shape: [Int], elementType: ElementType) {
    self.shape = shape
    self.elementType = elementType
  }
}

/// Tensors by name: a file, several files, a view of a file under other names, or plain memory.
///
/// Names, shapes and types are known without touching the numbers; `tensor(named:)` reads them.
public protocol WeightSource: Sendable {
  /// The file or folder, for messages.
  var origin: String { get }
  /// All names in ascending order.
  var names: [String] { get }
  /// Shape and stored type of a tensor; nil when there is none of that name. Reads no number.
  func info(_ name: String) -> TensorInfo?
  /// - Throws: `CheckpointError.missingTensor`.
  func tensor(named name: String) throws -> Tensor
  /// The tensor as a layer's weight: numbers of 16 bits stay so where the source can lend them.
  /// - Throws: `CheckpointError.missingTensor`.
  func weight(named name: String) throws -> Weight
}

extension WeightSource {
  /// The tensor, as Float32.
  /// - Throws: what reading the tensor throws.
  public func weight(named name: String) throws -> Weight { Weight(try tensor(named: name)) }

  /// The tensor of that name, which must have that shape.
  /// - Throws: `CheckpointError.missingTensor` or `.shapeMismatch`.
  public func tensor(named name: String, shape: [Int]) throws -> Tensor {
    guard let info = info(name) else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: shape)
    }
    guard info.shape == shape else {
      throw CheckpointError.shapeMismatch(
        file: origin, name: name, expected: shape, actual: info.shape)
    }
    return try tensor(named: name)
  }

  /// Checks that the tensors here are exactly those expected, before any is read.
  /// - Throws: `CheckpointError.missingTensor`, `.shapeMismatch` or `.unexpectedTensor`; the first
  ///   in ascending order of names.
  public func require(exactly expected: [String: [Int]]) throws {
    for name in expected.keys.sorted() {
      guard let info = info(name) else {
        throw CheckpointError.missingTensor(file: origin, name: name, expected: expected[name])
      }
      if let shape = expected[name], shape != info.shape {
        throw CheckpointError.shapeMismatch(
          file: origin, name: name, expected: shape, actual: info.shape)
      }
    }
    for name in names where expected[name] == nil {
      throw CheckpointError.unexpectedTensor(
        file: origin, name: name, shape: info(name)?.shape ?? [])
    }
  }

  /// Every tensor, read.
  public func tensors() throws -> [String: Tensor] {
    try Dictionary(uniqueKeysWithValues: names.map { ($0, try tensor(named: $0)) })
  }
}

/// Tensors in memory, as a weight source.
public struct WeightTable: WeightSource {
  /// The file or folder, for messages.
  public let origin: String
  private let table: [String: Tensor]

  /// Tensors that are there already.
  /// - Parameters:
  ///   - tensors: by name.
  ///   - origin: what messages call the source.
  public init(_ tensors: [String: Tensor], origin: String = "memory") {
    table = tensors
    self.origin = origin
  }

  /// All names in ascending order.
  public var names: [String] { table.keys.sorted() }

  /// Shape and type of a tensor; nil when there is none of that name.
  public func info(_ name: String) -> TensorInfo? {
    table[name].map { TensorInfo(shape: $0.shape, elementType: .float32) }
  }

  /// Reads the tensor of that name.
  /// - Throws: `CheckpointError`.
  public func tensor(named name: String) throws -> Tensor {
    guard let tensor = table[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return tensor
  }
}
