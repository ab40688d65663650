import Tensors

/// What convolutions made of their weights, for passes through the same network again.
///
/// Made anew where a parameter was changed since. Used by one thread at a time, as passes are.
public final class WeightMemory {
  private var entries: [String: (transform: KeptTransform, changes: Int)] = [:]

  /// A memory of nothing yet.
  public init() {}

  /// The bytes that are kept.
  public var bytes: Int { entries.values.reduce(0) { $0 + $1.transform.bytes } }

  /// The bytes that this takes at most for a network with such parameters.
  public static func bytes(_ parameters: [Parameter]) -> Int {
    parameters.reduce(0) { $0 + KeptTransform.bytes($1.shape) }
  }

  func transform(_ weight: Parameter, at path: String) -> KeptTransform {
    if let entry = entries[path], entry.changes == weight.changes { return entry.transform }
    let transform = KeptTransform()
    entries[path] = (transform, weight.changes)
    return transform
  }
}
