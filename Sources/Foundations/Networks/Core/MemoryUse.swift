import Tensors

/// What memory is spent on time.
public enum MemoryUse: String, CaseIterable, Sendable {
  /// Nothing: weights are read as they are stored, and what products want of them is made at every pass.
  case lean
  /// What convolutions make of their weights is kept from one pass to the next.
  case fast

  /// The part of the free memory that may be spent where nobody says.
  private static let share = 8
  /// The most that is spent where nobody says, in bytes: what is kept is read at every pass, and where it
  /// is larger than the caches by far that takes as long as to make it anew. So it is with Stable
  /// Diffusion v1, which would keep 8 GB.
  private static let most = 256 << 20
  /// The fewest passes that make up for the fresh memory, which the first of them must wait for.
  private static let leastPasses = 128

  /// What pays and fits: fast where there are 128 passes or more, and the network's kept weights take 256 MB
  /// and an eighth of the free memory at most.
  /// - Parameters:
  ///   - parameters: the network's.
  ///   - passes: how often it will be passed.
  ///   - free: in bytes; nil where the system does not tell.
  public init(fitting parameters: [Parameter], passes: Int, in free: Int? = FreeMemory.bytes) {
    let allowed = min((free ?? 0) / Self.share, Self.most)
    let pays = passes >= Self.leastPasses && WeightMemory.bytes(parameters) <= allowed
    self = pays ? .fast : .lean
  }
}
