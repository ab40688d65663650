/// A stretch of a prompt while it is cleaned: its code points, and where each came from.
struct PromptText {
  /// One code point, and the code points of the prompt that it stands for, by their offsets.
  struct Element {
    var scalar: Unicode.Scalar
    var origin: Range<Int>
  }

  var elements: [Element]

  init(elements: some Sequence<Element>) { self.elements = Array(elements) }

  /// A prompt as it is.
  init(_ prompt: String) {
    self.init(
      elements: prompt.unicodeScalars.enumerated().map { offset, scalar in
        Element(scalar: scalar, origin: offset..<offset + 1)
      })
  }

  /// The code points of the prompt that the text stands for, and all between them.
  var origin: Range<Int> {
    let start = elements.lazy.map(\.origin.lowerBound).min() ?? 0
    return start..<(elements.lazy.map(\.origin.upperBound).max() ?? start)
  }

  var scalars: [Unicode.Scalar] { elements.map(\.scalar) }
  var string: String { String(String.UnicodeScalarView(scalars)) }

  /// The text as the vocabulary knows it: composed (NFC), white space collapsed, lower case.
  func normalized() -> PromptText {
    var text = self
    text.compose()
    text.collapseWhitespace()
    text.lowercase()
    return text
  }

  /// Composes letters and their accents: normalisation form C.
  mutating func compose() {
    // Below U+0300 everything is composed already and nothing combines.
    guard elements.contains(where: { $0.scalar.value >= 0x300 }) else { return }
    var decomposed = elements.flatMap { element in
      CanonicalComposition.decomposed(element.scalar).map {
        Element(scalar: $0, origin: element.origin)
      }
    }
    Self.orderMarks(&decomposed)
    elements = Self.composed(decomposed)
  }

  /// Puts each run of marks in the order of their combining classes.
  private static func orderMarks(_ elements: inout [Element]) {
    var position = 0
    while position < elements.count {
      let marks = elements[position...].prefix {
        CanonicalComposition.combiningClass($0.scalar) != 0
      }
      if marks.count > 1 {
        // Swift's sort keeps the order of equals.
        elements.replaceSubrange(
          marks.indices,
          with: marks.sorted {
            CanonicalComposition.combiningClass($0.scalar)
              < CanonicalComposition.combiningClass($1.scalar)
          })
      }
      position = marks.endIndex + 1
    }
  }

  /// Joins every element to the last starter before it, unless a mark of its own class or a
  /// starter stands between them.
  private static func composed(_ elements: [Element]) -> [Element] {
    var composed: [Element] = []
    composed.reserveCapacity(elements.count)
    var starter: Int?
    var lastClass: UInt8 = 0
    for element in elements {
      let own = CanonicalComposition.combiningClass(element.scalar)
      if let starter, starter == composed.count - 1 || lastClass < own,
        let joined = CanonicalComposition.composed(composed[starter].scalar, element.scalar)
      {
        let origin = PromptText(elements: [composed[starter], element]).origin
        composed[starter] = Element(scalar: joined, origin: origin)
        continue
      }
      if own == 0 { starter = composed.count }
      lastClass = own
      composed.append(element)
    }
    return composed
  }

  /// Makes one space of every run of white space.
  mutating func collapseWhitespace() {
    var collapsed: [Element] = []
    collapsed.reserveCapacity(elements.count)
    var runs = false
    for element in elements {
      let isSpace = element.scalar.properties.isWhitespace
      if isSpace, runs, let last = collapsed.indices.last {
        let start = collapsed[last].origin.lowerBound
        collapsed[last].origin = start..<element.origin.upperBound
      } else {
        collapsed.append(isSpace ? Element(scalar: " ", origin: element.origin) : element)
      }
      runs = isSpace
    }
    elements = collapsed
  }

  /// Makes each code point lower case by itself: no rule looks at its neighbours or the language,
  /// and İ becomes i and a combining dot.
  mutating func lowercase() {
    elements = elements.flatMap { element in
      element.scalar.properties.lowercaseMapping.unicodeScalars.map {
        Element(scalar: $0, origin: element.origin)
      }
    }
  }
}

// MARK: - Words

