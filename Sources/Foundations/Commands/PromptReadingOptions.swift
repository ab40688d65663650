import ArgumentParser
import Networks

/// `--prompt-weights`: whether marks in a prompt say how much its words count.
public struct PromptWeightsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How marks of a prompt are read that say how much its words count: none reads them as text, a1111 \
      knows (word:1.3), (word), [word], \\( and BREAK, compel knows word++, word- and (two words)1.3.
      """, valueName: "rule"))
  var promptWeights = PromptMarks.plain

  /// The option as it is before a command line is parsed.
  public init() {}

  /// How prompts are read, each in one sequence.
  public var reading: PromptReading { PromptReading(marks: promptWeights) }
}

/// `--prompt-weights` and `--long-prompts`: how prompts are read.
public struct PromptReadingOptions: ParsableArguments {
  /// What becomes of a prompt that is longer than the model takes.
  enum LongPrompts: String, CaseIterable, ExpressibleByArgument {
    case cut, chunks
  }

  @OptionGroup var weights: PromptWeightsOption

  @Option(
    help: ArgumentHelp(
      """
      What becomes of a prompt that is longer than the model takes: cut drops the rest, chunks makes \
      several sequences of it, as A1111 does, or compel with its marks.
      """, valueName: "rule"))
  var longPrompts = LongPrompts.cut

  /// The options as they are before a command line is parsed.
  public init() {}

  /// How prompts are read.
  public var reading: PromptReading {
    PromptReading(marks: weights.promptWeights, inChunks: longPrompts == .chunks)
  }
}

extension PromptMarks: ExpressibleByArgument {}
