import Checkpoints
import Foundation
import JSON
import Networks
import Tensors
import TestSupport
import TextEncoding

/// Encoders and prompts for tests.
enum Examples {
  static let vocabulary = Repository.path("fixtures/vocabulary")

  /// The bundled encoder, untrained.
  static func encoder() throws -> PromptEncoder {
    try .open(model: nil, vocabulary: vocabulary, seed: 42)
  }

  static func experiment(_ prompt: String) throws -> TextEncodingExperiment {
    let encoder = try encoder()
    return TextEncodingExperiment(
      encoder, prompt: encoder.tokenizer.tokenize(prompt), generator: TorchGenerator(seed: 1))
  }

  /// Writes a model folder with a small text encoder and the repository's vocabulary.
  /// - Parameter change: alters the configuration.
  static func writeModel(
    to folder: URL, marks: [String: JSONValue] = [:], vocabulary: Bool = true,
    _ change: (inout CLIPTextConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = CLIPTextConfiguration()
    (configuration.vocabularySize, configuration.layers) = (1014, 2)
    (configuration.width, configuration.heads, configuration.innerWidth) = (16, 2, 32)
    change(&configuration)
    let files = FileManager.default
    let encoder = folder.appendingPathComponent("text_encoder")
    try files.createDirectory(at: encoder, withIntermediateDirectories: true)
    try SafetensorsFile.write(
      NetworkWeights(try CLIPTextModel(configuration, seed: 3)),
      to: encoder.appendingPathComponent("model.safetensors").path)
    try write(configuration.json, to: encoder.appendingPathComponent("config.json"))
    var index: [String: JSONValue] = [
      "text_encoder": .array([.string("transformers"), .string("CLIPTextModel")])
    ]
    if vocabulary {
      index["tokenizer"] = .array([.string("transformers"), .string("CLIPTokenizer")])
      try files.copyItem(
        atPath: Self.vocabulary, toPath: folder.appendingPathComponent("tokenizer").path)
    }
    index.merge(marks) { $1 }
    try write(.object(index), to: folder.appendingPathComponent("model_index.json"))
  }

  private static func write(_ value: JSONValue, to file: URL) throws {
    try Data(value.serialized.utf8).write(to: file)
  }
}
