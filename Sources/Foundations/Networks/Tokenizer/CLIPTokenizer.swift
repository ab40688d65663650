/// The tokenizer of CLIP and of Stable Diffusion v1: from a prompt to the ids that the text
/// encoder τ_θ takes, and back.
///
/// The prompt is composed (NFC), its white space collapsed, its letters made lower case; it is cut
/// into words; each word's UTF-8 bytes are symbols that are joined pair by pair, the most frequent
/// pairs of the training text first; the sequence gets a start, an end and padding.
///
/// It gives the ids of `CLIPTokenizer` in transformers 5, which is the fast tokenizer of earlier
/// versions; the slow one is gone. That one, like CLIP's own, cleaned the text further: ftfy mended
/// broken encodings (and CLIP resolved HTML entities such as `&amp;`); without ftfy, control
/// characters vanished and every CJK character became a word. Both read `<|ENDOFTEXT|>` as the
/// special token; here it is three words. Source of the scheme: CLIP (arXiv:2103.00020) §2.4.
public struct CLIPTokenizer: Sendable {
  /// A token that a prompt may contain whole.
  public struct AddedToken: Sendable, Equatable {
    /// As it stands in a prompt.
    public var text: String
    /// Whether it is looked for in the normalised prompt, so in any case, or in the prompt as is.
    public var isNormalized: Bool
    /// Whether it is a sign to the model rather than text.
    public var isSpecial: Bool
    /// Whether it is found only where no letter, digit, mark or underscore stands right beside it.
    public var isWholeWord: Bool

    /// A token that is looked for in the prompt as is, wherever it stands, unless told.
    public init(
      _ text: String, isNormalized: Bool = false, isSpecial: Bool = true, isWholeWord: Bool = false
    ) {
      self.text = text
      self.isNormalized = isNormalized
      self.isSpecial = isSpecial
      self.isWholeWord = isWholeWord
    }
  }

  /// The special tokens by their use. One token may have several uses.
  public struct SpecialTokens: Sendable, Equatable {
    /// Opens every sequence.
    public var start = "<|startoftext|>"
    /// Closes every sequence.
    public var end = "<|endoftext|>"
    /// Stands for what has no token.
    public var unknown = "<|endoftext|>"
    /// Fills a sequence up to its length.
    public var padding = "<|endoftext|>"

    /// CLIP's.
    public init() {}

    var all: [String] { [start, end, unknown, padding] }
  }

  /// The symbols and merges that it was learned from.
  public let vocabulary: BytePairVocabulary
  /// The tokens that open, close and fill a sequence.
  public let specialTokens: SpecialTokens
  /// The tokens that are recognised in a prompt; the special ones are always among them.
  public let addedTokens: [AddedToken]
  /// How many tokens the model takes, start and end included; 77 in CLIP.
  public let modelMaxLength: Int

  /// The ids of the tokens that open, close and fill a sequence, and of what is not known.
  public let startID: Int
  /// Of the token that closes a sequence.
  public let endID: Int
  /// Of the token that fills one up.
  public let paddingID: Int
  /// Of what is not known.
  public let unknownID: Int

  /// The added tokens to look for before and after the prompt is normalised.
  private let rawTokens: [Sought]
  private let normalizedTokens: [Sought]
  private let specialIDs: Set<Int>
  /// How many ids in a row a learned word stands for, by its first.
  private(set) var learnedCounts: [Int: Int] = [:]

  private struct Sought {
    let pattern: PromptText.Pattern
    let id: Int
  }

