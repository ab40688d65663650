import Checkpoints
import Tensors

/// Where the vectors of learned words lie among those of the vocabulary's tokens.
///
///     cos(v, E[i]) = v · E[i] / (‖v‖ ‖E[i]‖)
public struct TokenNeighbours: Sendable {
  /// A token of the vocabulary, and how like a vector it is.
  public struct Neighbour: Sendable, Equatable {
    /// The row of the table.
    public let id: Int
    /// Its spelling.
    public let token: String
    /// Of the angle between the two, −1 to 1.
    public let cosine: Double
  }

  /// One vector of a learned word.
  public struct Vector: Sendable {
    /// The word as prompts have it.
    public let word: String
    /// Which of the word's vectors, counted from 0.
    public let index: Int
    /// The row that it has taken.
    public let id: Int
    /// ‖v‖
    public let norm: Double
    /// cos(v, E[i]) for every token i of the vocabulary.
    public let cosines: [Double]
    /// The tokens that are most like it, nearest first.
    public let nearest: [Neighbour]
  }

  /// Every vector, word by word.
  public let vectors: [Vector]
  /// ‖E[i]‖ for every token i of the vocabulary.
  public let norms: [Double]
  /// max |E[id] − v|: what became of the vectors in the table.
  public let tableError: Double

  /// - Parameters:
  ///   - words: that `encoder` has learned, in that order.
  ///   - encoder: with these words.
  ///   - tokenizer: of the same vocabulary, with these words.
  ///   - most: how many neighbours each vector gets.
  public init(
    of words: [LearnedWord], _ encoder: CLIPTextModel, _ tokenizer: CLIPTokenizer, most: Int = 20
  ) {
    let rows = words.reduce(0) { $0 + $1.count }
    let known = tokenizer.vocabulary.tokens.count - rows
    let table = encoder.tokenTable
    let (norms, cosines) = Self.compare(words, with: table.rows(0..<known))
    self.norms = norms
    var error = 0.0
    var vectors: [Vector] = []
    for word in words {
      for index in 0..<word.count {
        let (vector, row) = (word.vectors.rows(index..<index + 1), vectors.count)
        let id = known + row
        error = max(error, Double(table.rows(id..<id + 1).maxAbsDifference(from: vector)))
        let own = cosines[row]
        let order = own.indices.sorted { own[$0] > own[$1] }.prefix(most)
        vectors.append(
          Vector(
            word: word.text, index: index, id: id, norm: vector.norm, cosines: own,
            nearest: order.map {
              Neighbour(id: $0, token: tokenizer.vocabulary.tokens[$0], cosine: own[$0])
            }))
      }
    }
    (self.vectors, tableError) = (vectors, error)
  }

  /// The lengths of the table's rows, and for each vector its cosine to every row.
  private static func compare(
    _ words: [LearnedWord], with table: Tensor
  ) -> (norms: [Double], cosines: [[Double]]) {
    let (known, width) = (table.shape[0], table.shape[1])
    let vectors = Tensor.concatenated(words.map(\.vectors), along: 0)
    let lengths = (0..<vectors.shape[0]).map { vectors.rows($0..<$0 + 1).norm }
    let columns = vectors.permuted([1, 0]).reshaped([width, lengths.count])
    let products = Tensor.matrixProduct(table, columns).elements
    let norms = (0..<known).map { table.rows($0..<$0 + 1).norm }
    let cosines = lengths.indices.map { row in
      norms.indices.map { token in
        let scale = norms[token] * lengths[row]
        let cosine = Double(products[token * lengths.count + row])
        return scale > 0 ? min(max(cosine / scale, -1), 1) : 0
      }
    }
    return (norms, cosines)
  }
}
