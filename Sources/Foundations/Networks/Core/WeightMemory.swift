import Synchronization
import Tensors

/// What convolutions made of their weights, for passes through the same network again.
///
/// Made anew where a parameter was changed since.
public final class WeightMemory: Sendable {
  private let entries = Mutex<[String: (transform: KeptTransform, changes: Int)]>([:])

  /// A memory of nothing yet.
  public init() {}

  /// The bytes that are kept.
  public var bytes: Int { entries.withLock { $0.values.reduce(0) { $0 + $1.transform.bytes } } }

  /// The bytes that this takes at most for a network with such parameters.
  public static func bytes(_ parameters: [Parameter]) -> Int {
    parameters.reduce(0) { $0 + KeptTransform.bytes($1.shape) }
  }

  func transform(_ weight: Parameter, at path: String) -> KeptTransform {
    entries.withLock { entries in
      if let entry = entries[path], entry.changes == weight.changes { return entry.transform }
      let transform = KeptTransform()
      entries[path] = (transform, weight.changes)
      return transform
    }
  }
}
