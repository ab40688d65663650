/// How marks in a prompt are read that say how much its parts count.
public enum PromptMarks: String, Sendable, CaseIterable {
  /// As text: what plain diffusers does.
  case plain = "none"
  /// `(word:1.3)`, `(word)` for 1.1, `[word]` for 1/1.1, nested; `\(` for a bracket; `BREAK` begins
  /// the next chunk.
  case a1111
  /// `word++`, `(two words)1.3`, `word-`, nested: 1.1 for each plus, 0.9 for each minus.
  case compel

  /// A prompt as the parts that count alike, its marks taken out.
  /// - Throws: `PromptMarkError` for what is not read here.
  public func fragments(of prompt: String) throws(PromptMarkError) -> [PromptFragment] {
    switch self {
    case .plain: [PromptFragment(prompt)]
    case .a1111: try A1111Marks.fragments(of: prompt)
    case .compel: try CompelMarks.fragments(of: prompt)
    }
  }
}

/// A part of a prompt that counts alike.
public struct PromptFragment: Sendable, Equatable {
  /// What is cut into tokens by itself.
  public var text: String
  /// 1 as the prompt stands, more or less for what counts more or less.
  public var weight: Double
  /// Whether it is no text but the beginning of another chunk.
  public var isBreak: Bool

  /// Text that counts so much.
  public init(_ text: String, weight: Double = 1, isBreak: Bool = false) {
    (self.text, self.weight, self.isBreak) = (text, weight, isBreak)
  }
}

extension [PromptFragment] {
  /// Neighbours that count alike become one, joined by `separator`.
  func fused(by separator: String) -> [PromptFragment] {
    reduce(into: []) { fused, next in
      if let last = fused.last, last.weight == next.weight, !last.isBreak, !next.isBreak {
        fused[fused.count - 1].text += separator + next.text
      } else {
        fused.append(next)
      }
    }
  }
}
