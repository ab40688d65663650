import Diagnostics
import JSON

/// What `tokenizer_config.json`, `special_tokens_map.json` and the token list of `tokenizer.json`
/// say beside the vocabulary.
struct TokenizerSettings {
  /// A token that is added, and the id that a file states for it.
  struct Added {
    let token: CLIPTokenizer.AddedToken
    let id: Int
    let file: String
  }

  /// What a model takes where nothing says otherwise. (transformers writes 1e30 for "no limit".)
  static let usualLength = 77
  private static let longestLength = 1 << 16
  private static let uses = ["bos_token", "eos_token", "unk_token", "pad_token"]

  /// The tokens of lists of added tokens.
  private var addedTokens: [Added] = []
  /// The special tokens by their use, as the files name them.
  private var named: [String: CLIPTokenizer.AddedToken] = [:]
  var modelMaxLength = usualLength
  /// Special tokens of no particular use.
  private var extraTokens: [CLIPTokenizer.AddedToken] = []
  /// Whether `tokenizer_config.json` lists the added tokens itself.
  private(set) var listsAddedTokens = false

  /// The tokens that the vocabulary should hold beside its own: those with ids in the order of these,
  /// of two with one id the last; then those with a use, then the others, whose ids no file states.
  var wanted: (numbered: [Added], others: [String]) {
    let byID = Dictionary(addedTokens.map { ($0.id, $0) }) { $1 }
    return (
      byID.values.sorted { $0.id < $1.id },
      Self.uses.compactMap { named[$0]?.text } + extraTokens.map(\.text)
    )
  }

  init() {}

  init(of tokenizer: CLIPTokenizer) {
    addedTokens = tokenizer.addedTokens.compactMap { token in
      tokenizer.vocabulary.id(of: token.text).map { Added(token: token, id: $0, file: "memory") }
    }
    named = Dictionary(
      uniqueKeysWithValues: zip(
        Self.uses, tokenizer.specialTokens.all.map { CLIPTokenizer.AddedToken($0) }))
    modelMaxLength = tokenizer.modelMaxLength
  }

  /// Reads `tokenizer_config.json` or `special_tokens_map.json`; what it says replaces what was
  /// said before.
  mutating func read(_ node: JSONNode) throws {
    if let kind = try node.find("tokenizer_class") {
      _ = try kind.string(oneOf: ["CLIPTokenizer", "CLIPTokenizerFast"])
    }
    if let length = try node.find("model_max_length") {
      let number = try length.number()
      guard number >= 2 else { throw length.failure(expected: "2 or more") }
      if number <= Double(Self.longestLength) {
        modelMaxLength = try length.integer(in: 2...Self.longestLength)
      }
    }
    for use in Self.uses {
      if let token = try node.find(use) { named[use] = try Self.token(token) }
    }
    for key in ["additional_special_tokens", "extra_special_tokens"] {
      // transformers 5 also writes an object of uses by name, which is for other models.
      guard let list = try node.find(key), case .array = list.value else { continue }
      extraTokens += try list.elements().map { try Self.token($0) }
    }
    if let list = try node.find("added_tokens_decoder") {
      listsAddedTokens = true
      for (key, token) in try list.members().sorted(by: { $0.key < $1.key }) {
        guard let id = Int(key) else { throw list.failure(expected: "ids as keys") }
        addedTokens.append(Added(token: try Self.token(token), id: id, file: list.file))
      }
    }
  }

  /// Reads `added_tokens.json`, ids by text. As in transformers, such a token is looked for in any
  /// case unless it has a use.
  mutating func readAddedIDs(_ list: JSONNode) throws {
    var ids: Set<Int> = []
    for (text, node) in try list.members().sorted(by: { $0.key < $1.key }) {
      guard !text.isEmpty else { throw list.failure(expected: "words as keys") }
      let id = try node.integer(in: 0...Int(Int32.max))
      guard ids.insert(id).inserted else {
        throw node.failure(expected: "an id that no other word has")
      }
      let isSpecial = named.values.contains { $0.text == text }
      let token = CLIPTokenizer.AddedToken(text, isNormalized: !isSpecial, isSpecial: isSpecial)
      addedTokens.append(Added(token: token, id: id, file: list.file))
    }
  }

