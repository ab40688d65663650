import Checkpoints
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("LoRA files") struct LoRAFileTests {
  private static let shapes: [LoRAPart: [String: [Int]]] = [
    .unet: ["a_b.to_out.0.weight": [6, 4], "conv.weight": [5, 3, 3, 3], "norm.weight": [4]],
    .textEncoder: ["text_model.layers.0.fc1.weight": [8, 2]],
  ]
  private static let targets = LoRATargets(shapes)

  private func layers(
    _ tensors: [String: Tensor], metadata: [String: String] = [:],
    for targets: LoRATargets = targets, settings: String? = nil
  ) throws -> [LoRALayer] {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("adapter_model.safetensors").path
      try SafetensorsFile.write(tensors, metadata: metadata, to: path)
      try settings?.write(
        to: folder.appendingPathComponent("adapter_config.json"), atomically: true, encoding: .utf8)
      return try LoRAFile(settings == nil ? path : folder.path).layers(for: targets)
    }
  }

  /// Two matrices of rank 2 for the linear layer.
  private func pair(_ down: String, _ up: String) -> [String: Tensor] {
    [down: Tensor([2, 4], repeating: 1), up: Tensor([6, 2], repeating: 0.5)]
  }

  @Test(
    "every way of spelling a layer leads to it",
    arguments: [
      ("lora_unet_a_b_to_out_0.lora_down.weight", "lora_unet_a_b_to_out_0.lora_up.weight"),
      ("unet.a_b.to_out.0.lora.down.weight", "unet.a_b.to_out.0.lora.up.weight"),
      ("unet.a_b.to_out.0.lora_A.weight", "unet.a_b.to_out.0.lora_B.weight"),
      ("a_b.processor.to_out_lora.down.weight", "a_b.processor.to_out_lora.up.weight"),
      (
        "base_model.model.a_b.to_out.0.lora_A.weight", "base_model.model.a_b.to_out.0.lora_B.weight"
      ),
      ("a_b.to_out.0.lora_A.default.weight", "a_b.to_out.0.lora_B.default.weight"),
    ])
  func spellings(down: String, up: String) throws {
    let layer = try #require(layers(pair(down, up)).first)
    #expect((layer.part, layer.module) == (.unet, "a_b.to_out.0"))
    #expect(layer.kind == .linear && layer.rank == 2 && layer.alpha == nil && layer.factor == 1)
    // Without alpha: up times down, two ones by a half.
    #expect(layer.change(scale: -2).elements.allSatisfy { $0 == -2 })
  }

  @Test("the text encoder's layers, with and without text_model")
  func textEncoder() throws {
    for stem in [
      "lora_te_text_model_layers_0_fc1.lora_", "lora_te_layers_0_fc1.lora_",
      "text_encoder.text_model.layers.0.fc1.lora_linear_layer.",
      "text_encoder.layers.0.fc1.lora.",
    ] {
      let tensors = [
        "\(stem)down.weight": Tensor([1, 2], repeating: 1),
        "\(stem)up.weight": Tensor([8, 1], repeating: 1),
      ]
      let layer = try #require(layers(tensors).first)
      #expect((layer.part, layer.module) == (.textEncoder, "text_model.layers.0.fc1"))
    }
  }

  @Test("a convolution's change is the flattened product, and alpha over rank its factor")
  func convolution() throws {
    let generator = TorchGenerator(seed: 1)
    let (down, up) = (generator.normal([2, 3, 3, 3]), generator.normal([5, 2, 1, 1]))
    let layer = try #require(
      layers([
        "lora_unet_conv.lora_down.weight": down, "lora_unet_conv.lora_up.weight": up,
        "lora_unet_conv.alpha": Tensor([], [3]),
      ]).first)
    #expect(layer.kind == .convolution && layer.alpha == 3 && layer.factor == 1.5)
    let change = layer.change(scale: 0.5)
    #expect(change.shape == [5, 3, 3, 3])
    let expected = 0.75 * (up[4, 0, 0, 0] * down[0, 2, 1, 0] + up[4, 1, 0, 0] * down[1, 2, 1, 0])
    #expect(abs(change[4, 2, 1, 0] - expected) < 1e-6)
    // The spectrum has the change's length, and no more values than the rank.
    let values = layer.singularValues(scale: 0.5)
    #expect(values.count == 2 && values[0] >= values[1])
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(length - change.norm) < 1e-6 * change.norm)
  }

  @Test("peft's settings: patterns, and the root of the rank", arguments: [false, true])
  func settings(isRankStabilized: Bool) throws {
    let names = ("base_model.model.a_b.to_out.0.lora_A.weight", "a_b.to_out.0.lora_B.weight")
    let text = """
      {"peft_type": "LORA", "r": 7, "lora_alpha": 1, "rank_pattern": {"to_out.0": 2},
       "alpha_pattern": {"0": 9, "^a_b.to_out.0": 8}, "use_rslora": \(isRankStabilized)}
      """
    let layer = try #require(layers(pair(names.0, names.1), settings: text).first)
    #expect(layer.alpha == 8)
    #expect(abs(layer.factor - 8 / (isRankStabilized ? 2.0.squareRoot() : 2)) < 1e-12)
    let metadata = ["lora_adapter_metadata": "{\"unet.r\": 2, \"unet.lora_alpha\": 5}"]
    #expect(try layers(pair(names.0, names.1), metadata: metadata).first?.factor == 2.5)
  }

  @Test("a LoHa is two products, number by number, and reaches the square of its rank")
  func loha() throws {
    let generator = TorchGenerator(seed: 2)
    let (a, b) = (generator.normal([6, 2]), generator.normal([2, 4]))
    let (c, d) = (generator.normal([6, 2]), generator.normal([2, 4]))
    let layer = try #require(
      layers([
        "lora_unet_a_b_to_out_0.hada_w1_a": a, "lora_unet_a_b_to_out_0.hada_w1_b": b,
        "lora_unet_a_b_to_out_0.hada_w2_a": c, "lora_unet_a_b_to_out_0.hada_w2_b": d,
        "lora_unet_a_b_to_out_0.alpha": Tensor([], [1]),
      ]).first)
    #expect(layer.form == .loha && layer.rank == 2 && layer.factor == 0.5)
    #expect(layer.mostDirections == 4)
    let expected =
      (a[5, 0] * b[0, 3] + a[5, 1] * b[1, 3]) * (c[5, 0] * d[0, 3] + c[5, 1] * d[1, 3])
    #expect(abs(layer.change(scale: 2)[5, 3] - expected) < 1e-5)
    let values = layer.singularValues(scale: 2)
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(values.count == 4 && values[2] > 1e-3)
    #expect(abs(length - layer.change(scale: 2).norm) < 1e-5)
  }

  @Test("a LoKr's first matrix says how much of the second stands in each block")
  func lokr() throws {
    let generator = TorchGenerator(seed: 3)
    let (a, b) = (generator.normal([3, 2]), generator.normal([2, 2]))
    let names = ["lora_unet_a_b_to_out_0.lokr_w1": a, "lora_unet_a_b_to_out_0.lokr_w2": b]
    // Of two whole matrices the file's own alpha says nothing.
    let layer = try #require(
      layers(names.merging(["lora_unet_a_b_to_out_0.alpha": Tensor([], [7])]) { $1 }).first)
    #expect(layer.form == .lokr && layer.rank == nil && layer.factor == 1)
    let change = layer.change(scale: 1)
    #expect(change[5, 2] == a[2, 1] * b[1, 0] && change[0, 1] == a[0, 0] * b[0, 1])
    let settings = "{\"peft_type\": \"LOKR\", \"r\": 4, \"alpha\": 2}"
    #expect(try layers(names, settings: settings).first?.factor == 0.5)
  }

  @Test("the layers of a CompVis checkpoint go by diffusers' names, as everywhere in the house")
  func compVis() throws {
    let path = Repository.path("fixtures/golden/compvis/sd.ckpt")
    let weights = try #require(ModelFiles.open(path, parts: [.unet]).unet).weights
    let shapes = weights.names.map { ($0, weights.info($0)?.shape ?? []) }
    let module = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
    let key = "lora_unet_\(module.replacing(".", with: "_"))"
    let shape = try #require(weights.info("\(module).weight")).shape
    let tensors = [
      "\(key).lora_down.weight": Tensor([1, shape[1]], repeating: 1),
      "\(key).lora_up.weight": Tensor([shape[0], 1], repeating: 1),
    ]
    let targets = LoRATargets([.unet: Dictionary(uniqueKeysWithValues: shapes)])
    #expect(try layers(tensors, for: targets).map(\.module) == [module])
  }

  private static let good = "unet.a_b.to_out.0"

  @Test(
    "what is no LoRA for this model is refused by name",
    arguments: [
      ("dora", ["\(good).dora_scale": [6, 1]], "DoRA"),
      ("peft's dora", ["\(good).lora_magnitude_vector": [6]], "DoRA"),
      (
        "a core", ["lora_unet_conv.lora_mid.weight": [2, 2, 3, 3]], "(lora_down, lora_A) is missing"
      ),
      (
        "half a LoHa", ["\(good).hada_w1_a": [6, 2], "\(good).hada_w1_b": [2, 4]],
        "hada_w2_b is missing"
      ),
      ("half a LoKr", ["\(good).lokr_w1": [2, 2]], "lokr_w2 is missing"),
      (
        "uneven", ["\(good).lokr_w1": [4, 2], "\(good).lokr_w2": [2, 2]],
        "found lokr_w1 [4, 2], lokr_w2 [2, 2]"
      ),
      (
        "two kinds",
        ["\(good).lokr_w1": [2, 2], "\(good).lokr_w2": [3, 2], "\(good).lora_A.weight": [2, 4]],
        "twice"
      ),
      (
        "whole and not",
        ["\(good).lokr_w1": [2, 2], "\(good).lokr_w2": [3, 2], "\(good).lokr_w2_a": [3, 1]],
        "twice"
      ),
      ("xl", ["lora_te2_layers_0.lora_down.weight": [2, 2]], "Stable Diffusion XL"),
      ("unknown", ["lora_unet_elsewhere.lora_down.weight": [2, 2]], "is no layer of this model"),
      ("a model", ["conv.weight": [5, 3, 3, 3]], "expected a LoRA's names"),
      ("half", ["\(good).lora_A.weight": [2, 4]], "(lora_up, lora_B) is missing"),
      ("alpha alone", ["\(good).alpha": [1]], "(lora_down, lora_A) is missing"),
      ("wide", ["\(good).lora_A.weight": [2, 9], "\(good).lora_B.weight": [6, 2]], "[6, 4]"),
      (
        "wide, with alpha",
        [
          "\(good).lora_A.weight": [2, 9], "\(good).lora_B.weight": [6, 2], "\(good).alpha": [],
        ], "found lora_down [2, 9], lora_up [6, 2];"
      ),
      ("ranks", ["\(good).lora_A.weight": [2, 4], "\(good).lora_B.weight": [6, 3]], "[6, 3]"),
      ("scalar", ["\(good).lora_A.weight": [], "\(good).lora_B.weight": []], "[6, 4]"),
      ("rank 0", ["\(good).lora_A.weight": [0, 4], "\(good).lora_B.weight": [6, 0]], "found 0"),
      (
        "rank", ["\(good).lora_A.weight": [1025, 4], "\(good).lora_B.weight": [6, 1025]],
        "from 1 to 1024"
      ),
      (
        "alphas",
        [
          "\(good).lora_A.weight": [2, 4], "\(good).lora_B.weight": [6, 2], "\(good).alpha": [2],
        ], "one finite number"
      ),
      (
        "twice",
        ["\(good).lora_A.weight": [2, 4], "lora_unet_a_b_to_out_0.lora_down.weight": [2, 4]],
        "twice"
      ),
    ] as [(String, [String: [Int]], String)])
  func refusals(name: String, shapes: [String: [Int]], words: String) {
    let error = #expect(throws: LoRAError.self) {
      try layers(shapes.mapValues { Tensor($0, repeating: 1) })
    }
    let line = error?.description ?? ""
    #expect(line.contains(words) && line.hasPrefix("/") && !line.contains("\n"), "\(line)")
    #expect(error?.exitStatus == .badData)
  }

  @Test("no weights, settings that are not carried out, underscores for two layers")
  func others() throws {
    let names = ("\(Self.good).lora_A.weight", "\(Self.good).lora_B.weight")
    var tensors = pair(names.0, names.1)
    for text in [
      "{\"r\": 2, \"lora_alpha\": 2, \"use_dora\": true}", "{\"r\": 3, \"lora_alpha\": 2}",
      "{\"peft_type\": \"LOHA\", \"r\": 2, \"alpha\": 2}",
      "{\"peft_type\": \"IA3\", \"r\": 2, \"alpha\": 2}", "{\"r\": 0, \"lora_alpha\": 2}",
      "{\"r\": 2, \"lora_alpha\": 2, \"alpha_pattern\": {\"(a+)+\": 1}}", "[]",
    ] {
      let error = #expect(throws: (any Error).self) { try layers(tensors, settings: text) }
      #expect(error is any PersonFacingError)
    }
    tensors[names.0] = Tensor([2, 4], repeating: .nan)
    #expect(throws: CheckpointError.self) { try layers(tensors) }
    let alike = LoRATargets([.unet: ["a.b.weight": [6, 4], "a_b.weight": [6, 4]]])
    let error = #expect(throws: LoRAError.self) {
      try layers(pair("lora_unet_a_b.lora_down.weight", "lora_unet_a_b.lora_up.weight"), for: alike)
    }
    #expect(error?.description.contains("may be") == true)
    try withTemporaryFolder { folder in
      let error = #expect(throws: LoRAError.self) { try LoRAFile(folder.path) }
      #expect(error?.description.contains("adapter_model.safetensors") == true)
    }
  }
}
