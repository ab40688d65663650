import Foundation
import JSON
import Networks
import TestSupport

/// The vocabularies that tests use: the small one of the repository, and CLIP's own where a person
/// has put it beside the repository.
enum Vocabularies {
  static let fullFolder = Repository.root.deletingLastPathComponent()
    .appendingPathComponent("shared/clip-vocabulary").path
  static let hasFull = FileManager.default.fileExists(atPath: fullFolder + "/vocab.json")
  static let absence = "no CLIP vocabulary at ../shared/clip-vocabulary"

  static let small = Result { try CLIPTokenizer(folder: Repository.path("fixtures/vocabulary")) }
  static let full = Result { try CLIPTokenizer(folder: fullFolder) }
}

/// A prompt with the ids that transformers gives it, without start, end and padding.
struct GoldenPrompt {
  let text: String
  let small: [Int]
  let full: [Int]
  /// What `small` decodes to.
  let decoded: String

  static let all = Result {
    try JSONNode(contentsOf: Repository.path("fixtures/golden/tokenizer.json"))["prompts"]
      .elements().map { node in
        GoldenPrompt(
          text: try node["text"].string(), small: try node["small"].integers(),
          full: try node["full"].integers(), decoded: try node["decoded"].string())
      }
  }
}
