/// The calls that PyTorch pickles, done by hand.
extension PickleMachine {
  /// More dimensions than any tensor in a network has.
  private static let highestRank = 16
  /// Beyond any file, and small enough to add and multiply positions without overflow.
  private static let largestStorage = 1 << 48

  func result(of function: Index, arguments: Index) throws -> PickleValue {
    guard case .global(let global) = values[function] else {
      throw damaged("calls \(values[function].kind)")
    }
    let arguments = try elements(of: arguments)
    switch global {
    case .inert: return .inert
    case .orderedDictionary:
      guard arguments.isEmpty else { throw damaged("an ordered dictionary with arguments") }
      return .dictionary([])
    case .rebuildTensor: return .tensor(try tensor(arguments))
    case .rebuildParameter:
      guard let first = arguments.first, case .tensor = values[first] else {
        throw damaged("a parameter without a tensor")
      }
      return values[first]
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
  private func tensor(_ arguments: [Index]) throws -> TorchTensor {
    guard (4...7).contains(arguments.count), case .storage(let storage) = values[arguments[0]]
    else { throw damaged("a tensor without a storage") }
    if arguments.count == 7, case .dictionary(let metadata) = values[arguments[6]],
      !metadata.isEmpty
    {
      throw damaged("a tensor with conjugate or negative bits")
    }
    let shape = try extents(arguments[2])
    let strides = try extents(arguments[3])
    let offset = try integer(at: arguments[1])
    guard shape.count == strides.count, offset >= 0 else {
      throw damaged("a tensor whose sizes and strides do not belong together")
    }
    guard let count = elementCount(of: shape), count <= storage.count else {
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
    return TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
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