  /// - Throws: `TokenizerError.unknownToken` for an added token that is not in the vocabulary.
  /// - Precondition: `modelMaxLength` leaves room for a start and an end.
  public init(
    vocabulary: BytePairVocabulary, specialTokens: SpecialTokens = SpecialTokens(),
    addedTokens: [AddedToken] = [], modelMaxLength: Int = 77
  ) throws(TokenizerError) {
    precondition(modelMaxLength >= 2, "no room for start and end in \(modelMaxLength) tokens")
    func id(_ text: String) throws(TokenizerError) -> Int {
      guard let id = vocabulary.id(of: text) else {
        throw .unknownToken(text, vocabularyCount: vocabulary.tokens.count)
      }
      return id
    }
    var added = addedTokens
    for text in specialTokens.all where !added.contains(where: { $0.text == text }) {
      added.append(AddedToken(text))
    }
    var raw: [Sought] = []
    var normalized: [Sought] = []
    var special: Set<Int> = []
    for token in added {
      let text = PromptText(token.text)
      let pattern = PromptText.Pattern(
        scalars: (token.isNormalized ? text.normalized() : text).scalars,
        isWholeWord: token.isWholeWord)
      let sought = Sought(pattern: pattern, id: try id(token.text))
      if token.isNormalized { normalized.append(sought) } else { raw.append(sought) }
      if token.isSpecial { special.insert(sought.id) }
    }
    self.vocabulary = vocabulary
    self.specialTokens = specialTokens
    self.addedTokens = added
    self.modelMaxLength = modelMaxLength
    startID = try id(specialTokens.start)
    endID = try id(specialTokens.end)
    paddingID = try id(specialTokens.padding)
    unknownID = try id(specialTokens.unknown)
    rawTokens = raw
    normalizedTokens = normalized
    specialIDs = special
  }
}

// MARK: - Padding

extension CLIPTokenizer {
  /// The tokenizer as OpenCLIP fills up sequences: with token 0, which is `!`. As in the files of Stable
  /// Diffusion 2, that token is then looked for in a prompt as it is, before the words are.
  public func fillingUpWithTokenZero() throws(TokenizerError) -> CLIPTokenizer {
    guard paddingID != 0 else { return self }
    var special = specialTokens
    special.padding = vocabulary.tokens[0]
    return try CLIPTokenizer(
      vocabulary: vocabulary, specialTokens: special, addedTokens: addedTokens,
      modelMaxLength: modelMaxLength)
  }
}

// MARK: - Learned words

extension CLIPTokenizer {
  /// The tokenizer with a word behind its vocabulary that takes `count` places of a prompt, wherever it
  /// stands and in any case. As in diffusers, its other places are tokens, too: `word_1`, `word_2`.
  /// - Throws: `TokenizerError.known` for a word that has a token already, and `.unknownToken` for one
  ///   that no prompt contains.
  public func learning(_ word: String, count: Int) throws(TokenizerError) -> CLIPTokenizer {
    let texts = [word] + (1..<max(count, 1)).map { "\(word)_\($0)" }
    guard !PromptText(word).normalized().words().isEmpty else {
      throw .unknownToken(word, vocabularyCount: vocabulary.tokens.count)
    }
    for text in texts where vocabulary.id(of: text) != nil || isWord(text) { throw .known(text) }
    let merges = vocabulary.merges.map {
      (left: vocabulary.tokens[$0.left], right: vocabulary.tokens[$0.right])
    }
    guard
      let longer = try? BytePairVocabulary(tokens: vocabulary.tokens + texts, merges: merges)
    else { throw .known(word) }
    var learned = try CLIPTokenizer(
      vocabulary: longer, specialTokens: specialTokens,
      addedTokens: addedTokens
        + texts.map { AddedToken($0, isNormalized: true, isSpecial: false) },
      modelMaxLength: modelMaxLength)
    learned.learnedCounts = learnedCounts
    learned.learnedCounts[vocabulary.tokens.count] = texts.count
    return learned
  }

  /// Whether a text is one word of one token, or a word that was added.
  private func isWord(_ text: String) -> Bool {
    let prompt = tokenize(text)
    return prompt.words.count == 1
      && (prompt.words[0].addedToken != nil || prompt.contentRange.count == 1)
  }
}

// MARK: - From text to ids

