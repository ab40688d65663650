import Diagnostics

/// What a PyTorch file holds: tensors by name, and where the storages lie that they are views of.
struct TorchContents {
  private(set) var tensors: [String: TorchTensor] = [:]
  /// Byte positions in the file by storage key.
  private(set) var storages: [String: Range<Int>] = [:]

  /// The bytes of a storage, which must hold as many elements as the pickle claims.
  func range(of storage: TorchStorage, in file: MappedFile) throws -> Range<Int> {
    guard let stored = storages[storage.key] else {
      throw CheckpointError.damaged(
        file: file.path, part: "storage \(storage.key.quoted)", reason: "is missing")
    }
    let size = storage.type.byteCount
    guard storage.offset <= stored.count / size,
      storage.count <= stored.count / size - storage.offset
    else {
      throw CheckpointError.damaged(
        file: file.path, part: "storage \(storage.key.quoted)",
        reason: "should hold \(storage.count) numbers of \(storage.type.rawValue), has "
          + "\(stored.count) bytes")
    }
    let start = stored.lowerBound + storage.offset * size
    return start..<start + storage.count * size
  }

  /// The tensors of the state dictionary.
  private static func stateDictionary(
    _ root: PickleValue.Index, of machine: PickleMachine
  ) throws -> [String: TorchTensor] {
    func members(_ index: PickleValue.Index) -> [String: PickleValue.Index]? {
      guard case .dictionary(let items) = machine.values[index] else { return nil }
      var members: [String: PickleValue.Index] = [:]
      for item in stride(from: 0, to: items.count, by: 2) {
        // As in Python, the last value of a key counts; keys that are no strings name no tensor.
        if case .text(let key) = machine.values[items[item]] { members[key] = items[item + 1] }
      }
      return members
    }
    guard let outer = members(root) else {
      throw CheckpointError.unsupported(
        file: machine.file,
        reason: "expected a dictionary of tensors, found \(machine.values[root].kind)")
    }
    let inner = outer["state_dict"].flatMap(members) ?? outer
    let tensors = inner.compactMapValues { index -> TorchTensor? in
      guard case .tensor(let tensor) = machine.values[index] else { return nil }
      return tensor
    }
    guard !tensors.isEmpty else {
      throw CheckpointError.unsupported(file: machine.file, reason: "holds no tensors by name")
    }
    return tensors
  }
}

// MARK: - The zip format

extension TorchContents {
  /// PyTorch 1.6 and later: `NAME/data.pkl`, and a member `NAME/data/KEY` per storage.
  init(archive file: MappedFile) throws {
    let archive = try ZipArchive(file)
    let pickles = archive.members.keys.filter { $0.hasSuffix("/data.pkl") }
    guard let pickle = pickles.first, pickles.count == 1, let range = archive.members[pickle] else {
      throw CheckpointError.unsupported(
        file: file.path, reason: "a zip archive, but not of PyTorch: it has no data.pkl")
    }
    let root = pickle.dropLast("data.pkl".count)
    if let order = archive.members[root + "byteorder"],
      !file.bytes[order].elementsEqual("little".utf8)
    {
      throw CheckpointError.unsupported(file: file.path, reason: "stored in big-endian order")
    }
    let prefix = root + "data/"
    for (name, range) in archive.members where name.hasPrefix(prefix) {
      storages[String(name.dropFirst(prefix.count))] = range
    }
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
    var machine = PickleMachine(bytes, file: file.path)
    let value = try machine.run()
    tensors = try Self.stateDictionary(value, of: machine)
  }
}

// MARK: - The format before 1.6

extension TorchContents {
  private static let magicNumber: [UInt8] = [
    0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
  ]

  /// A magic number, a version, the system, the object and the storage keys, each a pickle; then
  /// each storage: its length in eight bytes, and its numbers.
  init(legacy file: MappedFile) throws {
    func damaged(_ part: String, _ reason: String) -> CheckpointError {
      .damaged(file: file.path, part: part, reason: reason)
    }
    var position = 0
    func next() throws -> (value: PickleValue.Index, machine: PickleMachine) {
      var machine = PickleMachine(file.bytes, from: position, file: file.path)
      let value = try machine.run()
      position = machine.position
      return (value, machine)
    }
    guard file.bytes.first == 0x80 else {
      throw CheckpointError.unsupported(
        file: file.path, reason: "expected \(TorchFile.kind), found neither a zip nor a pickle")
    }
    let magic = try next()
    guard case .longInteger(Self.magicNumber) = magic.machine.values[magic.value] else {
      throw CheckpointError.unsupported(
        file: file.path, reason: "a pickle, but not of PyTorch: it has no magic number")
    }
    let version = try next()
    guard case .integer(1001) = version.machine.values[version.value] else {
      throw damaged("version", "is not 1001")
    }
    _ = try next()
    let object = try next()
    tensors = try Self.stateDictionary(object.value, of: object.machine)
    let sizes = Self.elementSizes(in: object.machine)
    let keys = try next()
    guard case .list(let indices) = keys.machine.values[keys.value] else {
      throw damaged("storage keys", "are no list")
    }
    for index in indices {
      let key = try keys.machine.text(at: index)
      guard let size = sizes[key] else {
        throw damaged("storage \(key.quoted)", "is used by no tensor")
      }
      guard let count = file.bytes.integer(at: position, as: Int64.self),
        count >= 0, count <= (file.bytes.count - position - 8) / size,
        storages[key] == nil
      else { throw damaged("storage \(key.quoted)", "does not fit in the file, or is there twice") }
      let start = position + 8
      position = start + Int(count) * size
      storages[key] = start..<position
    }
    guard position == file.bytes.count else {
      throw damaged("data", "\(file.bytes.count - position) bytes behind the last storage")
    }
  }

  /// Bytes per element by storage key. Storages of all tensors count, also of those passed over.
  private static func elementSizes(in machine: PickleMachine) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for case .storage(let storage) in machine.values {
      sizes[storage.key] = storage.type.byteCount
    }
    return sizes
  }
}
