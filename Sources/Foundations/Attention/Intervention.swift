import LatentDiffusion
import Networks

/// A change to the attention, to see whether a word makes what its heatmap shows.
package enum Intervention: Sendable, Equatable {
  /// No pixel may look at the word: its columns become 0, and each row is made to sum to 1 again.
  case ablate(String)
  /// Nor may another token of the text encoder, which would carry it on.
  case erase(String)
  /// Prompt-to-Prompt's re-weighting: the word's columns of the stored attention times a factor.
  case scale(String, Double)
  /// Prompt-to-Prompt's replacement or refinement: another prompt is drawn with the stored attention
  /// of the first.
  case swap(old: String, new: String)

  /// The word of the first prompt that it is about.
  package var word: String {
    switch self {
    case .ablate(let word), .erase(let word), .scale(let word, _), .swap(let word, _): word
    }
  }

  /// As the command line has it.
  package var label: String {
    switch self {
    case .ablate(let word): "ablate \(word)"
    case .erase(let word): "erase \(word)"
    case .scale(let word, let factor): "scale \(word)=\(factor)"
    case .swap(let old, let new): "swap \(old)=\(new)"
    }
  }

  /// Whether it draws with the first picture's attention.
  package var injects: Bool {
    switch self {
    case .ablate, .erase: false
    case .scale, .swap: true
    }
  }

  /// The option that asks for it: `--ablate`.
  package var option: String { "--" + label.prefix { $0 != " " } }

  /// The prompt of the changed picture.
  /// - Throws: `SelectionError.word` when the prompt does not hold the word.
  package func prompt(of tokens: TokenizedPrompt) throws -> String {
    let columns = PromptColumns(tokens)
    let known = columns.words.map { columns.columns[$0].text }
    let wanted = word.lowercased()
    guard !columns.columns(of: word).isEmpty else {
      let isCutOff = tokens.words.contains { tokens.prompt[$0.range].lowercased() == wanted }
      throw isCutOff
        ? SelectionError.cutOff(
          option: option, word, tokens: tokens.contentRange.count + tokens.dropped.count,
          taken: tokens.contentRange.count)
        : .word(option: option, word, known: known)
    }
    return changed(tokens)
  }

  /// The prompt with another word in the place of its own wherever that stands; the same where nothing is
  /// swapped.
  package func changed(_ tokens: TokenizedPrompt) -> String {
    guard case .swap(_, let new) = self else { return tokens.prompt }
    var prompt = tokens.prompt
    let wanted = word.lowercased()
    for found in tokens.words.reversed() where prompt[found.range].lowercased() == wanted {
      prompt.replaceSubrange(found.range, with: new)
    }
    return prompt
  }
}

/// Until when Prompt-to-Prompt puts the stored attention in the place of the new one.
package struct InjectionSchedule: Sendable, Equatable {
  /// The share of the steps in which cross-attention is injected.
  package var cross = 0.8
  /// The share of the steps in which self-attention is.
  package var selfAttention = 0.4
  /// Self-attention over more pixels than this is never injected: 32².
  package static let mostPixels = 1024

  /// As the authors have it.
  package init() {}

  /// Whether a layer's stored attention is used at a step of so many, counted as the authors'
  /// notebook does.
  package func injects(_ layer: AttentionLayer, at step: Int, of steps: Int) -> Bool {
    switch layer.kind {
    case .cross: step < Int(cross * Double(steps + 1))
    case .selfAttention:
      layer.pixels <= Self.mostPixels && step < Int(selfAttention * Double(steps))
    }
  }
}
