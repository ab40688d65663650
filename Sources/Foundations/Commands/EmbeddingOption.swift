import ArgumentParser
import Checkpoints

/// `--embedding`, which may be repeated.
public struct EmbeddingOption: ParsableArguments {
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      """
      A word that somebody taught such a model (textual inversion): a file of A1111 or diffusers (.pt, \
      .bin, .safetensors), or a folder of diffusers, and what prompts call it. Repeated, all are \
      taught. (default: none; the name that the file states, else the file's own)
      """, valueName: "file[=token]"),
    transform: Self.choice)
  var embedding: [LearnedWordChoice] = []

  /// The option as it is before a command line is parsed.
  public init() {}

  /// What was given, in order.
  public var choices: [LearnedWordChoice] { embedding }

  /// The words, read.
  /// - Throws: what reading one throws.
  public func words() throws -> [LearnedWord] { try embedding.map { try LearnedWord($0) } }

  private static let endings = [".pt", ".bin", ".safetensors", ".ckpt", ".pth"]

  /// What stands behind the last `=` is the word, unless it looks like the rest of a path.
  private static func choice(_ text: String) throws -> LearnedWordChoice {
    var (path, token) = (text, String?.none)
    if let sign = text.lastIndex(of: "=") {
      let end = String(text[text.index(after: sign)...])
      if !end.contains("/"), !endings.contains(where: end.hasSuffix) {
        (path, token) = (String(text[..<sign]), end)
      }
    }
    guard !path.isEmpty else { throw ValidationError("expected a file, or file=token") }
    if let token, token.allSatisfy(\.isWhitespace) {
      throw ValidationError("expected a word behind '=', found '\(token)'")
    }
    return LearnedWordChoice(path, token: token)
  }
}
