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

  private static func choice(_ text: String) throws -> LearnedWordChoice {
    let (path, token) = try Values.file(text, with: "token") { end in
      end.contains("/") || endings.contains(where: end.hasSuffix) ? nil : end
    }
    if let token, token.allSatisfy(\.isWhitespace) {
      throw ValidationError("expected a word behind '=', found '\(token)'")
    }
    return LearnedWordChoice(path, token: token)
  }
}
