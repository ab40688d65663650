import Tensors

/// The keys and values that cross-attentions made of contexts, for passes with the same contexts again:
/// a denoising loop asks for them at every step, and they do not depend on z_t.
///
/// They are made anew where a parameter was changed since. Used by one thread at a time, as passes are.
public final class ContextMemory {
  private struct Key: Hashable {
    let path: String
    let context: UInt64
  }

  private struct Entry {
    /// Kept, so that nobody can write into its memory.
    let context: Tensor
    /// How often the parameters had been changed.
    let changes: [Int]
    let keys, values: Tensor
  }
  private var entries: [Key: Entry] = [:]

  /// A memory of nothing yet.
  public init() {}

  func keysAndValues(
    _ attention: Attention, of context: Tensor, _ pass: ForwardPass
  ) -> (keys: Tensor, values: Tensor) {
    let key = Key(path: attention.path, context: context.storage.identity)
    let parameters = [attention.toK, attention.toV].flatMap { [$0.weight, $0.bias] }
    let changes = parameters.compactMap { $0?.changes }
    if let entry = entries[key], entry.changes == changes { return (entry.keys, entry.values) }
    let made = (attention.toK(context, pass), attention.toV(context, pass))
    entries[key] = Entry(context: context, changes: changes, keys: made.0, values: made.1)
    return made
  }
}
