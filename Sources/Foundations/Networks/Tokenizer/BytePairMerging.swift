/// How one word became tokens: its bytes as symbols, then one merge after the other.
public struct MergeTrace: Sendable, Equatable {
  /// One merge: which, and where.
  public struct Step: Sendable, Equatable {
    /// The rank of the merge, 0-based.
    public let rank: Int
    /// Where the right symbol began, in bytes from the beginning of the word: the seam that closes.
    public let seam: Int
  }

  /// The symbol of each byte; the last carries `</w>`.
  public let bytes: [Int]
  /// The merges, in the order in which they were made.
  public let steps: [Step]

  /// A word's bytes as symbols, and the merges that made its tokens.
  public init(bytes: [Int], steps: [Step]) {
    self.bytes = bytes
    self.steps = steps
  }
}

extension BytePairVocabulary {
  /// The token ids of one word: while some adjacent pair of symbols is a merge, the merge of the
  /// lowest rank is done, the leftmost first.
  ///
  /// - Parameters:
  ///   - word: the word in UTF-8.
  ///   - unknown: the id of a byte that the vocabulary lacks.
  ///   - record: is told of each merge.
  /// - Complexity: O(n log n) in the length of the word.
  public func tokens(
    ofWord word: some BidirectionalCollection<UInt8>, unknown: Int,
    record: ((MergeTrace.Step) -> Void)? = nil
  ) -> [Int] {
    var symbols = byteSymbols(ofWord: word, unknown: unknown)
    let count = symbols.count
    // A chain of symbols, each at the place of its first byte. `count` is the end of the chain.
    var next = Array(1...(count + 1))
    var previous = Array(-1..<count)
    var queue = MergeQueue()

    func offer(_ place: Int) {
      guard place >= 0, next[place] < count,
        let rank = rank(joining: symbols[place], symbols[next[place]])
      else { return }
      queue.push(rank: rank, place: place)
    }

    for place in 0..<count { offer(place) }
    while let (rank, place) = queue.pop() {
      let right = next[place]
      // A neighbour may have been merged away since this pair was offered.
      guard right < count, symbols[place] == merges[rank].left,
        symbols[right] == merges[rank].right
      else { continue }
      record?(MergeTrace.Step(rank: rank, seam: right))
      symbols[place] = merges[rank].result
      next[place] = next[right]
      previous[next[right]] = place
      next[right] = count
      offer(place)
      offer(previous[place])
    }
    return Array(sequence(first: 0) { next[$0] }.prefix { $0 < count }.map { symbols[$0] })
  }

  /// The symbol of each byte of a word.
  func byteSymbols(ofWord word: some BidirectionalCollection<UInt8>, unknown: Int) -> [Int] {
    var symbols = word.map { innerBytes[Int($0)] ?? unknown }
    if let last = word.last { symbols[symbols.count - 1] = finalBytes[Int(last)] ?? unknown }
    return symbols
  }

  /// Every merge that makes tokens of one word.
  public func mergeTrace(ofWord word: String, unknown: Int) -> MergeTrace {
    var steps: [MergeTrace.Step] = []
    _ = tokens(ofWord: word.utf8, unknown: unknown) { steps.append($0) }
    return MergeTrace(bytes: byteSymbols(ofWord: word.utf8, unknown: unknown), steps: steps)
  }

  /// The symbols of a word after the first `count` merges of its trace.
  public func symbols(of trace: MergeTrace, afterSteps count: Int) -> [Int] {
    var symbols = trace.bytes.map(Optional.some)
    for step in trace.steps.prefix(count) {
      guard let left = symbols[..<step.seam].lastIndex(where: { $0 != nil }) else { continue }
      symbols[left] = merges[step.rank].result
      symbols[step.seam] = nil
    }
    return symbols.compactMap(\.self)
  }
}

/// Pairs that wait to be merged: the lowest rank first, the leftmost of equals. A binary heap.
private struct MergeQueue {
  private var heap: [UInt64] = []

  mutating func push(rank: Int, place: Int) {
    heap.append(UInt64(rank) << 32 | UInt64(place))
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> (rank: Int, place: Int)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        var child = 2 * parent + 1
        guard child < heap.count else { break }
        if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
        guard heap[child] < heap[parent] else { break }
        heap.swapAt(child, parent)
        parent = child
      }
    }
    return (Int(first >> 32), Int(first & 0xffff_ffff))
  }
}
