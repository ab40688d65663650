import Diagnostics
import Tensors

/// A checkpoint that PyTorch saved (`.ckpt`, `.pt`, `.pth`, `.bin`), mapped.
///
/// Both formats are read: the zip archive of PyTorch 1.6 and later, and the row of pickles before
/// it. The pickles are interpreted by `PickleMachine`, which runs nothing. The tensors are those of
/// the dictionary `state_dict`, or of the outermost dictionary where there is none; what else
/// trainers keep (optimiser, callbacks, hyperparameters) is passed over.
public final class TorchFile: WeightSource {
  static let kind = "a PyTorch checkpoint"

  /// The file's path, for messages.
  public let origin: String
  /// All names in ascending order.
  public let names: [String]
  private let file: MappedFile
  private let entries: [String: Entry]
  /// What a textual inversion says of itself, such as its `name`; empty for other files.
  public let metadata: [String: String]
  /// What else the file holds, where it was opened for that; nil otherwise.
  package let survey: TorchSurvey?
  /// Tensors whose kind or number format is not read here, with a word for it.
  package let others: [String: String]

  /// Bytes that expanded tensors may add to what is stored: as many as the largest layer of Stable
  /// Diffusion v1 takes.
  static let mostRepeated = 128 << 20

  private struct Entry {
    let tensor: TorchTensor
    /// Byte positions of the storage in the file.
    let storage: Range<Int>
  }

  /// Opens the file; no number is read yet.
  /// - Throws: `FileError` or `CheckpointError`.
  public convenience init(_ path: String) throws {
    try self.init(MappedFile(path, expecting: Self.kind))
  }

  /// - Parameters:
  ///   - file: the whole file.
  ///   - surveying: whether to list all tensors and what the pickle asks for, instead of refusing what
  ///     a network does not need. Nothing is run either way.
  package init(_ file: MappedFile, surveying: Bool = false) throws {
    let contents =
      try ZipArchive.recognizes(file)
      ? TorchContents(archive: file, surveying: surveying)
      : TorchContents(legacy: file, surveying: surveying)
    var stored = 0
    for range in contents.storages.values { stored += range.count }
    var (claimed, repeated) = (0, 0)
    entries = try contents.tensors.mapValues { tensor in
      let range = try contents.range(of: tensor.storage, in: file)
      // Ties make tensors share a storage; nothing sensible shares one many times over. Expanded
      // tensors repeat theirs, which is bounded by itself.
      let distinct = tensor.distinctCount * tensor.type.byteCount
      claimed += distinct
      repeated += tensor.shape.reduce(1, *) * tensor.type.byteCount - distinct
      guard claimed / 16 <= stored, repeated <= Self.mostRepeated else {
        throw CheckpointError.damaged(
          file: file.path, part: "tensors", reason: "together far larger than what is stored")
      }
      return Entry(tensor: tensor, storage: range)
    }
    self.file = file
    (survey, others, metadata) = (contents.survey, contents.others, contents.texts)
    origin = file.path
    names = entries.keys.sorted()
    for (name, kind) in others.sorted(by: { $0.key < $1.key }).prefix(surveying ? 0 : 3) {
      Notices.tell(
        "\(file.path): tensor \(name.quoted) is not read: its numbers are \(kind.abridged)")
    }
    file.expectLongReads()
  }

  /// Shape and stored type of a tensor; nil when there is none of that name.
  public func info(_ name: String) -> TensorInfo? {
    entries[name].map { TensorInfo(shape: $0.tensor.shape, elementType: $0.tensor.type) }
  }

  /// Where the numbers of a tensor lie in the file; nil where they are no run in row-major order.
  package func range(of name: String) -> Range<Int>? {
    guard let entry = entries[name], entry.tensor.isContiguous else { return nil }
    let type = entry.tensor.type
    let count = entry.tensor.shape.reduce(1, *)
    let start = entry.storage.lowerBound + entry.tensor.offset * type.byteCount
    return count == 0 ? 0..<0 : start..<start + count * type.byteCount
  }

  /// Reads the tensor of that name as Float32, in row-major order whatever its strides are.
  /// - Throws: `CheckpointError.missingTensor`.
  public func tensor(named name: String) throws -> Tensor {
    guard let entry = entries[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    let (view, type) = (entry.tensor, entry.tensor.type)
    let count = view.shape.reduce(1, *)
    if let range = count == 0 ? 0..<0 : range(of: name) {
      return file.tensor(in: range, shape: view.shape, type: type)
    }
    let start = entry.storage.lowerBound + view.offset * type.byteCount
    let reach = zip(view.shape, view.strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
    let touched = file.tensor(
      in: start..<start + reach * type.byteCount, shape: [reach], type: type)
    return Tensor(view.shape) { view.gather(from: touched, into: $0) }
  }

  /// The tensor of that name, its numbers in the file where they have 16 bits and lie there in
  /// row-major order.
  /// - Throws: `CheckpointError.missingTensor`.
  public func weight(named name: String) throws -> Weight {
    guard let entry = entries[name], let range = range(of: name) else {
      return Weight(try tensor(named: name))
    }
    return file.weight(in: range, shape: entry.tensor.shape, type: entry.tensor.type)
  }
}

extension TorchTensor {
  /// The elements that are not repetitions along an axis of stride 0.
  fileprivate var distinctCount: Int {
    zip(shape, strides).reduce(1) { $0 * ($1.1 == 0 ? min($1.0, 1) : $1.0) }
  }

  /// Whether the elements lie in row-major order without gaps.
  fileprivate var isContiguous: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected *= extent
    }
    return true
  }

  /// Copies the elements in row-major order; `source` begins at this view's first element.
  fileprivate func gather(from source: Tensor, into output: UnsafeMutableBufferPointer<Float>) {
    source.withUnsafeElements { source in
      var index = [Int](repeating: 0, count: shape.count)
      var position = 0
      for element in output.indices {
        output[element] = source[position]
        for axis in shape.indices.reversed() {
          index[axis] += 1
          position += strides[axis]
          if index[axis] < shape[axis] { break }
          position -= index[axis] * strides[axis]
          index[axis] = 0
        }
      }
    }
  }
}
