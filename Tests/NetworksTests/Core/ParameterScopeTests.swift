import Checkpoints
import Diagnostics
import GoldenSupport
import Networks
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("Building a network from a checkpoint") struct ParameterScopeTests {
  private func encoder(_ change: (inout DrawnWeights) -> Void) throws -> CLIPTextModel {
    let golden = try GoldenNetwork("clip-gelu")
    var weights = golden.weights
    change(&weights)
    return try CLIPTextModel(CLIPTextConfiguration(golden.configuration), weights: weights)
  }

  @Test("a missing tensor is refused by name and expected shape")
  func missing() throws {
    let name = "encoder.layers.1.mlp.fc1.weight"
    #expect(
      throws: CheckpointError.missingTensor(
        file: "clip-gelu", name: "text_model.\(name)", expected: [72, 40])
    ) {
      try encoder { $0.shapes[name] = nil }
    }
  }

  @Test("a misshaped tensor is refused with both shapes")
  func misshaped() throws {
    let name = "final_layer_norm.bias"
    #expect(
      throws: CheckpointError.shapeMismatch(
        file: "clip-gelu", name: name, expected: [40], actual: [41])
    ) {
      try encoder { $0.shapes[name] = [41] }
    }
  }

  @Test(
    "a tensor that is left over is refused, or passed over in one line where a file says the shape")
  func unexpected() throws {
    let name = "encoder.layers.2.mlp.fc1.bias"
    #expect(
      throws: CheckpointError.unexpectedTensor(file: "clip-gelu", name: name, shape: [72])
    ) {
      try encoder { $0.shapes[name] = [72] }
    }
    let golden = try GoldenNetwork("clip-gelu")
    var weights = golden.weights
    (weights.shapes[name], weights.shapes["z"]) = ([72], [1])
    var notices: [String] = []
    let network = try heard(by: .notices { notices.append($0) }) {
      try CLIPTextModel(
        CLIPTextConfiguration(golden.configuration), weights: weights, leftovers: .passedOver)
    }
    #expect(network.parameters.count == golden.weights.names.count)
    #expect(
      notices.count == 1 && notices[0].contains("2 tensors, the first \"\(name)\""), "\(notices)")
  }

  @Test(
    "weights of whole numbers are refused by name and type",
    arguments: [ElementType.int8, .bool, .uint8])
  func wholeNumbers(type: ElementType) throws {
    struct Quantised: WeightSource {
      let weights: DrawnWeights
      let type: ElementType
      var origin: String { weights.origin }
      var names: [String] { weights.names }
      func info(_ name: String) -> TensorInfo? {
        weights.info(name).map {
          TensorInfo(shape: $0.shape, elementType: name.hasSuffix("fc1.weight") ? type : .float32)
        }
      }
      func tensor(named name: String) throws -> Tensor { try weights.tensor(named: name) }
    }
    let golden = try GoldenNetwork("clip-gelu")
    let error = #expect(throws: CheckpointError.self) {
      try CLIPTextModel(
        CLIPTextConfiguration(golden.configuration),
        weights: Quantised(weights: golden.weights, type: type))
    }
    let line = error?.description ?? ""
    #expect(line.contains("fc1.weight") && line.contains("found \(type.rawValue)"), "\(line)")
    // Eight bits may be numbers of another type, which not every program can write.
    #expect(line.contains("F8_E4M3") == (type == .uint8))
    #expect(error?.exitStatus == .badData)
  }

  @Test("names with and without their old prefix open, and the saved positions are skipped")
  func alternatives() throws {
    let plain = try encoder { _ in }
    let prefixed = try encoder { weights in
      weights.shapes = Dictionary(
        uniqueKeysWithValues: weights.shapes.map { ("text_model.\($0)", $1) })
      weights.shapes["text_model.embeddings.position_ids"] = [1, 16]
    }
    #expect(plain.parameters.map(\.name) == prefixed.parameters.map(\.name))
    #expect(plain.parameters.allSatisfy { $0.name.hasPrefix("text_model.") })
  }

  @Test("the former names of the autoencoders' attention open")
  func formerNames() throws {
    let golden = try GoldenNetwork("kl-f16")
    var weights = golden.weights
    let former = [
      ".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn.",
    ]
    weights.shapes = Dictionary(
      uniqueKeysWithValues: weights.shapes.map { name, shape in
        (former.reduce(name) { $0.replacing($1.key, with: $1.value) }, shape)
      })
    #expect(weights.names != golden.weights.names)
    let model = try AutoencoderKL(
      AutoencoderKLConfiguration(golden.configuration), weights: weights)
    #expect(model.parameters.map(\.name).sorted() == golden.weights.names)
  }

  @Test("opening looks through every tensor once, and keeps none")
  func lazy() throws {
    final class Counted: WeightSource {
      let names: [String]
      let origin = "counted"
      let reads = Mutex([String: Int]())
      let shapes: [String: [Int]]
      func info(_ name: String) -> TensorInfo? {
        shapes[name].map { TensorInfo(shape: $0, elementType: .float16) }
      }
      init(names: [String], shapes: [String: [Int]]) {
        (self.names, self.shapes) = (names, shapes)
      }
      func tensor(named name: String) throws -> Tensor {
        reads.withLock { $0[name, default: 0] += 1 }
        return Tensor.zeros(shapes[name] ?? [])
      }
    }
    let golden = try GoldenNetwork("unet-sd")
    let weights = Counted(names: golden.weights.names, shapes: golden.weights.shapes)
    let model = try UNet2DConditionModel(
      UNetConfiguration(golden.configuration), weights: weights)
    #expect(model.parameters.count == weights.names.count)
    #expect(weights.reads.withLock { $0.count } == weights.names.count)
    #expect(weights.reads.withLock { $0.values.allSatisfy { $0 == 1 } })
  }
}
