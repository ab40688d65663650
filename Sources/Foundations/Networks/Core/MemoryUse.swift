import Tensors

/// What memory is spent on time.
public enum MemoryUse: String, CaseIterable, Sendable {
  /// Nothing: weights are read as they are stored, and what products want of them is made at every pass.
  case lean
  /// What convolutions make of their weights is kept from one pass to the next.
  case fast

  /// The part of the free memory that may be spent where nobody says.
  static let share = 8

  /// What fits: fast where the network's kept weights take an eighth of the free memory at most.
  /// - Parameters:
  ///   - parameters: the network's.
  ///   - free: in bytes; nil where the system does not tell.
  public init(fitting parameters: [Parameter], in free: Int? = FreeMemory.bytes) {
    self = free.map { WeightMemory.bytes(parameters) <= $0 / Self.share } ?? false ? .fast : .lean
  }

  /// Where kept weights lie; nil for none.
  public var weightMemory: WeightMemory? { self == .fast ? WeightMemory() : nil }
}
