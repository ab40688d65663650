/// The calls that PyTorch pickles, done by hand.
extension PickleMachine {
  /// More dimensions than any tensor in a network has.
  private static let highestRank = 16
  /// Beyond any file, and small enough to add and multiply positions without overflow.
  private static let largestStorage = 1 << 48
  /// Elements of a tensor that repeats fewer stored ones; 32 MiB in single precision.
  private static let largestExpansion = 1 << 23

  func result(of function: Index, arguments: Index) throws -> PickleValue {
    guard case .global(let global) = values[function] else {
      throw damaged("calls \(values[function].kind)")
    }
    let arguments = try elements(of: arguments)
    switch global {
    case .inert, .numberFormat: return .inert
    case .orderedDictionary:
      guard let items = arguments.first else { return .dictionary([]) }
      guard arguments.count == 1 else { throw damaged("an ordered dictionary of many arguments") }
      return .pairs(items)
    case .rebuildTensor: return try tensor(arguments)
    case .rebuildTensorOfType: return try tensorOfType(arguments)
    case .rebuildOther(let kind): return .otherTensor(kind)
    case .rebuildFromType:
      guard arguments.count == 4 else { throw damaged("a tensor without its class") }
      // Not in itself: arguments may be nested deeper than the stack is.
      if case .global(.rebuildFromType) = values[arguments[0]] {
        throw damaged("a tensor made of a tensor with attributes")
      }
      return try result(of: arguments[0], arguments: arguments[2])
    case .rebuildParameter:
      guard let first = arguments.first else { throw damaged("a parameter without a tensor") }
      switch values[first] {
      case .tensor, .otherTensor: return values[first]
      default: throw damaged("a parameter without a tensor")
      }
    case .storage: throw damaged("makes a storage")
    }
  }

  /// A storage from its persistent identifier: ("storage", class, key, location, count), and in the
  /// old format a sixth element, None or the view's (key, offset, count).
  func storage(_ identifier: [Index]) throws -> TorchStorage {
    guard (5...6).contains(identifier.count), try text(at: identifier[0]) == "storage",
      case .global(.storage(let type)) = values[identifier[1]]
    else { throw damaged("a persistent identifier that names no storage") }
    let (key, count) = (try text(at: identifier[2]), try integer(at: identifier[4]))
    guard 0...Self.largestStorage ~= count else { throw damaged("a storage of \(count) elements") }
    var storage = TorchStorage(key: key, type: type, count: count)
    if identifier.count == 6, case .tuple(let view) = values[identifier[5]] {
      guard view.count == 3 else { throw damaged("a storage view of \(view.count) parts") }
      let (offset, count) = (try integer(at: view[1]), try integer(at: view[2]))
      guard offset >= 0, count >= 0, offset <= storage.count, count <= storage.count - offset else {
        throw damaged("a storage view outside its storage")
      }
      storage = TorchStorage(key: key, type: type, count: count, offset: offset)
    }
    return storage
  }

  /// A tensor from (storage, offset, size, stride, requires_grad, hooks, metadata).
  private func tensor(_ arguments: [Index]) throws -> PickleValue {
    guard (4...7).contains(arguments.count), case .storage(let storage) = values[arguments[0]]
    else { throw damaged("a tensor without a storage") }
    guard case .numbers(let type) = storage.type else { return .otherTensor(storage.type.name) }
    if arguments.count == 7, case .dictionary(let metadata) = values[arguments[6]],
      !metadata.isEmpty
    {
      throw damaged("a tensor with conjugate or negative bits")
    }
    return .tensor(try view(of: storage, as: type, arguments))
  }

  /// A tensor from (storage, offset, size, stride, requires_grad, hooks, type, metadata).
  private func tensorOfType(_ arguments: [Index]) throws -> PickleValue {
    guard (7...8).contains(arguments.count), case .storage(let bytes) = values[arguments[0]],
      case .global(.numberFormat(let format)) = values[arguments[6]]
    else { throw damaged("a tensor without a storage or a type") }
    guard case .numbers(let type) = format else { return .otherTensor(format.name) }
    guard bytes.offset == 0 else { throw damaged("a view of bytes as numbers") }
    let count = bytes.count * bytes.type.byteCount / type.byteCount
    let storage = TorchStorage(key: bytes.key, type: .numbers(type), count: count)
    return .tensor(try view(of: storage, as: type, arguments))
  }

  /// The view that (…, offset, size, stride, …) describe.
  private func view(
    of storage: TorchStorage, as type: ElementType, _ arguments: [Index]
  ) throws -> TorchTensor {
    let shape = try extents(arguments[2])
    let strides = try extents(arguments[3])
    let offset = try integer(at: arguments[1])
    guard shape.count == strides.count, offset >= 0 else {
      throw damaged("a tensor whose sizes and strides do not belong together")
    }
    // An expanded tensor repeats what it has along the axes of stride 0.
    let distinct = zip(shape, strides).map { $1 == 0 ? min($0, 1) : $0 }
    guard let count = elementCount(of: shape), let stored = elementCount(of: distinct),
      stored <= storage.count, count <= max(storage.count, Self.largestExpansion)
    else {
      throw damaged("a tensor of shape \(shape) in a storage of \(storage.count) elements")
    }
    var last = offset
    for (extent, stride) in zip(shape, strides) where count > 0 {
      let (reach, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      guard !overflow, reach <= storage.count, last <= storage.count else {
        throw damaged("a tensor that reaches outside its storage")
      }
      last += reach
    }
    guard count == 0 || last < storage.count else {
      throw damaged("a tensor that reaches outside its storage")
    }
    return TorchTensor(
      storage: storage, type: type, offset: offset, shape: shape, strides: strides)
  }

  private func extents(_ index: Index) throws -> [Int] {
    let elements = try elements(of: index)
    guard elements.count <= Self.highestRank else {
      throw damaged("a tensor of \(elements.count) dimensions")
    }
    return try elements.map {
      let extent = try integer(at: $0)
      guard extent >= 0 else { throw damaged("a negative size or stride") }
      return extent
    }
  }
}
