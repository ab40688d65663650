import CKernels
import Tensors

/// The tensors of a GGUF file as a network reads them: numbers of 16 bits stay so, those of Q8_0
/// blocks are widened to Float32.
struct GGUFWeights: WeightSource {
  let origin: String
  let names: [String]
  private let file: MappedFile
  private let entries: [String: GGUFFile.Entry]

  /// - Throws: `CheckpointError`, also for blocks that are not read: a network cannot do without some
  ///   of its tensors.
  init(_ file: MappedFile) throws {
    entries = try GGUFFile(file).entries
    names = entries.keys.sorted()
    for name in names {
      guard let type = entries[name]?.type, type.element == nil, type.name != Self.blocks else {
        continue
      }
      throw CheckpointError.unsupported(
        file: file.path,
        reason: "its tensor \(name.quoted) is of \(type.name) blocks; F32, F16, BF16 and "
          + "\(Self.blocks) are read")
    }
    (self.file, origin) = (file, file.path)
    file.expectLongReads()
  }

  /// 32 numbers of 8 bits and the scale of all, 16 bits.
  private static let blocks = "Q8_0"

  func info(_ name: String) -> TensorInfo? {
    entries[name].map { TensorInfo(shape: $0.shape, elementType: $0.type.element ?? .float32) }
  }

  func tensor(named name: String) throws -> Tensor {
    let entry = try entry(name)
    if let element = entry.type.element {
      return file.tensor(in: entry.range, shape: entry.shape, type: element)
    }
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
    defer { file.discard(bytes) }
    return Tensor(entry.shape) { out in
      guard let source = bytes.baseAddress, let target = out.baseAddress else { return }
      ck_q8_to_float(source, target, out.count / 32)
    }
  }

  func weight(named name: String) throws -> Weight {
    let entry = try entry(name)
    guard let element = entry.type.element else { return Weight(try tensor(named: name)) }
    return file.weight(in: entry.range, shape: entry.shape, type: element)
  }

  private func entry(_ name: String) throws -> GGUFFile.Entry {
    guard let entry = entries[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return entry
  }
}
