import Diagnostics
import Tensors

/// Tensors of another source under other names: some in another shape of equal size, some only rows
/// of another.
public struct RenamedWeights: WeightSource {
  /// The file or folder of the source behind the names, for messages.
  public let origin: String
  /// The new names in ascending order.
  public let names: [String]
  private let source: any WeightSource
  private let table: [String: Entry]

  struct Entry {
    /// The name in the source.
    let name: String
    let shape: [Int]
    /// Which rows of the tensor in the source; nil for all of it.
    private(set) var rows: Range<Int>?

    init(name: String, shape: [Int]) { (self.name, self.shape) = (name, shape) }

    /// Some rows of the tensor by themselves.
    func rows(_ rows: Range<Int>) -> Entry {
      var part = Entry(name: name, shape: [rows.count] + shape.dropFirst())
      part.rows = rows
      return part
    }
  }

  init(_ source: any WeightSource, _ table: [String: Entry]) {
    self.source = source
    self.table = table
    origin = source.origin
    names = table.keys.sorted()
  }

  /// The new shape and the stored type of a tensor; nil when no tensor has that new name.
  public func info(_ name: String) -> TensorInfo? {
    guard let entry = table[name], let info = source.info(entry.name) else { return nil }
    return TensorInfo(shape: entry.shape, elementType: info.elementType)
  }

  /// Reads the tensor of that new name, in its new shape.
  /// - Throws: `CheckpointError`.
  public func tensor(named name: String) throws -> Tensor {
    let entry = try entry(name)
    let whole = try source.tensor(named: entry.name)
    return (entry.rows.map { whole.slice($0, along: 0) } ?? whole).reshaped(entry.shape)
  }

  /// The tensor of that new name as the source stores it, in its new shape.
  /// - Throws: `CheckpointError`.
  public func weight(named name: String) throws -> Weight {
    let entry = try entry(name)
    let whole = try source.weight(named: entry.name)
    return (entry.rows.map(whole.rows) ?? whole).reshaped(entry.shape)
  }

  private func entry(_ name: String) throws -> Entry {
    guard let entry = table[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return entry
  }
}

/// The tensors of one network within a checkpoint, under the names that they have inside it.
struct WeightSection {
  let source: any WeightSource
  /// Names in the source by names in the section.
  private(set) var sourceNames: [String: String] = [:]

  init(_ source: any WeightSource) { self.source = source }

  /// All of a source.
  init(all source: any WeightSource) {
    self.source = source
    for name in source.names { sourceNames[name] = name }
  }

  mutating func insert(_ name: String, from sourceName: String) { sourceNames[name] = sourceName }

  var isEmpty: Bool { sourceNames.isEmpty }
  func contains(_ name: String) -> Bool { sourceNames[name] != nil }

  /// The shape of a tensor that the architecture is read from.
  /// - Throws: `CheckpointError` where it is missing or has another number of dimensions.
  func shape(_ name: String, rank ranks: Int...) throws -> [Int] {
    guard let sourceName = sourceNames[name], let info = source.info(sourceName) else {
      throw CheckpointError.missingTensor(file: source.origin, name: name, expected: nil)
    }
    guard ranks.contains(info.shape.count) else {
      throw CheckpointError.damaged(
        file: source.origin, part: "tensor \(sourceName.quoted)",
        reason: "expected \(ranks.map(String.init).joined(separator: " or ")) dimensions, "
          + "found \(info.shape.count)")
    }
    return info.shape
  }

  /// How many consecutive numbers n, from 0, have the tensor `prefix + n + suffix`.
  func count(_ prefix: String, _ suffix: String) -> Int {
    var count = 0
    while contains("\(prefix)\(count)\(suffix)") { count += 1 }
    return count
  }

  /// The same tensors under the names that `rename` gives.
  /// - Parameter rename: the new name and shape, or nil for a tensor that has no place.
  /// - Throws: `CheckpointError.unexpectedTensor` for that tensor.
  func renamed(
    _ rename: (_ name: String, _ shape: [Int]) -> (name: String, shape: [Int])?
  ) throws -> RenamedWeights {
    var table: [String: RenamedWeights.Entry] = [:]
    for (name, sourceName) in sourceNames.sorted(by: { $0.key < $1.key }) {
      let shape = source.info(sourceName)?.shape ?? []
      guard let new = rename(name, shape), table[new.name] == nil else {
        throw CheckpointError.unexpectedTensor(
          file: source.origin, name: sourceName, shape: shape)
      }
      table[new.name] = RenamedWeights.Entry(name: sourceName, shape: new.shape)
    }
    return RenamedWeights(source, table)
  }
}
