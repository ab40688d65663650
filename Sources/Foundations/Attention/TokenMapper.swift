import Networks
import Tensors

/// Which tokens of a first prompt the tokens of a second one take their attention from, in
/// Prompt-to-Prompt (arXiv:2208.01626 §3.2).
package struct TokenMapper: Sendable {
  /// W: new attention = old attention · W, shape [M, M] (old, new).
  package let matrix: Tensor
  /// For each new token 1 where it takes the old attention, 0 where it keeps its own.
  package let taken: [Float]

  /// Word for word when the prompts have as many words; otherwise the longest common subsequence of
  /// tokens takes the old attention, and what is new keeps its own.
  package init(from old: TokenizedPrompt, to new: TokenizedPrompt) {
    self =
      old.words.count == new.words.count
      ? Self(replacing: old, by: new) : Self(refining: old, to: new)
  }

  /// Replacement: a new word of another length in tokens gets an even share of the old word's.
  ///
  /// Where the lengths differ, tokens behind the word are taken from where they stood in the old
  /// prompt; the authors' code takes them from their new place.
  package init(replacing old: TokenizedPrompt, by new: TokenizedPrompt) {
    let m = new.tokens.count
    var matrix = Tensor.zeros([m, m])
    func take(_ from: Int, _ to: Int, _ weight: Float = 1) {
      if from < m, to < m { matrix[from, to] = weight }
    }
    take(0, 0)
    var (i, j) = (1, 1)
    for word in old.words.indices {
      let (source, target) = (old.positions(ofWord: word), new.positions(ofWord: word))
      let isSame = old.tokens[source].map(\.id) == new.tokens[target].map(\.id)
      for (a, from) in source.enumerated() {
        for (b, to) in target.enumerated() {
          if isSame || source.count == target.count {
            if a == b { take(from, to) }
          } else {
            take(from, to, 1 / Float(target.count))
          }
        }
      }
      (i, j) = (i + source.count, j + target.count)
    }
    while i < m && j < m {
      take(i, j)
      (i, j) = (i + 1, j + 1)
    }
    // Padding that the old prompt had none of takes the old prompt's last token.
    while j < m {
      take(m - 1, j)
      j += 1
    }
    self.matrix = matrix
    taken = Array(repeating: 1, count: m)
  }

  /// Refinement: by alignment of the tokens.
  package init(refining old: TokenizedPrompt, to new: TokenizedPrompt) {
    let m = new.tokens.count
    let (x, y) = (Self.spoken(old), Self.spoken(new))
    var matrix = Tensor.zeros([m, m])
    var taken = [Float](repeating: 1, count: m)
    for (to, from) in Self.aligned(x, y).enumerated() {
      if let from { matrix[from, to] = 1 } else { taken[to] = 0 }
    }
    for place in y.count..<max(m, y.count) { matrix[place, place] = 1 }
    self.matrix = matrix
    self.taken = taken
  }

  /// Start, content and end.
  private static func spoken(_ prompt: TokenizedPrompt) -> [Int] {
    prompt.tokens.filter { $0.role != .padding }.map(\.id)
  }

  /// For each element of y its partner in x in a longest common subsequence (Needleman–Wunsch with
  /// gaps that cost nothing); of equally long ones, the one whose partners come first.
  package static func aligned(_ x: [Int], _ y: [Int]) -> [Int?] {
    var length = [[Int]](
      repeating: [Int](repeating: 0, count: y.count + 1), count: x.count + 1)
    for i in x.indices {
      for j in y.indices {
        let joined = x[i] == y[j] ? length[i][j] + 1 : length[i][j] - 1
        length[i + 1][j + 1] = max(length[i + 1][j], length[i][j + 1], joined)
      }
    }
    var partners = [Int?](repeating: nil, count: y.count)
    var (i, j) = (x.count, y.count)
    while i > 0 && j > 0 {
      if length[i][j] == length[i][j - 1] {
        j -= 1
      } else if length[i][j] == length[i - 1][j] {
        i -= 1
      } else {
        (i, j) = (i - 1, j - 1)
        partners[j] = i
      }
    }
    return partners
  }
}
