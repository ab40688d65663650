import Diagnostics

/// What a PyTorch file holds: tensors by name, and where the storages lie that they are views of.
struct TorchContents {
  private(set) var tensors: [String: TorchTensor] = [:]
  /// Tensors by name whose kind or number format is not read here, with a word for it.
  private(set) var others: [String: String] = [:]
  /// Byte positions in the file by storage key.
  private(set) var storages: [String: Range<Int>] = [:]
  /// The texts beside the tensors of a textual inversion, by key.
  private(set) var texts: [String: String] = [:]
  /// What else is there and what the pickles ask for; nil where that is refused instead.
  private(set) var survey: TorchSurvey?

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
        reason: "should hold \(storage.count) numbers of \(storage.type.name), has "
          + "\(stored.count) bytes")
    }
    let start = stored.lowerBound + storage.offset * size
    return start..<start + storage.count * size
  }

  /// Runs one pickle and takes what it asks for into the survey, where there is one: also of a pickle
  /// that cannot be followed to its end. Its value is then nil.
  private mutating func run(_ machine: inout PickleMachine) throws -> PickleValue.Index? {
    defer { if let asked = machine.survey { survey?.pickle = asked } }
    do { return try machine.run() } catch {
      guard machine.survey?.hasUnknown == true else { throw error }
      machine.endSurvey("\(error)")
      return nil
    }
  }

  /// Takes every tensor and what lies beside them.
  private mutating func takeEverything(
    _ root: PickleValue.Index, of machine: PickleMachine
  ) throws {
    let found = machine.contents(below: root)
    (tensors, others, survey) = (found.tensors, found.others, found.survey)
    if let asked = machine.survey { survey?.pickle = asked }
    guard !tensors.isEmpty || !others.isEmpty || machine.survey?.hasUnknown == true else {
      throw CheckpointError.unsupported(file: machine.file, reason: "holds no tensors by name")
    }
  }

  /// Takes the tensors of the state dictionary; in a survey, all there are.
  private mutating func takeTensors(
    _ root: PickleValue.Index, of machine: PickleMachine
  ) throws {
    guard survey == nil else { return try takeEverything(root, of: machine) }
    guard let outer = try machine.members(of: root) else {
      throw CheckpointError.unsupported(
        file: machine.file,
        reason: "expected a dictionary of tensors, found \(machine.values[root].kind)")
    }
    // A textual inversion keeps its vectors by word; it is told apart by the key.
    let isInversion = outer["state_dict"] == nil && outer["string_to_param"] != nil
    let inner =
      isInversion
      ? try outer["string_to_param"].flatMap { try machine.members(of: $0) } ?? [:]
      : try stateDictionary(in: outer, of: machine)
    let prefix = isInversion ? "string_to_param." : ""
    for (key, index) in outer where isInversion {
      if case .text(let text) = machine.values[index] { texts[key] = text }
    }
    for (name, index) in inner {
      switch machine.values[index] {
      case .tensor(let tensor): tensors[prefix + name] = tensor
      case .otherTensor(let kind): others[prefix + name] = kind
      default: continue
      }
    }
    guard !tensors.isEmpty || !others.isEmpty else {
      throw CheckpointError.unsupported(
        file: machine.file,
        reason: CheckpointKind.sentence(ofKeys: Set(outer.keys)) ?? Self.noTensors(outer))
    }
  }

  private typealias Members = [String: PickleValue.Index]

  /// The dictionary of tensors: `state_dict` where there is one, the outermost where that holds weights,
  /// else the only one within it, whatever a trainer called it: `model`, `ema`, `params`, `module`.
  private func stateDictionary(in outer: Members, of machine: PickleMachine) throws -> Members {
    func holdsTensors(_ members: Members) -> Bool {
      members.values.contains { machine.values[$0].isTensor }
    }
    if let stated = try outer["state_dict"].flatMap({ try machine.members(of: $0) }) {
      return holdsTensors(stated) ? stated : try stateDictionary(within: stated, of: machine)
    }
    // A trainer's own numbers, such as a loss, may lie beside the dictionary of weights.
    let isItself = outer.contains { $0.contains(".") && machine.values[$1].isTensor }
    return isItself ? outer : try stateDictionary(within: outer, of: machine)
  }

  private func stateDictionary(within outer: Members, of machine: PickleMachine) throws -> Members {
    var sets: [String: [String]] = [:]
    for (name, index) in outer {
      let tensors = try machine.members(of: index)?.filter { machine.values[$1].isTensor }.map(
        \.key)
      if let tensors, !tensors.isEmpty { sets[name] = tensors }
    }
    // Weights lie in modules, so their names have dots; a schedule's numbers beside them have none.
    let weights = sets.filter { $0.value.contains { $0.contains(".") } }
    if !weights.isEmpty { sets = weights }
    guard sets.count < 2 else {
      throw CheckpointError.unsupported(file: machine.file, reason: Wrappers.ambiguity(sets))
    }
    return try sets.keys.first.flatMap { outer[$0] }.flatMap { try machine.members(of: $0) }
      ?? outer
  }

  private static func noTensors(_ outer: Members) -> String {
    let keys = outer.keys.sorted()
    guard !keys.isEmpty else { return "holds no tensors by name" }
    return "holds no tensors by name, but \(keys.prefix(4).map(\.quoted).joined(separator: ", "))"
      + (keys.count > 4 ? " and \(keys.count - 4) others" : "")
      + "; expected a dictionary of tensors, by itself or as state_dict"
  }
}

