import Checkpoints
import Diagnostics
import Tensors

/// The place in a network's module tree at which parameters are made.
///
/// `scope["down_blocks"][0]["conv"].parameter("weight", …)` makes
/// `down_blocks.0.conv.weight`. A network is built by one and the same code from a checkpoint and
/// from random numbers; only the scope it is given differs.
public struct ParameterScope {
  /// The diffusers module path; empty at the root.
  public let path: String
  private let collector: Collector

  /// The place of the module of that name within this one.
  public subscript(_ name: String) -> ParameterScope {
    ParameterScope(path: path.isEmpty ? name : "\(path).\(name)", collector: collector)
  }

  /// The place of one module of a list, counted from 0.
  public subscript(_ index: Int) -> ParameterScope { self["\(index)"] }

  /// Makes a parameter of the module at this path.
  /// - Parameters:
  ///   - name: within the module, such as `weight`.
  ///   - shape: as PyTorch keeps it.
  ///   - initializer: what fills it in an untrained model.
  /// - Throws: `CheckpointError.missingTensor` or `.shapeMismatch`.
  public func parameter(
    _ name: String, _ shape: [Int], _ initializer: Initializer
  ) throws -> Parameter {
    try collector.make(self[name].path, shape, initializer)
  }

  /// All parameters made so far in any scope of the same tree, in order.
  public var parameters: [Parameter] { collector.parameters }

  /// An untrained model's root.
  public static func random(seed: UInt64) -> ParameterScope {
    ParameterScope(
      path: "",
      collector: Collector { name, shape, initializer in
        Parameter(name: name, shape: shape) {
          initializer.tensor(shape, name: name, seed: seed)
        }
      })
  }

  /// The root of a network whose parameters are there already: it shares them.
  static func sharing(_ parameters: [Parameter]) -> ParameterScope {
    let byName = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    return ParameterScope(
      path: "",
      collector: Collector { name, shape, _ in
        guard let parameter = byName[name], parameter.shape == shape else {
          throw CheckpointError.missingTensor(file: "memory", name: name, expected: shape)
        }
        return parameter
      })
  }

  /// The root of a model whose weights lie in `source`. Names and shapes are compared at once; `finish`
  /// refuses or tells what is left over, and refuses numbers that are not finite.
  /// - Parameters:
  ///   - naming: what the model's tensors may also be called.
  ///   - network: what messages call the model.
  static func loading(
    _ source: any WeightSource, naming: TensorNaming, network: String,
    leftovers: ModelComponent.Leftovers
  ) -> (scope: ParameterScope, finish: () throws -> Void) {
    var taken: Set<String> = []
    let collector = Collector { name, shape, _ in
      let stored = naming.storedName(of: name, in: source)
      try source.check(stored, shape)
      taken.insert(stored)
      return Parameter(weight: name, shape: shape, origin: source.origin) {
        guard let weight = try? source.weight(named: stored) else {
          preconditionFailure("\(source.origin): \(stored) was there when the model was opened")
        }
        return weight
      }
    }
    return (
      ParameterScope(path: "", collector: collector),
      {
        let left = source.names.filter { !taken.contains($0) && !naming.isBuffer($0) }
        try source.passOver(left, leftovers, of: network)
        try source.requireFinite(taken.sorted(), of: network)
      }
    )
  }

  private final class Collector {
    private(set) var parameters: [Parameter] = []
    private let create: (String, [Int], Initializer) throws -> Parameter

    init(_ create: @escaping (String, [Int], Initializer) throws -> Parameter) {
      self.create = create
    }

    func make(_ name: String, _ shape: [Int], _ initializer: Initializer) throws -> Parameter {
      let parameter = try create(name, shape, initializer)
      parameters.append(parameter)
      return parameter
    }
  }
}

extension WeightSource {
  /// Reads the tensors once, each by one of the threads, and keeps none.
  /// - Parameters:
  ///   - names: of tensors that are there.
  ///   - network: what messages call their owner.
  /// - Throws: `CheckpointError.notFinite` for the first in order that holds NaN or infinity, or what
  ///   reading one throws.
  public func requireFinite(_ names: [String], of network: String) throws {
    let found = Threads.map(names.count) { i in
      Swift.Result { try weight(named: names[i]).isFinite }
    }
    for (name, isFinite) in zip(names, found) where try !isFinite.get() {
      throw CheckpointError.notFinite(file: origin, network: network, name: name)
    }
  }

  /// Refuses tensors that the network has no place for, or says that they are ignored.
  fileprivate func passOver(
    _ names: [String], _ leftovers: ModelComponent.Leftovers, of network: String
  ) throws {
    guard let first = names.first else { return }
    guard leftovers == .passedOver else {
      throw CheckpointError.unexpectedTensor(
        file: origin, name: first, shape: info(first)?.shape ?? [])
    }
    let list =
      names.count == 1
      ? "tensor \(first.quoted)" : "\(names.count) tensors, the first \(first.quoted)"
    Notices.tell("\(origin): not needed and passed over: \(list): \(network) has no such part")
  }

  /// Checks that the tensor is there with that shape and holds weights, without reading it.
  fileprivate func check(_ name: String, _ shape: [Int]) throws {
    guard let info = info(name) else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: shape)
    }
    guard info.elementType.isFloatingPoint else {
      throw CheckpointError.notFloatingPoint(file: origin, name: name, type: info.elementType)
    }
    guard info.shape == shape else {
      throw CheckpointError.shapeMismatch(
        file: origin, name: name, expected: shape, actual: info.shape)
    }
  }
}

/// How the tensors of one network are called in files, where that differs from the names that
/// diffusers writes today.
public struct TensorNaming: Sendable {
  /// Other names under which a parameter may be stored, in order of preference.
  var alternatives: @Sendable (String) -> [String]
  /// Whether a stored tensor is no parameter: a constant that some versions saved as well.
  var isBuffer: @Sendable (String) -> Bool

  init(
    alternatives: @escaping @Sendable (String) -> [String] = { _ in [] },
    isBuffer: @escaping @Sendable (String) -> Bool = { _ in false }
  ) {
    self.alternatives = alternatives
    self.isBuffer = isBuffer
  }

  func storedName(of name: String, in source: any WeightSource) -> String {
    if source.info(name) != nil { return name }
    return alternatives(name).first { source.info($0) != nil } ?? name
  }
}