extension PromptText {
  /// The words, as ranges of `elements`; white space is in none of them. A word is
  ///
  ///     's|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+
  ///
  /// where the first alternative that matches wins: an English contraction, letters, one digit, or
  /// a run of anything else.
  func words() -> [Range<Int>] {
    var words: [Range<Int>] = []
    var position = 0
    while position < elements.count {
      let start = position
      if let special = specialLength(at: start) {
        // Reached by its capital letters only. It is one match of CLIP's pattern and then comes
        // apart at the brackets, since a second pattern is applied to what the first one found.
        words += [start..<start + 2, start + 2..<start + special - 2]
        words.append(start + special - 2..<start + special)
        position += special
        continue
      }
      let kind = kind(at: start)
      if let contraction = contractionLength(at: start) {
        position += contraction
      } else {
        position += 1
        while kind != .number, position < elements.count, self.kind(at: position) == kind {
          position += 1
        }
      }
      if kind != .space { words.append(start..<position) }
    }
    return words
  }

  private enum Kind { case space, letter, number, other }

  private func kind(at position: Int) -> Kind {
    let scalar = elements[position].scalar
    if scalar.isASCII {
      switch scalar {
      case "a"..."z", "A"..."Z": return .letter
      case "0"..."9": return .number
      case " ", "\t"..."\r": return .space
      default: return .other
      }
    }
    let properties = scalar.properties
    if properties.isWhitespace { return .space }
    // Letters that Unicode took in after version 16 were none when the reference was made.
    guard let age = properties.age, age.major <= 16 else { return .other }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      return .number
    default:
      return .other
    }
  }

  private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]
    .map { Array($0.unicodeScalars) }
  private static let specials = ["<|startoftext|>", "<|endoftext|>"]
    .map { Array($0.unicodeScalars) }

  private func contractionLength(at position: Int) -> Int? {
    guard elements[position].scalar == "'" else { return nil }
    return Self.contractions.first { has($0, at: position) }?.count
  }

  private func specialLength(at position: Int) -> Int? {
    guard elements[position].scalar == "<" else { return nil }
    return Self.specials.first { has($0, at: position) }?.count
  }

  /// Whether `text` stands at `position`.
  func has(_ text: [Unicode.Scalar], at position: Int) -> Bool {
    elements.count - position >= text.count
      && text.indices.allSatisfy { elements[position + $0].scalar == text[$0] }
  }
}

// MARK: - Added tokens

extension PromptText {
  /// A part of the text: `found` is the index of the token that it is, or nil.
  struct Part {
    let text: PromptText
    var found: Int?
  }

  /// What is looked for.
  struct Pattern {
    let scalars: [Unicode.Scalar]
    /// Whether no character of a word may stand before or behind it.
    var isWholeWord = false
  }

  /// Cuts the text wherever one of `tokens` stands: the leftmost, and there the longest. One that should
  /// be a whole word and is a part of one stays, and nothing else is looked for within it.
  func cut(at tokens: [Pattern]) -> [Part] {
    let order = tokens.indices.filter { !tokens[$0].scalars.isEmpty }
      .sorted { tokens[$0].scalars.count > tokens[$1].scalars.count }
    var parts: [Part] = []
    var start = 0
    var position = 0
    func add(_ range: Range<Int>, found: Int? = nil) {
      guard !range.isEmpty else { return }
      parts.append(Part(text: PromptText(elements: elements[range]), found: found))
    }
    while position < elements.count {
      if let found = order.first(where: { has(tokens[$0].scalars, at: position) }) {
        let end = position + tokens[found].scalars.count
        if !(tokens[found].isWholeWord && isWithinWord(position..<end)) {
          add(start..<position)
          add(position..<end, found: found)
          start = end
        }
        position = end
      } else {
        position += 1
      }
    }
    add(start..<elements.count)
    return parts
  }

  /// Whether a character of a word stands right before or behind a range: `\w` of UTS #18.
  private func isWithinWord(_ range: Range<Int>) -> Bool {
    func isOfWord(_ position: Int) -> Bool {
      guard elements.indices ~= position else { return false }
      let properties = elements[position].scalar.properties
      switch properties.generalCategory {
      case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark:
        return true
      default: return properties.isAlphabetic || properties.isJoinControl
      }
    }
    return isOfWord(range.lowerBound - 1) || isOfWord(range.upperBound)
  }
}