extension CLIPTokenizer {
  /// Cuts a prompt into tokens, adds start and end, and fills or cuts it to `modelMaxLength`.
  /// What did not fit is in the result's `dropped`.
  public func tokenize(_ prompt: String) -> TokenizedPrompt {
    var normalized = String.UnicodeScalarView()
    var words: [TokenizedPrompt.Word] = []
    var content: [TokenizedPrompt.Token] = []
    let places = Array(prompt.unicodeScalars.indices) + [prompt.endIndex]

    for (text, added) in parts(of: prompt) {
      normalized.append(contentsOf: text.string.unicodeScalars)
      let ranges = added == nil ? text.words() : [text.elements.indices]
      for range in ranges {
        let part = PromptText(elements: text.elements[range])
        let word = TokenizedPrompt.Word(
          text: part.string,
          range: places[part.origin.lowerBound]..<places[part.origin.upperBound],
          addedToken: added)
        let ids =
          added.map(ids(ofAdded:)) ?? vocabulary.tokens(ofWord: word.text.utf8, unknown: unknownID)
        content += ids.map { token($0, .content(word: words.count)) }
        words.append(word)
      }
    }
    let kept = min(content.count, modelMaxLength - 2)
    let padding = modelMaxLength - 2 - kept
    return TokenizedPrompt(
      prompt: prompt, normalized: String(normalized), words: words,
      tokens: [token(startID, .start)] + content[..<kept] + [token(endID, .end)]
        + Array(repeating: token(paddingID, .padding), count: padding),
      dropped: Array(content[kept...]))
  }

  private func token(_ id: Int, _ role: TokenizedPrompt.Token.Role) -> TokenizedPrompt.Token {
    TokenizedPrompt.Token(id: id, text: vocabulary.tokens[id], role: role)
  }

  private func ids(ofAdded id: Int) -> [Int] { Array(id..<id + learnedCounts[id, default: 1]) }

  /// The normalised stretches of a prompt between its added tokens, and these with their ids.
  private func parts(of prompt: String) -> [(text: PromptText, added: Int?)] {
    PromptText(prompt).cut(at: rawTokens.map(\.pattern)).flatMap { part in
      if let found = part.found { return [(part.text, Optional(rawTokens[found].id))] }
      return part.text.normalized().cut(at: normalizedTokens.map(\.pattern)).map {
        ($0.text, $0.found.map { normalizedTokens[$0].id })
      }
    }
  }

  /// Every merge that makes tokens of a word, in order.
  public func mergeTrace(of word: TokenizedPrompt.Word) -> MergeTrace {
    if let id = word.addedToken { return MergeTrace(bytes: ids(ofAdded: id), steps: []) }
    return vocabulary.mergeTrace(ofWord: word.text, unknown: unknownID)
  }
}

// MARK: - From ids to text

extension CLIPTokenizer {
  /// The text that ids stand for: words joined by single spaces. Bytes that are no UTF-8 become
  /// U+FFFD.
  /// - Parameters:
  ///   - ids: token ids, of any number.
  ///   - skippingSpecialTokens: leaves start, end and padding out.
  /// - Precondition: each id is in the vocabulary.
  public func decode(_ ids: [Int], skippingSpecialTokens: Bool = true) -> String {
    var bytes: [UInt8] = []
    for id in ids where !(skippingSpecialTokens && specialIDs.contains(id)) {
      precondition(
        vocabulary.tokens.indices ~= id,
        "id \(id) outside a vocabulary of \(vocabulary.tokens.count)")
      let token = vocabulary.tokens[id]
      let endsWord = token.hasSuffix(ByteAlphabet.endOfWord)
      let symbols = token.dropLast(endsWord ? ByteAlphabet.endOfWord.count : 0)
      bytes += ByteAlphabet.bytes(of: symbols) ?? Array(symbols.utf8)
      if endsWord { bytes.append(UInt8(ascii: " ")) }
    }
    let text = String(decoding: bytes, as: UTF8.self).unicodeScalars
    // The reference strips what Python calls space: the four separators below U+0020 as well.
    func prints(_ scalar: Unicode.Scalar) -> Bool {
      !scalar.properties.isWhitespace && !(0x1c...0x1f ~= scalar.value)
    }
    guard let first = text.firstIndex(where: prints), let last = text.lastIndex(where: prints)
    else { return "" }
    return String(text[first...last])
  }
}