  /// Reads the list of added tokens of `tokenizer.json`.
  mutating func readAddedTokens(_ list: JSONNode) throws {
    addedTokens += try list.elements().map {
      Added(
        token: try Self.token($0), id: try $0["id"].integer(in: 0...Int(Int32.max)),
        file: list.file)
    }
  }

  /// A token as its text alone, or with the flags that say how it is looked for.
  private static func token(_ node: JSONNode) throws -> CLIPTokenizer.AddedToken {
    if case .string(let text) = node.value { return CLIPTokenizer.AddedToken(text) }
    let content = try node["content"]
    let text = try content.string()
    guard !text.isEmpty else { throw content.failure(expected: "some text") }
    let isSpecial = try node.find("special")?.bool() ?? true
    return CLIPTokenizer.AddedToken(
      text, isNormalized: try node.find("normalized")?.bool() ?? !isSpecial, isSpecial: isSpecial,
      isWholeWord: try node.find("single_word")?.bool() ?? false)
  }

  var specialTokens: CLIPTokenizer.SpecialTokens {
    var special = CLIPTokenizer.SpecialTokens()
    if let start = named["bos_token"] { special.start = start.text }
    if let end = named["eos_token"] { special.end = end.text }
    if let unknown = named["unk_token"] { special.unknown = unknown.text }
    if let padding = named["pad_token"] { special.padding = padding.text }
    return special
  }

  /// Every token to look for, once. The list of added tokens knows best; of two uses of one
  /// special token the last one holds.
  var tokens: [CLIPTokenizer.AddedToken] {
    var tokens: [CLIPTokenizer.AddedToken] = []
    func put(_ token: CLIPTokenizer.AddedToken) {
      tokens.removeAll { $0.text == token.text }
      tokens.append(token)
    }
    for use in Self.uses { if let token = named[use] { put(token) } }
    for token in extraTokens { put(token) }
    for added in wanted.numbered { put(added.token) }
    return tokens
  }

  /// The contents of `special_tokens_map.json`: the special tokens by their use.
  var specialTokensJSON: JSONValue {
    .object(named.mapValues { .string($0.text) })
  }

  /// The contents of `tokenizer_config.json`.
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "model_max_length": .integer(modelMaxLength), "tokenizer_class": .string("CLIPTokenizer"),
      "do_lower_case": .bool(true),
    ]
    for (use, token) in named { members[use] = .string(token.text) }
    var list: [String: JSONValue] = [:]
    for added in addedTokens {
      list[String(added.id)] = .object([
        "content": .string(added.token.text), "normalized": .bool(added.token.isNormalized),
        "special": .bool(added.token.isSpecial), "single_word": .bool(added.token.isWholeWord),
        "lstrip": .bool(false), "rstrip": .bool(false),
      ])
    }
    members["added_tokens_decoder"] = .object(list)
    return .object(members)
  }
}

// MARK: - Numbers

extension TokenizerSettings {
  /// The vocabulary with the added tokens that it lacks behind its own, without a gap: as in
  /// transformers, whatever ids the files state.
  func extend(_ vocabulary: [String]) -> [String] {
    var tokens = vocabulary
    var known = Set(vocabulary)
    let (numbered, others) = wanted
    for text in numbered.map(\.token.text) + others where known.insert(text).inserted {
      tokens.append(text)
    }
    return tokens
  }

  /// Says which added tokens have another id than a file states.
  func tellRenumbered(in vocabulary: BytePairVocabulary) {
    let renumbered = wanted.numbered.filter { vocabulary.id(of: $0.token.text) != $0.id }
    guard let first = renumbered.first, let id = vocabulary.id(of: first.token.text) else { return }
    let rest = renumbered.count == 1 ? "" : ", and \(renumbered.count - 1) more likewise"
    Notices.tell(
      "\(first.file): \(first.token.text.quoted) is token \(id), not \(first.id)\(rest): added tokens "
        + "follow the vocabulary without a gap, as transformers numbers them")
  }
}
