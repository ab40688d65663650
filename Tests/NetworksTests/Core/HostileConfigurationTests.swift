import Diagnostics
import Foundation
import GoldenSupport
import JSON
import Networks
import Tensors
import Testing
import TestSupport

@Suite("Hostile configurations") struct HostileConfigurationTests {
  /// Values that have broken readers before.
  private static let values: [JSONValue] = [
    .null, .bool(true), .integer(0), .integer(-1), .integer(1), .integer(7), .integer(1 << 16),
    .integer(.max), .integer(.min), .number(1e308), .number(-0.5), .string(""),
    .string("CrossAttnDownBlock2D"), .array([]), .object([:]), .array([.array([.null])]),
    .array(Array(repeating: .integer(32), count: 300)),
  ]

  @Test(
    "a mutated configuration is refused in one line, or builds a network",
    arguments: ["unet-sd", "unet-classes", "kl-f16", "vq-f8", "clip-gelu"])
  func mutated(name: String) throws {
    let golden = try GoldenNetwork(name)
    guard case .object(let members) = golden.configuration.value else {
      Issue.record("\(name) is no object")
      return
    }
    let keys = members.keys.sorted()
    let generator = TorchGenerator(seed: 11)
    var refused = 0
    for _ in 0..<2000 {
      var mutated = members
      for _ in 0...generator.integers(in: 0..<3, count: 1)[0] {
        let draw = generator.integers(in: 0..<1 << 20, count: 4)
        let key = keys[draw[0] % keys.count]
        let value = Self.values[draw[1] % Self.values.count]
        if draw[2] % 4 == 0, case .array(var elements)? = mutated[key], !elements.isEmpty {
          elements[draw[3] % elements.count] = value
          mutated[key] = .array(elements)
        } else {
          mutated[key] = draw[2] % 7 == 1 ? nil : value
        }
      }
      do {
        try build(name, JSONNode(.object(mutated), file: "config.json"), golden.weights)
      } catch {
        refused += 1
        let message = "\(try #require(error as? any PersonFacingError))"
        #expect(!message.contains("\n") && message.count < 500)
      }
    }
    #expect(refused > 1000 && refused < 2000, "\(refused) refused")
  }

  private func build(_ name: String, _ node: JSONNode, _ weights: DrawnWeights) throws {
    switch name.prefix(2) {
    case "un": _ = try UNet2DConditionModel(UNetConfiguration(node), weights: weights)
    case "kl": _ = try AutoencoderKL(AutoencoderKLConfiguration(node), weights: weights)
    case "vq": _ = try VQModel(VQModelConfiguration(node), weights: weights)
    default: _ = try CLIPTextModel(CLIPTextConfiguration(node), weights: weights)
    }
  }
}