extension PickleMachine {
  /// What a dictionary holds by its keys, or nil for another value. As in Python, the last value of a
  /// key counts; keys that are no strings name no tensor.
  fileprivate func members(
    of index: PickleValue.Index
  ) throws -> [String: PickleValue.Index]? {
    var members: [String: PickleValue.Index] = [:]
    func take(_ key: PickleValue.Index, _ value: PickleValue.Index) {
      if case .text(let key) = values[key] { members[key] = value }
    }
    switch values[index] {
    case .dictionary(let items):
      for item in stride(from: 0, to: items.count, by: 2) { take(items[item], items[item + 1]) }
    case .pairs(let list):
      for pair in try sequence(at: list) {
        let parts = try sequence(at: pair)
        guard parts.count == 2 else { throw damaged("a dictionary's item of \(parts.count) parts") }
        take(parts[0], parts[1])
      }
    default: return nil
    }
    return members
  }

  private func sequence(at index: PickleValue.Index) throws -> [PickleValue.Index] {
    switch values[index] {
    case .list(let elements), .tuple(let elements): return elements
    default: throw damaged("expected a list, found \(values[index].kind)")
    }
  }
}

// MARK: - The zip format

extension TorchContents {
  /// PyTorch 1.6 and later: `NAME/data.pkl`, and a member `NAME/data/KEY` per storage.
  init(archive file: MappedFile, surveying: Bool = false) throws {
    survey = surveying ? TorchSurvey() : nil
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
    var machine = PickleMachine(bytes, file: file.path, survey: survey?.pickle)
    if let value = try run(&machine) { try takeTensors(value, of: machine) }
  }
}

// MARK: - The format before 1.6

extension TorchContents {
  private static let magicNumber: [UInt8] = [
    0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
  ]

  /// A magic number, a version, the system, the object and the storage keys, each a pickle; then
  /// each storage: its length in eight bytes, and its numbers.
  init(legacy file: MappedFile, surveying: Bool = false) throws {
    survey = surveying ? TorchSurvey() : nil
    guard file.bytes.first == 0x80 else {
      throw CheckpointError.unsupported(
        file: file.path, reason: "expected \(TorchFile.kind), found neither a zip nor a pickle")
    }
    var position = 0
    do { try readLegacy(file, from: &position) } catch {
      // A pickle that is no checkpoint at all is still asked what it would have run.
      guard survey?.pickle.hasUnknown == true else { throw error }
      if survey?.pickle.stop == nil { survey?.pickle.stop = "\(error)" }
      (tensors, others, storages) = ([:], [:], [:])
    }
  }

  private mutating func readLegacy(_ file: MappedFile, from position: inout Int) throws {
    func damaged(_ part: String, _ reason: String) -> CheckpointError {
      .damaged(file: file.path, part: part, reason: reason)
    }
    func next() throws -> (value: PickleValue.Index, machine: PickleMachine) {
      survey?.pickle.beginPickle()
      var machine = PickleMachine(
        file.bytes, from: position, file: file.path, survey: survey?.pickle)
      guard let value = try run(&machine) else {
        throw damaged("pickle", machine.survey?.stop ?? "ends too early")
      }
      position = machine.position
      return (value, machine)
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
    try takeTensors(object.value, of: object.machine)
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
      try readStorage(key, size: size, at: &position, in: file)
    }
    guard position == file.bytes.count else {
      throw damaged("data", "\(file.bytes.count - position) bytes behind the last storage")
    }
  }

  /// Notes where one storage lies: its length in eight bytes, then its numbers.
  private mutating func readStorage(
    _ key: String, size: Int, at position: inout Int, in file: MappedFile
  ) throws {
    guard let count = file.bytes.integer(at: position, as: Int64.self),
      count >= 0, storages[key] == nil
    else {
      throw CheckpointError.damaged(
        file: file.path, part: "storage \(key.quoted)",
        reason: "has no length, or is there twice")
    }
    guard count <= (file.bytes.count - position - 8) / size else {
      throw CheckpointError.incomplete(
        file: file.path,
        reason: "its storage \(key.quoted) takes \(count) numbers, and the file ends before them")
    }
    let start = position + 8
    position = start + Int(count) * size
    storages[key] = start..<position
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
