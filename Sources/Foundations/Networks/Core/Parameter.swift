import Foundation
import Tensors

/// One trainable tensor of a network, under its diffusers name.
///
/// A reference: the layer that computes with it, the optimiser that changes it and the writer that
/// saves it hold the same one. The numbers come when they are first asked for, so that opening a
/// model reads nothing that is not used, and counting parameters needs no memory.
///
/// Reading is safe from any thread; changing the value while a pass computes with it is not.
public final class Parameter: @unchecked Sendable {
  /// The tensor's name in a diffusers file, such as `down_blocks.0.resnets.0.conv1.weight`.
  public let name: String
  /// As PyTorch keeps it: [outputs, inputs, …].
  public let shape: [Int]
  /// The file that its first numbers come from; nil where they are drawn.
  public let origin: String?
  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  private enum State {
    case pending(() -> Weight)
    case ready(Weight)
  }
  private var state: State
  private var updates = 0
  private let lock = NSLock()

  /// A parameter whose numbers `make` gives, once, when they are first needed.
  /// - Parameters:
  ///   - name: in the module tree, such as `conv_in.weight`.
  ///   - shape: as PyTorch keeps it.
  ///   - origin: the file that the numbers come from, if any.
  ///   - make: gives the numbers.
  public convenience init(
    name: String, shape: [Int], origin: String? = nil, _ make: @escaping @Sendable () -> Tensor
  ) {
    self.init(weight: name, shape: shape, origin: origin) { Weight(make()) }
  }

  /// The same where the numbers may be stored in 16 bits: they stay so until something changes them.
  /// - Parameters:
  ///   - name: in the module tree.
  ///   - shape: as PyTorch keeps it.
  ///   - origin: the file that the numbers come from, if any.
  ///   - make: gives the numbers.
  public init(
    weight name: String, shape: [Int], origin: String? = nil,
    _ make: @escaping @Sendable () -> Weight
  ) {
    (self.name, self.shape, self.origin) = (name, shape, origin)
    state = .pending(make)
  }

  /// How often the numbers have been changed.
  var changes: Int { lock.withLock { updates } }

  /// The numbers as products take them: of 16 bits where they are stored so.
  public var weight: Weight { lock.withLock { resolved() } }

  /// The numbers as Float32; those of 16 bits are widened each time.
  /// - Precondition: a new value has the parameter's shape.
  public var value: Tensor {
    get { weight.tensor }
    set { update { $0 = newValue } }
  }

  /// Changes the numbers in place: nothing is copied when nobody else holds them.
  public func update(_ change: (inout Tensor) throws -> Void) rethrows {
    try lock.withLock {
      var tensor = resolved().tensor
      updates += 1
      state = .ready(Weight(Tensor.zeros([0])))
      defer {
        precondition(
          tensor.shape == shape, "\(name): shape \(tensor.shape) does not fit \(shape)")
        state = .ready(Weight(tensor))
      }
      try change(&tensor)
    }
  }

  /// Keeps the numbers as Float32 from here on, as a training needs them: those of 16 bits, which are
  /// widened each time that they are read, no more.
  public func widen() { update { _ in } }

  /// Lets go of the pages of a mapped file that hold the numbers; they are read again when needed.
  package func discardPages() {
    lock.withLock {
      if case .ready(let weight) = state { weight.discardPages() }
    }
  }

  private func resolved() -> Weight {
    switch state {
    case .ready(let weight): return weight
    case .pending(let make):
      var weight = make()
      precondition(weight.shape == shape, "\(name): shape \(weight.shape) does not fit \(shape)")
      // Biases and the weights of norms are small, and no product reads them.
      if shape.count < 2 { weight = Weight(weight.tensor) }
      state = .ready(weight)
      return weight
    }
  }
}
