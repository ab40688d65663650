import Checkpoints
import Networks
import Tensors
import TestSupport
import Testing

/// One case of `fixtures/golden/networks.py`: a configuration as diffusers or transformers writes it,
/// weights drawn by name, inputs and outputs.
struct GoldenNetwork {
  let name: String
  let configuration: JSONNode
  let weights: DrawnWeights
  /// Mean and standard deviation of each module's output, where the case has them.
  let moments: [String: [Double]]
  private static let tensors = Result { try Golden.load("networks") }
  private let tensors: [String: Tensor]

  init(_ name: String) throws {
    self.name = name
    let file = Repository.path("fixtures/golden/networks.json")
    let node = try JSONNode(contentsOf: file)[name]
    configuration = try node["config"]
    weights = DrawnWeights(
      shapes: try node["tensors"].members().mapValues { try $0.integers() }, origin: name)
    moments = try node.find("moments")?.members().mapValues { try $0.numbers() } ?? [:]
    tensors = try Self.tensors.get()
  }

  func network<N: Network>(_ type: N.Type) throws -> N {
    try N(N.Configuration(configuration), weights: weights)
  }

  func tensor(_ key: String) throws -> Tensor { try #require(tensors["\(name)/\(key)"]) }

  func integers(_ key: String) throws -> [Int] { try tensor(key).elements.map { Int($0) } }

  /// The names of the stored tensors that begin so.
  func keys(_ prefix: String) -> [String] {
    tensors.keys.filter { $0.hasPrefix("\(name)/\(prefix)") }
      .map { String($0.dropFirst(name.count + 1)) }.sorted()
  }

  /// max |Δ| relative to the golden's largest magnitude.
  func error(_ output: Tensor, _ key: String) throws -> Float {
    let golden = try tensor(key)
    try #require(output.shape == golden.shape)
    return output.maxAbsDifference(from: golden) / golden.maxAbs
  }
}

/// The weights of the golden script: `torch.randn` from the FNV-1a hash of each tensor's name.
struct DrawnWeights: WeightSource {
  var shapes: [String: [Int]]
  var origin: String

  var names: [String] { shapes.keys.sorted() }

  func info(_ name: String) -> TensorInfo? {
    shapes[name].map { TensorInfo(shape: $0, elementType: .float32) }
  }

  func tensor(named name: String) throws -> Tensor {
    guard let shape = shapes[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    let seed = name.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    let values = TorchGenerator(seed: UInt64(seed)).normal(shape)
    if shape.count > 1 {
      return values.scaled(by: 1 / Float(shape.dropFirst().reduce(1, *)).squareRoot())
    }
    let isScale = name.contains("norm") && name.hasSuffix("weight")
    return values.scaled(by: 0.1, plus: isScale ? 1 : 0)
  }
}
