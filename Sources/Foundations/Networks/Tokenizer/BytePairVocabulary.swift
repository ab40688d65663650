/// The symbols that a byte-pair tokenizer knows, and the pairs it joins, in the order learned.
///
/// A symbol is spelled in the `ByteAlphabet`; one that ends a word carries `</w>`. A merge joins
/// two symbols to a third; its rank is its place in the order of learning, 0-based.
/// Sources: Sennrich et al. (arXiv:1508.07909) §3.2; Radford et al., CLIP (arXiv:2103.00020) §2.4.
public struct BytePairVocabulary: Sendable {
  /// A pair that is joined, by ids.
  public struct Merge: Sendable, Equatable {
    /// The id of the first symbol.
    public let left: Int
    /// The id of the second.
    public let right: Int
    /// The id of the two joined.
    public let result: Int
  }

  /// Why symbols and merges make no vocabulary.
  public enum Fault: Error, Equatable {
    /// Two ids have the same spelling.
    case repeatedToken(String)
    /// The merge of this rank joins or makes a symbol that is not there.
    case unknownSymbol(String, rank: Int)
  }

  /// The spelling of each symbol, by id.
  public let tokens: [String]
  /// The merges, by rank.
  public let merges: [Merge]

  private let ids: [String: Int]
  private let ranks: [UInt64: Int]
  /// The symbol of each byte within a word, and at its end; nil where the vocabulary has none.
  let innerBytes: [Int?]
  let finalBytes: [Int?]

  /// A vocabulary with the symbols numbered by their place in `tokens`.
  /// - Throws: `Fault`.
  public init(tokens: [String], merges: [(left: String, right: String)]) throws(Fault) {
    self.tokens = tokens
    var ids = [String: Int](minimumCapacity: tokens.count)
    for (id, token) in tokens.enumerated() {
      guard ids.updateValue(id, forKey: token) == nil else { throw .repeatedToken(token) }
    }
    self.ids = ids
    var joined: [Merge] = []
    joined.reserveCapacity(merges.count)
    var ranks = [UInt64: Int](minimumCapacity: merges.count)
    for (rank, merge) in merges.enumerated() {
      func id(_ symbol: String) throws(Fault) -> Int {
        guard let id = ids[symbol] else { throw .unknownSymbol(symbol, rank: rank) }
        return id
      }
      let left = try id(merge.left)
      let right = try id(merge.right)
      joined.append(Merge(left: left, right: right, result: try id(merge.left + merge.right)))
      ranks[Self.key(left, right)] = rank
    }
    self.merges = joined
    self.ranks = ranks
    innerBytes = ByteAlphabet.characters.map { ids[String($0)] }
    finalBytes = ByteAlphabet.characters.map { ids[String($0) + ByteAlphabet.endOfWord] }
  }

  /// The vocabulary that `merges` make, numbered as CLIP's: the 256 bytes, the 256 bytes that end
  /// a word, the result of each merge, the special tokens.
  /// - Throws: `Fault`.
  public init(
    merges: [(left: String, right: String)], specialTokens: [String]
  ) throws(Fault) {
    let bytes = ByteAlphabet.vocabularyOrder.map { ByteAlphabet.spelling(of: [$0]) }
    try self.init(
      tokens: bytes + bytes.map { $0 + ByteAlphabet.endOfWord } + merges.map { $0.left + $0.right }
        + specialTokens,
      merges: merges)
  }

  private static func key(_ left: Int, _ right: Int) -> UInt64 {
    UInt64(left) << 32 | UInt64(right)
  }

  /// The id of a symbol by its spelling.
  public func id(of token: String) -> Int? { ids[token] }

  /// The rank of the merge that joins two symbols, if there is one.
  public func rank(joining left: Int, _ right: Int) -> Int? { ranks[Self.key(left, right)] }
}
