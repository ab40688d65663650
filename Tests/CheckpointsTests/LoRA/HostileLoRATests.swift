import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// 24,000 damaged files of what people bring beside their models; see `HostileFilesTests`.
@Suite("Hostile LoRAs and learned words: a valid result or one clear line")
struct HostileLoRATests {
  @Test("LoRAs of every form, damaged in their names and shapes")
  func loras() async {
    await #expect(processExitsWith: .success) {
      let targets = LoRATargets([
        .unet: ["a_b.to_out.0.weight": [6, 4], "conv.weight": [6, 4, 3, 3], "norm.weight": [4]]
      ])
      let corpus = forms.map(text)
      let mutator = Mutator(corpus: corpus, tokens: names, seed: 16)
      var deep = 0
      // The linear algebra takes its buffers once, which are no file's fault.
      let one = Tensor([2, 2], repeating: 1)
      _ = Tensor.singularValues(ofProduct: Tensor.matrixProduct(one, one), one)
      try Fuzzing.run(mutator, cases: 16_000) { bytes in
        for layer in try LoRAFile(weights(bytes), at: "m.safetensors").layers(for: targets) {
          let values = layer.singularValues(scale: 0.5)
          guard layer.change(scale: 0.5).shape == layer.shape,
            values.count == layer.mostDirections
          else { throw Fuzzing.Failure(description: "\(layer.module) does not fit") }
          deep += 1
        }
      }
      // Damage that stops at the first name would show nothing.
      guard deep > 300 else { throw Fuzzing.Failure(description: "only \(deep) layers") }
    }
  }

  @Test("learned words, damaged anywhere")
  func words() async {
    await #expect(processExitsWith: .success) {
      let names = ["file-name.pt", "learned_embeds.bin", "learned_embeds.safetensors"]
      let corpus = try names.map { name in
        [UInt8](
          try Data(
            contentsOf: URL(
              fileURLWithPath: Repository.path("fixtures/golden/learned-words/\(name)"))))
      }
      let tokens = ["string_to_param", "name", "*", "emb_params", "cos\nsystem\n", "weight"]
      let mutator = Mutator(corpus: corpus, tokens: tokens.map { Array($0.utf8) }, seed: 17)
      try Fuzzing.run(mutator, cases: 8_000) { bytes in
        let source = try WeightFile.open(MappedFile(bytes, path: "m.pt"))
        let word = try LearnedWord(LearnedWordChoice("m.pt"), of: source)
        guard word.count > 0, word.vectors.isFinite, !word.text.isEmpty else {
          throw Fuzzing.Failure(description: "a word of nothing")
        }
      }
    }
  }
}

/// A LoRA of two layers in each form.
private let forms: [[String: [Int]]] = [
  [
    "lora_unet_a_b_to_out_0.lora_down.weight": [2, 4],
    "lora_unet_a_b_to_out_0.lora_up.weight": [6, 2], "lora_unet_a_b_to_out_0.alpha": [],
    "lora_unet_conv.lora_down.weight": [2, 4, 1, 1], "lora_unet_conv.lora_up.weight": [6, 2, 1, 1],
    "lora_unet_conv.lora_mid.weight": [2, 2, 3, 3],
  ],
  [
    "a_b.to_out.0.hada_w1_a": [6, 2], "a_b.to_out.0.hada_w1_b": [2, 4],
    "a_b.to_out.0.hada_w2_a": [6, 2], "a_b.to_out.0.hada_w2_b": [2, 4], "conv.hada_w1_a": [2, 6],
    "conv.hada_w1_b": [2, 4], "conv.hada_t1": [2, 2, 3, 3], "conv.hada_w2_a": [2, 6],
    "conv.hada_w2_b": [2, 4], "conv.hada_t2": [2, 2, 3, 3],
  ],
  [
    "unet.a_b.to_out.0.lokr_w1": [3, 2], "unet.a_b.to_out.0.lokr_w2": [2, 2],
    "unet.conv.lokr_w1_a": [2, 1], "unet.conv.lokr_w1_b": [1, 2], "unet.conv.lokr_w2_a": [3, 1],
    "unet.conv.lokr_w2_b": [1, 18], "unet.conv.alpha": [1],
  ],
]

/// Lines like `conv.alpha 1` and `conv.lora_up.weight 6,2`.
private func text(_ shapes: [String: [Int]]) -> [UInt8] {
  let lines = shapes.sorted { $0.key < $1.key }.map { name, shape in
    "\(name) \(shape.map(String.init).joined(separator: ","))"
  }
  return Array(lines.joined(separator: "\n").utf8)
}

/// Tensors of these names and shapes, as far as they are small.
private func weights(_ text: [UInt8]) -> WeightTable {
  var tensors: [String: Tensor] = [:]
  for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
    let words = line.split(separator: " ")
    let shape = words.dropFirst().joined().split(separator: ",").map { Int($0) ?? 1 }
    guard let name = words.first, shape.allSatisfy({ 0...4096 ~= $0 }), shape.count < 9,
      shape.reduce(1, { min($0 * $1, 1 << 20) }) <= 4096
    else { continue }
    tensors[String(name)] = Tensor(shape, repeating: 0.5)
  }
  return WeightTable(tensors)
}

private let names = [
  ".hada_w1_a 6,2", ".hada_t1 2,2,3,3", ".lokr_w1 2,2", ".lokr_w2_b 1,2", ".lokr_t2 1,1,3,3",
  ".lora_mid.weight 2,2", ".alpha 1", "6,2", "2,4", "0,4", "1", ",", " ", "\n", "lora_unet_conv",
  "unet.conv", "a_b.to_out.0",
].map { Array($0.utf8) }
