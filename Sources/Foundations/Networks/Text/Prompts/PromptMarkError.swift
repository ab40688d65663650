import Diagnostics

/// Marks of a prompt that cannot be read as they were meant.
public enum PromptMarkError: PersonFacingError, Equatable {
  /// What the program whose marks are read would do something else with than here.
  case unread(operator: String, of: PromptMarks)
  /// `BREAK` where a prompt has one chunk only.
  case breakWithoutChunks

  /// Usage, 64.
  public var exitStatus: ExitStatus { .usage }

  /// What stands in the prompt, and what to do, in one line.
  public var description: String {
    switch self {
    case .unread(let name, .compel):
      "the prompt: compel's \(name.quoted) is not read here; expected word++, word-, or (words)1.3"
    case .unread(let name, _):
      "the prompt: A1111's \(name.quoted) is not read here; expected (word:1.3), (word), [word] or "
        + "BREAK, a LoRA with --lora, and \\[ for a bracket of the text"
    case .breakWithoutChunks:
      "the prompt: BREAK begins another chunk: expected --long-prompts chunks with it, which "
        + "text-to-image, attention-maps, guidance-sweep and text-encoding have"
    }
  }
}
