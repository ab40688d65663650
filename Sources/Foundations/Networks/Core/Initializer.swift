import Tensors

/// How an untrained parameter is filled: the families that PyTorch's layers start from.
public enum Initializer: Sendable, Equatable {
  /// The same number everywhere.
  case constant(Float)
  /// Uniform in [−bound, bound).
  case uniform(bound: Float)
  /// Normal around 0.
  case normal(standardDeviation: Float)

  /// What `nn.Linear` and `nn.Conv2d` use for weight and bias: `kaiming_uniform_(a: √5)`, uniform
  /// within ±1/√fanIn (He et al. 2015, arXiv:1502.01852).
  public static func fanIn(_ count: Int) -> Initializer {
    .uniform(bound: 1 / Float(max(count, 1)).squareRoot())
  }

  /// The numbers of the parameter `name` in a model made with `seed`.
  ///
  /// Each parameter has a stream of its own, found by its name: it does not matter in which order,
  /// or whether, the others are made.
  func tensor(_ shape: [Int], name: String, seed: UInt64) -> Tensor {
    let generator = TorchGenerator(seed: Self.stream(name: name, seed: seed))
    switch self {
    case .constant(let value): return Tensor(shape, repeating: value)
    case .uniform(let bound):
      return generator.uniform(shape).scaled(by: 2 * bound, plus: -bound)
    case .normal(let standardDeviation):
      return generator.normal(shape).scaled(by: standardDeviation)
    }
  }

  /// A generator's seed of its own for each seed and name.
  private static func stream(name: String, seed: UInt64) -> UInt64 {
    var hash = FNV1a()
    hash.add((0..<8).map { UInt8(truncatingIfNeeded: seed >> (8 * $0)) })
    hash.add(name.utf8)
    return hash.seed
  }
}
