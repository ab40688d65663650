import Checkpoints
import Commands
import Diagnostics
import Foundation
import JSON
import Networks

/// A tokenizer and a text encoder that belong together: what stands before the U-Net.
public struct PromptEncoder: Sendable {
  public private(set) var tokenizer: CLIPTokenizer
  public private(set) var network: CLIPTextModel
  /// False for weights that nobody trained: what they make of a prompt means nothing.
  public let isTrained: Bool
  /// The words that it learned from, where the model's folder says so.
  public var trainedWords = TrainedWords([])
  /// The words that it was taught since.
  public private(set) var learnedWords: [LearnedWord] = []

  /// Opens the encoder of a model, or makes a small untrained one over a vocabulary alone.
  /// - Parameters:
  ///   - model: a diffusers folder or a CompVis file; nil for the bundled one, unless a
  ///     vocabulary is named.
  ///   - variant: which weights of a folder (`fp16`).
  ///   - vocabulary: a tokenizer's folder; nil for the model's own.
  ///   - seed: of the untrained weights.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError` or `TokenizerError`.
  public static func open(
    model: String?, variant: String? = nil, vocabulary: String?, seed: UInt64
  ) throws -> PromptEncoder {
    if model == nil, let vocabulary { return try untrained(vocabulary: vocabulary, seed: seed) }
    let model = try model ?? Shipped.model()
    let files = try ModelFiles.open(model, parts: [.textEncoder, .tokenizer], variant: variant)
    return try files.naming { try open(files, vocabulary: vocabulary) }
  }

  /// The encoder with words that somebody taught it.
  /// - Throws: `LearnedWordError`.
  public func learning(_ words: [LearnedWord]) throws -> PromptEncoder {
    var encoder = self
    (encoder.network, encoder.tokenizer) = try network.learning(words, by: tokenizer)
    encoder.learnedWords += words
    return encoder
  }

  private static func open(_ files: ModelFiles, vocabulary: String?) throws -> PromptEncoder {
    let model = files.path
    guard let component = files.textEncoder else {
      throw CheckpointError.unsupported(
        file: model, reason: "holds no text encoder; expected Stable Diffusion or its text_encoder")
    }
    guard let folder = vocabulary ?? files.tokenizer else {
      throw CheckpointError.unsupported(
        file: model, reason: "no vocabulary beside it: name its folder with --vocabulary")
    }
    let network = try CLIPTextModel(component)
    return PromptEncoder(
      tokenizer: try tokenizer(in: folder, for: network.configuration), network: network,
      isTrained: try !ModelFiles.isMarkedUntrained(model),
      trainedWords: TrainedWords(try ModelFiles.trainedWords(of: model)))
  }

  /// Four layers of 96 features over any vocabulary, with the weights that training starts from.
  static func untrained(vocabulary: String, seed: UInt64) throws -> PromptEncoder {
    let tokenizer = try CLIPTokenizer(folder: vocabulary)
    var configuration = CLIPTextConfiguration()
    configuration.vocabularySize = tokenizer.vocabulary.tokens.count
    configuration.positions = tokenizer.modelMaxLength
    (configuration.layers, configuration.heads) = (4, 4)
    (configuration.width, configuration.innerWidth) = (96, 384)
    return PromptEncoder(
      tokenizer: tokenizer, network: try CLIPTextModel(configuration, seed: seed),
      isTrained: false)
  }

  /// The tokenizer, cut to as many positions as the network has.
  private static func tokenizer(
    in folder: String, for network: CLIPTextConfiguration
  ) throws -> CLIPTokenizer {
    let tokenizer = try CLIPTokenizer(folder: folder)
    func require(_ condition: Bool, _ key: String, _ expected: String, _ found: Int) throws {
      guard condition else {
        throw JSONError.unexpected(
          file: folder, key: key, expected: expected, found: "\(found)")
      }
    }
    let count = tokenizer.vocabulary.tokens.count
    try require(
      count <= network.vocabularySize, "vocabulary",
      "at most \(network.vocabularySize) tokens, as the text encoder knows", count)
    try require(
      network.positions >= 2, "positions of the text encoder", "room for start and end",
      network.positions)
    return try CLIPTokenizer(
      vocabulary: tokenizer.vocabulary, specialTokens: tokenizer.specialTokens,
      addedTokens: tokenizer.addedTokens,
      modelMaxLength: min(tokenizer.modelMaxLength, network.positions))
  }
}
