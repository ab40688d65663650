import GoldenSupport
import JSON
import Networks
import Tensors
import Testing
import TestSupport

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
