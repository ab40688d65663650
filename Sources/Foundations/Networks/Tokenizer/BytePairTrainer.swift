/// Learns the merges of a byte-pair vocabulary from texts.
///
/// Every word begins as its bytes. The pair of neighbours that occurs most often becomes a merge,
/// everywhere at once; then the next one is looked for. So frequent words end up whole and rare
/// ones stay in pieces. Words are found as `CLIPTokenizer` finds them.
///
/// Source: Sennrich et al. (arXiv:1508.07909) §3.2, Algorithm 1.
public struct BytePairTrainer: Sendable {
  /// How often each word occurs: as the vocabulary knows it, composed and lower case.
  public private(set) var counts: [String: Int] = [:]
  /// Words that stay in pieces, each with its pieces in order: no merge is learned across a seam.
  /// A merge that another word teaches may still close it.
  public private(set) var pieces: [String: [String]] = [:]

  /// - Precondition: the pieces of a word are not empty and make the word.
  public init(keepingInPieces words: [[String]] = []) {
    for pieces in words {
      precondition(pieces.allSatisfy { !$0.isEmpty }, "an empty piece in \(pieces)")
      self.pieces[pieces.joined()] = pieces
    }
  }

  /// Takes in one more text.
  public mutating func read(_ text: String) {
    let text = PromptText(text).normalized()
    for range in text.words() {
      counts[PromptText(elements: text.elements[range]).string, default: 0] += 1
    }
  }

  /// The merges, the first learned first. Of pairs that occur equally often the one that is spelled
  /// first wins, so that equal texts teach equal merges.
  /// - Parameter limit: at most so many; nil goes on until each word is whole but for its seams.
  public func merges(limit: Int? = nil) -> [(left: String, right: String)] {
    var stretches = counts.flatMap { word, count in
      spelled(word).map { (symbols: $0, count: count) }
    }
    var merges: [(left: String, right: String)] = []
    while merges.count < limit ?? .max {
      var occurrences: [Pair: Int] = [:]
      for (symbols, count) in stretches {
        for (left, right) in zip(symbols, symbols.dropFirst()) {
          occurrences[Pair(left: left, right: right), default: 0] += count
        }
      }
      let best = occurrences.min { a, b in
        a.value != b.value ? a.value > b.value : a.key.isBefore(b.key)
      }
      guard let pair = best?.key else { break }
      merges.append((pair.left, pair.right))
      for i in stretches.indices { stretches[i].symbols = pair.joined(in: stretches[i].symbols) }
    }
    return merges
  }

  /// The symbols of a word's bytes, one list for each of its pieces; the last one ends the word.
  private func spelled(_ word: String) -> [[String]] {
    var lists = (pieces[word] ?? [word]).map { piece in
      piece.utf8.map { ByteAlphabet.spelling(of: [$0]) }
    }
    if let last = lists.last?.last {
      lists[lists.count - 1][lists[lists.count - 1].count - 1] = last + ByteAlphabet.endOfWord
    }
    return lists
  }

  private struct Pair: Hashable {
    let left: String
    let right: String

    /// Compares code points, which are the same on every machine.
    func isBefore(_ other: Pair) -> Bool {
      left != other.left
        ? left.unicodeScalars.lexicographicallyPrecedes(other.left.unicodeScalars)
        : right.unicodeScalars.lexicographicallyPrecedes(other.right.unicodeScalars)
    }

    /// The symbols with this pair joined wherever it stands, from the left.
    func joined(in symbols: [String]) -> [String] {
      var joined: [String] = []
      var i = 0
      while i < symbols.count {
        if symbols[i] == left, i + 1 < symbols.count, symbols[i + 1] == right {
          joined.append(left + right)
          i += 2
        } else {
          joined.append(symbols[i])
          i += 1
        }
      }
      return joined
    }
  }
}
