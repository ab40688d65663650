import Checkpoints
import Diagnostics
import Foundation
import Imaging
import JSON
import Networks
import Tensors

/// What reads a file that was changed.
enum Reader: String, CaseIterable {
  /// Safetensors, GGUF, and PyTorch's two formats: every tensor, and all that they hold besides.
  case weights
  /// A LoRA for a U-Net of three layers.
  case lora
  /// The vectors of a learned word.
  case word
  /// A configuration, asked for everything.
  case json
  /// The four files of a tokenizer, between bytes of 0.
  case tokenizer
  /// PNG, with the sums of its chunks made right, and JPEG.
  case picture

  nonisolated(unsafe) static var chosen = weights

  /// Reads what libFuzzer made; ends the process where a reader does other than it promises.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>) {
    do { try chosen.read([UInt8](bytes)) } catch {
      do { try Fuzzing.requireOneLine(error, of: "this file") } catch {
        fatalError("\(error)")
      }
    }
  }

  private func read(_ bytes: [UInt8]) throws {
    switch self {
    case .weights: try Self.weights(bytes)
    case .lora:
      let layers = try LoRAFile(Self.source(bytes), at: "m.safetensors")
        .layers(for: Self.targets)
      for layer in layers {
        precondition(layer.change(scale: 1).shape == layer.shape)
        precondition(layer.singularValues(scale: 1).count == layer.mostDirections)
      }
    case .word:
      let word = try LearnedWord(LearnedWordChoice("m.pt"), of: Self.source(bytes))
      precondition(word.count > 0 && word.vectors.isFinite)
    case .json: try Self.ask(JSONNode(ofModel: Data(bytes), file: "config.json"))
    case .tokenizer:
      let parts = bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
      let names = ["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"]
      let files = Dictionary(uniqueKeysWithValues: zip(names, parts.map { Data($0) }))
      let tokenizer = try CLIPTokenizer(folder: "folder") { files[$0] }
      let found = tokenizer.tokenize("the <|endoftext|> thé 7, (a b)")
      precondition(found.ids.count == tokenizer.modelMaxLength)
      _ = tokenizer.decode(found.ids)
    case .picture:
      _ = try PictureFile(PlainPNG.withRightSums(bytes), named: "a.png").tensor()
    }
  }

  // MARK: Weights

  private static func weights(_ bytes: [UInt8]) throws {
    let file = MappedFile(bytes, path: "m.ckpt")
    if bytes.starts(with: Array("GGUF".utf8)) {
      let source = try GGUFFile(file)
      precondition(source.entries.values.allSatisfy { $0.range.upperBound <= bytes.count })
      return
    }
    var complaint: (any Error)?
    do {
      let source = try WeightFile.open(file)
      for name in source.names {
        let tensor = try source.tensor(named: name)
        precondition(tensor.shape == source.info(name)?.shape)
      }
    } catch { complaint = error }
    if bytes.first == 0x80 || bytes.starts(with: Array("PK".utf8)) {
      _ = try TorchFile(MappedFile(bytes, path: "m.ckpt"), surveying: true)
    }
    if let complaint { throw complaint }
  }

  private static let targets = LoRATargets([
    .unet: ["a_b.to_out.0.weight": [6, 4], "conv.weight": [6, 4, 3, 3], "norm.weight": [4]]
  ])

  private static func source(_ bytes: [UInt8]) throws -> any WeightSource {
    try WeightFile.open(MappedFile(bytes, path: "m.ckpt"))
  }

  // MARK: Others

  private static func ask(_ node: JSONNode) throws {
    func ask(_ question: () throws -> Void) throws {
      do { try question() } catch is JSONError {}
    }
    try ask { _ = try node.integer(in: 1...65536) }
    try ask { _ = try node.number() }
    try ask { _ = try node.string() }
    try ask { _ = try node.bool() }
    try ask { for member in try node.members().values { try self.ask(member) } }
    try ask { for element in try node.elements() { try self.ask(element) } }
  }
}
