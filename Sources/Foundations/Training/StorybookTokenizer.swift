import Networks
import Storybook

/// The tokenizer of the storybook's own model: a byte-pair vocabulary learned from its captions.
public enum StorybookTokenizer {
  /// Words that are left in two, so that a model of them has words of more than one token, as real
  /// ones have.
  public static let pieces = [["rock", "et"], ["sun", "set"], ["pur", "ple"]]

  /// How many tokens the model takes: the longest caption has 21 with start and end.
  public static let modelMaxLength = 24

  /// Learns from the captions of scenes 0..<count of the training split.
  public static func trained(count: Int = 20_000, seed: UInt64 = 0) throws -> CLIPTokenizer {
    let trainer = reader(count: count, seed: seed)
    let special = CLIPTokenizer.SpecialTokens()
    let vocabulary = try BytePairVocabulary(
      merges: trainer.merges(), specialTokens: [special.start, special.end])
    return try CLIPTokenizer(
      vocabulary: vocabulary, specialTokens: special, modelMaxLength: modelMaxLength)
  }

  /// How often the same captions have each of their words.
  public static func wordCounts(count: Int, seed: UInt64) -> [String: Int] {
    reader(count: count, seed: seed).counts
  }

  private static func reader(count: Int, seed: UInt64) -> BytePairTrainer {
    let scenes = SceneSampler(seed: seed, split: .training)
    var trainer = BytePairTrainer(keepingInPieces: pieces)
    for i in 0..<count { trainer.read(scenes[i].caption.text) }
    return trainer
  }
}
