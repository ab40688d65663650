import Foundation
import JSON

extension ModelFiles {
  /// The key in `model_index.json` of the words that a model learned from: one string with blanks
  /// between them. diffusers passes over a key that begins so; a list would be taken for a part.
  static let trainedWordsKey = "_trained_words"

  /// The words of the captions that the model at `path` says it learned from; none when it does not
  /// say, as a single file cannot.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  public static func trainedWords(of path: String) throws -> [String] {
    let index = URL(fileURLWithPath: path).appendingPathComponent("model_index.json").path
    guard FileManager.default.fileExists(atPath: index) else { return [] }
    let words = try JSONNode(ofModel: index).find(trainedWordsKey)?.string() ?? ""
    return words.split(separator: " ").map(String.init)
  }
}
