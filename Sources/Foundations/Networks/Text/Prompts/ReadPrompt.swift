/// How prompts are read: their marks, and what becomes of those that are too long.
public struct PromptReading: Sendable, Equatable {
  /// How marks are read that say how much a part counts.
  public var marks: PromptMarks
  /// Whether a prompt may be several sequences, each with a start and an end of its own; otherwise
  /// what does not fit in one is dropped.
  public var inChunks: Bool

  /// As plain diffusers reads prompts, unless told.
  public init(marks: PromptMarks = .plain, inChunks: Bool = false) {
    (self.marks, self.inChunks) = (marks, inChunks)
  }
}

/// A prompt whose marks are read: tokens in one sequence or several, and how much each counts.
public struct ReadPrompt: Sendable {
  /// How it was read.
  public let marks: PromptMarks
  /// The parts that count alike, in order.
  public let fragments: [PromptFragment]
  /// All sequences in a row; the prompt is the text without its marks.
  public let tokens: TokenizedPrompt
  /// How much each token counts; 1 for start, end and padding.
  public let weights: [Double]
  /// The fragment that each token belongs to; nil for start, end and padding.
  public let owners: [Int?]
  /// Tokens of one sequence, start and end included.
  public let length: Int

  /// How many sequences there are.
  public var chunkCount: Int { tokens.tokens.count / length }
  /// Whether any part counts more or less than it would without its mark.
  public var isWeighted: Bool { weights.contains { $0 != 1 } }
  /// The first sequence by itself, with the words that begin in it; of a prompt in one sequence, all.
  public var firstSequence: TokenizedPrompt {
    guard chunkCount > 1 else { return tokens }
    let first = Array(tokens.tokens.prefix(length))
    let last = first.compactMap(\.word).max() ?? -1
    return TokenizedPrompt(
      prompt: tokens.prompt, normalized: tokens.normalized,
      words: Array(tokens.words.prefix(last + 1)), tokens: first, dropped: [])
  }
  /// The ids of each sequence.
  public var chunks: [[Int]] {
    (0..<chunkCount).map { Array(tokens.ids[$0 * length..<($0 + 1) * length]) }
  }
}

extension CLIPTokenizer {
  /// Reads the marks of a prompt and cuts it into tokens, each part by itself, as A1111 and compel do.
  /// - Parameters:
  ///   - prompt: with its marks.
  ///   - reading: which marks are read, and what becomes of a long prompt.
  ///   - changed: what becomes of the text of each part, in which no mark is left.
  /// - Throws: `PromptMarkError`.
  public func read(
    _ prompt: String, as reading: PromptReading, changed: (String) -> String = { $0 }
  ) throws(PromptMarkError) -> ReadPrompt {
    let fragments = try reading.marks.fragments(of: prompt).map {
      PromptFragment(changed($0.text), weight: $0.weight, isBreak: $0.isBreak)
    }
    guard reading.inChunks || !fragments.contains(where: \.isBreak) else {
      throw .breakWithoutChunks
    }
    var cutter = PromptCutter(length: modelMaxLength - 2)
    for (index, fragment) in fragments.enumerated() {
      if index > 0 { cutter.text += reading.marks == .compel ? " " : "" }
      cutter.add(fragment.isBreak ? nil : tokenize(fragment.text), weight: fragment.weight)
    }
    let (chunks, dropped) = cutter.chunks(of: reading)
    var (tokens, weights, owners) = ([TokenizedPrompt.Token](), [Double](), [Int?]())
    for chunk in chunks {
      let padding = modelMaxLength - 2 - chunk.count
      tokens.append(mark(startID, .start))
      tokens += chunk.map(\.token) + [mark(endID, .end)]
      tokens += Array(repeating: mark(paddingID, .padding), count: padding)
      weights += [1] + chunk.map(\.weight) + Array(repeating: 1, count: padding + 1)
      owners += [nil] + chunk.map(\.fragment) + Array(repeating: nil, count: padding + 1)
    }
    return ReadPrompt(
      marks: reading.marks, fragments: fragments,
      tokens: TokenizedPrompt(
        prompt: cutter.text, normalized: cutter.normalized, words: cutter.words, tokens: tokens,
        dropped: dropped.map(\.token)),
      weights: weights, owners: owners, length: modelMaxLength)
  }

  /// A prompt with empty sequences behind its own, for one that stands beside a longer one.
  /// - Parameters:
  ///   - prompt: as this tokenizer read it.
  ///   - count: how many sequences it shall have; no fewer than it has.
  public func filled(_ prompt: ReadPrompt, to count: Int) -> ReadPrompt {
    let missing = count - prompt.chunkCount
    guard missing > 0 else { return prompt }
    let empty = Array(repeating: tokenize("").tokens, count: missing).flatMap { $0 }
    return ReadPrompt(
      marks: prompt.marks, fragments: prompt.fragments,
      tokens: TokenizedPrompt(
        prompt: prompt.tokens.prompt, normalized: prompt.tokens.normalized,
        words: prompt.tokens.words, tokens: prompt.tokens.tokens + empty,
        dropped: prompt.tokens.dropped),
      weights: prompt.weights + empty.map { _ in 1 },
      owners: prompt.owners + empty.map { _ in nil }, length: prompt.length)
  }

