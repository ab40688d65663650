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
    case pending(() -> Tensor)
    case ready(Tensor)
  }
  private var state: State
  private let lock = NSLock()

  /// A parameter whose numbers `make` gives, once, when they are first needed.
  /// - Parameters:
  ///   - name: in the module tree, such as `conv_in.weight`.
  ///   - shape: as PyTorch keeps it.
  ///   - origin: the file that the numbers come from, if any.
  ///   - make: gives the numbers.
  public init(
    name: String, shape: [Int], origin: String? = nil, _ make: @escaping @Sendable () -> Tensor
  ) {
    (self.name, self.shape, self.origin) = (name, shape, origin)
    state = .pending(make)
  }

  /// The numbers.
  /// - Precondition: a new value has the parameter's shape.
  public var value: Tensor {
    get { lock.withLock { resolved() } }
    set { update { $0 = newValue } }
  }

  /// Changes the numbers in place: nothing is copied when nobody else holds them.
  public func update(_ change: (inout Tensor) throws -> Void) rethrows {
    try lock.withLock {
      var tensor = resolved()
      state = .ready(Tensor.zeros([0]))
      defer {
        precondition(
          tensor.shape == shape, "\(name): shape \(tensor.shape) does not fit \(shape)")
        state = .ready(tensor)
      }
      try change(&tensor)
    }
  }

  private func resolved() -> Tensor {
    switch state {
    case .ready(let tensor): return tensor
    case .pending(let make):
      let tensor = make()
      precondition(tensor.shape == shape, "\(name): shape \(tensor.shape) does not fit \(shape)")
      state = .ready(tensor)
      return tensor
    }
  }
}
