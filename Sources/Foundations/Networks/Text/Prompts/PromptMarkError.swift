import Diagnostics

/// Marks of a prompt that cannot be read as they were meant.
public enum PromptMarkError: PersonFacingError, Equatable {
  /// An operator of compel that is not read here.
  case unread(operator: String)
  /// `BREAK` where a prompt has one chunk only.
  case breakWithoutChunks

  /// Usage, 64.
  public var exitStatus: ExitStatus { .usage }

  /// What stands in the prompt, and what to do, in one line.
  public var description: String {
    switch self {
    case .unread(let name):
      "the prompt: compel's \(name.quoted) is not read here; expected word++, word-, or (words)1.3"
    case .breakWithoutChunks:
      "the prompt: BREAK begins another chunk: expected --long-prompts chunks with it, which "
        + "text-to-image and text-encoding have"
    }
  }
}