  private func mark(_ id: Int, _ role: TokenizedPrompt.Token.Role) -> TokenizedPrompt.Token {
    TokenizedPrompt.Token(id: id, text: vocabulary.tokens[id], role: role)
  }
}

/// Collects the tokens of fragments and cuts them into sequences.
private struct PromptCutter {
  struct Item {
    let token: TokenizedPrompt.Token
    let weight: Double
    let fragment: Int
  }

  /// Tokens that stay together: one, or the vectors of a learned word; nil begins another sequence.
  private typealias Unit = [Item]?

  /// Places of one sequence, without start and end.
  let length: Int
  var text = ""
  private(set) var normalized = ""
  private(set) var words: [TokenizedPrompt.Word] = []
  private var units: [Unit] = []
  private var fragment = 0

  init(length: Int) { self.length = length }

  /// Takes a fragment, or a break.
  mutating func add(_ prompt: TokenizedPrompt?, weight: Double) {
    defer { fragment += 1 }
    guard let prompt else { return units.append(nil) }
    let (firstWord, offset) = (words.count, text.unicodeScalars.count)
    text += prompt.prompt
    normalized += prompt.normalized
    let scalars = text.unicodeScalars
    func place(_ index: String.Index) -> String.Index {
      let distance = prompt.prompt.unicodeScalars.distance(
        from: prompt.prompt.startIndex, to: index)
      return scalars.index(scalars.startIndex, offsetBy: offset + distance)
    }
    words += prompt.words.map {
      TokenizedPrompt.Word(
        text: $0.text, range: place($0.range.lowerBound)..<place($0.range.upperBound),
        addedToken: $0.addedToken)
    }
    var last: Int?
    for token in prompt.tokens[prompt.contentRange] + prompt.dropped {
      guard let word = token.word else { continue }
      let item = Item(
        token: TokenizedPrompt.Token(
          id: token.id, text: token.text, role: .content(word: firstWord + word)),
        weight: weight, fragment: fragment)
      if last == word, prompt.words[word].addedToken != nil {
        units[units.count - 1]?.append(item)
      } else {
        units.append([item])
      }
      last = word
    }
  }

  /// The sequences' content, and what is dropped.
  func chunks(of reading: PromptReading) -> (chunks: [[Item]], dropped: [Item]) {
    guard reading.inChunks else {
      let all = units.flatMap { $0 ?? [] }
      return ([Array(all.prefix(length))], Array(all.dropFirst(length)))
    }
    return (reading.marks == .compel ? bySentences() : byCommas(), [])
  }

  /// How far before the end of a sequence A1111 looks for a comma to break behind.
  private static let backtrack = 20

  /// As A1111 fills sequences: to the end, but that what stands behind a near comma moves on.
  private func byCommas() -> [[Item]] {
    var (chunks, chunk, comma) = ([[Item]](), [Item](), Int?.none)
    func close() {
      chunks.append(chunk)
      (chunk, comma) = ([], nil)
    }
    for unit in units {
      guard let unit else {
        close()
        continue
      }
      if unit[0].token.text == ",</w>" {
        comma = chunk.count
      } else if chunk.count == length, let last = comma, chunk.count - last <= Self.backtrack {
        let moved = Array(chunk[(last + 1)...])
        chunk = Array(chunk[...last])
        close()
        chunk = moved
      }
      if chunk.count == length || chunk.count + unit.count > length { close() }
      chunk += unit
    }
    if !chunk.isEmpty || chunks.isEmpty { close() }
    return chunks
  }

  /// As compel: behind the last full stop that fits, else the last comma or colon, else the last word.
  private func bySentences() -> [[Item]] {
    var (chunks, rest) = ([[Item]](), ArraySlice(units.flatMap { $0 ?? [] }))
    repeat {
      let chunk = rest.prefix(length)
      func last(_ ends: (String) -> Bool) -> Int? { chunk.lastIndex { ends($0.token.text) } }
      let end =
        rest.count <= length
        ? nil
        : last { $0 == ".</w>" } ?? last { [".</w>", ",</w>", ";</w>", ":</w>"].contains($0) }
          ?? last { $0.hasSuffix("</w>") }
      let split = end.map { $0 + 1 } ?? chunk.endIndex
      chunks.append(Array(rest[..<split]))
      rest = rest[split...]
    } while !rest.isEmpty
    return chunks
  }
}
