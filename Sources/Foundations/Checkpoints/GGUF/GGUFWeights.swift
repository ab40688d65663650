import Tensors

/// The tensors of a GGUF file as a network reads them: numbers of 16 bits stay so, those of Q8_0
/// blocks are widened to Float32.
struct GGUFWeights: WeightSource {
  let origin: String
  let names: [String]
  private let file: MappedFile
  private let entries: [String: (shape: [Int], range: Range<Int>, format: StoredNumbers.Format)]

  /// - Throws: `CheckpointError`, also for blocks that are not read: a network cannot do without some
  ///   of its tensors.
  init(_ file: MappedFile) throws {
    let table = try GGUFFile(file).entries
    names = table.keys.sorted()
    for name in names {
      guard let type = table[name]?.type, type.format == nil else { continue }
      throw CheckpointError.unsupported(
        file: file.path,
        reason: "its tensor \(name.quoted) is of \(type.name) blocks; \(GGUFType.readable) are read"
      )
    }
    entries = table.compactMapValues { entry in
      entry.type.format.map { (entry.shape, entry.range, $0) }
    }
    (self.file, origin) = (file, file.path)
    file.expectLongReads()
  }

  func info(_ name: String) -> TensorInfo? {
    entries[name].map { TensorInfo(shape: $0.shape, elementType: $0.format.element ?? .float32) }
  }

  func tensor(named name: String) throws -> Tensor {
    let entry = try entry(name)
    return file.tensor(in: entry.range, shape: entry.shape, as: entry.format)
  }

  func weight(named name: String) throws -> Weight {
    let entry = try entry(name)
    guard let element = entry.format.element else { return Weight(try tensor(named: name)) }
    return file.weight(in: entry.range, shape: entry.shape, type: element)
  }

  private func entry(
    _ name: String
  ) throws -> (shape: [Int], range: Range<Int>, format: StoredNumbers.Format) {
    guard let entry = entries[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return entry
  }
}
