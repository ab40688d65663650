import Checkpoints
import Diagnostics
import Tensors

/// A model with a configuration and named parameters.
///
/// Written once: the same code computes with weights from a file, is looked into by a probe, and
/// starts untrained.
public protocol Network: Sendable {
  /// The settings that the architecture follows from.
  associatedtype Configuration: NetworkConfiguration

  /// The settings that it was built from.
  var configuration: Configuration { get }
  /// Every trainable tensor, in the order in which the architecture is built.
  var parameters: [Parameter] { get }

  /// Builds the network; each parameter is asked of `scope` by its diffusers name and shape.
  init(_ configuration: Configuration, in scope: ParameterScope) throws

  /// Other names that the tensors may have in files.
  static var naming: TensorNaming { get }
  /// What a person calls it: "U-Net".
  static var role: String { get }
}

extension Network {
  /// No other names, unless a network says so.
  public static var naming: TensorNaming { TensorNaming() }

  /// The name of its type, unless a network says otherwise.
  public static var role: String { "\(Self.self)" }

  /// The network with the weights in `source`, which must hold every tensor of this architecture, as
  /// floating-point numbers. The numbers are looked through for such as are not finite, and kept when
  /// they are first used. They count as trained unless the model's folder says otherwise.
  /// - Parameters:
  ///   - configuration: the architecture.
  ///   - source: the tensors, by name.
  ///   - leftovers: what becomes of other tensors.
  /// - Throws: `CheckpointError`: a tensor that is missing, misshaped, of whole numbers, left over or not
  ///   finite; a configuration that contradicts itself.
  public init(
    _ configuration: Configuration, weights source: any WeightSource,
    leftovers: ModelComponent.Leftovers = .refused
  ) throws {
    try configuration.validate()
    let (scope, finish) = ParameterScope.loading(
      source, naming: Self.naming, network: Self.role, leftovers: leftovers)
    try self.init(configuration, in: scope)
    try finish()
    Provenance.tell(.trained)
  }

  /// The network that is a part of a model.
  /// - Parameters:
  ///   - part: its configuration and its weights.
  ///   - configuration: the part's own unless it is read in another way.
  /// - Throws: as `init(_:weights:leftovers:)`.
  public init(_ part: ModelComponent, as configuration: Configuration? = nil) throws {
    try self.init(
      configuration ?? Configuration(part.configuration), weights: part.weights,
      leftovers: part.leftovers)
  }

  /// The untrained network: PyTorch's initialisation, from `seed`.
  /// - Throws: `JSONError.unexpected` when the configuration contradicts itself.
  public init(_ configuration: Configuration, seed: UInt64) throws {
    try configuration.validate()
    try self.init(configuration, in: .random(seed: seed))
    Provenance.tell(.untrained)
  }

  /// The number of trainable values.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Lets go of the pages of mapped files that hold the parameters, for a network that will not be
  /// needed soon; they are read again when it is.
  package func discardPages() {
    for parameter in parameters { parameter.discardPages() }
  }

  /// An output of the network, looked through: numbers that are not finite are told to `Overflows`.
  /// Every pass ends here.
  package func watched(_ output: Tensor) -> Tensor {
    if !output.isFinite {
      Overflows.tell(parameters.first?.origin.map { "\(Self.role) of \($0)" } ?? Self.role)
    }
    return output
  }
}

/// A network's parameters as a weight source, for writing them to a file.
public struct NetworkWeights: WeightSource {
  /// What errors call the source: the class of the network.
  public let origin: String
  private let table: [String: Parameter]

  /// The parameters of a network as they are now; nothing is copied.
  public init(_ network: some Network) {
    origin = "\(type(of: network))"
    table = Dictionary(network.parameters.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The parameters' names, in ascending order.
  public var names: [String] { table.keys.sorted() }

  /// Shape and type of a parameter; nil when there is none of that name.
  public func info(_ name: String) -> TensorInfo? {
    table[name].map { TensorInfo(shape: $0.shape, elementType: .float32) }
  }

  /// The numbers of a parameter.
  /// - Throws: `CheckpointError.missingTensor`.
  public func tensor(named name: String) throws -> Tensor { try parameter(name).value }

  /// The numbers of a parameter, as it keeps them.
  /// - Throws: `CheckpointError.missingTensor`.
  public func weight(named name: String) throws -> Weight { try parameter(name).weight }

  private func parameter(_ name: String) throws -> Parameter {
    guard let parameter = table[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return parameter
  }
}
