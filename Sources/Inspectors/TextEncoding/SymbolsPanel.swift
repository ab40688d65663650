import Networks
import Pages

/// The words of a prompt as symbols that grow together, one merge at each step of an axis.
struct SymbolsPanel: Panel {
  private struct Symbol: Encodable {
    var text: String
    var id: Int
    /// Where it begins, in bytes from the beginning of the word.
    var start: Int
  }

  private struct Merge: Encodable {
    /// Where the right symbol begins.
    var seam: Int
    var text: String
    var id: Int
  }

  private struct Word: Encodable {
    var text: String
    var symbols: [Symbol]
    var merges: [Merge]
    /// The step of the axis at which the word's first merge happens.
    var first: Int
    /// How many of its tokens the model sees.
    var kept: Int
  }

  private struct Contents: Encodable {
    var axis: String
    var words: [Word]
    var endOfWord: String
  }

  private let panel: Custom

  /// - Parameters:
  ///   - words: the range of words to show.
  ///   - step: has one position more than these words have merges.
  init(_ prompt: TokenizedPrompt, _ film: MergeFilm, words: Range<Int>, step: Axis) {
    var first = 1
    let tokens = film.vocabulary.tokens
    let shown = words.map { index -> Word in
      let trace = film.traces[index]
      let word = prompt.words[index]
      defer { first += trace.steps.count }
      return Word(
        text: String(prompt.prompt[word.range].prefix(60)),
        symbols: trace.bytes.enumerated().map { Symbol(text: tokens[$1], id: $1, start: $0) },
        merges: trace.steps.map { step in
          let id = film.vocabulary.merges[step.rank].result
          return Merge(seam: step.seam, text: tokens[id], id: id)
        },
        first: first, kept: prompt.positions(ofWord: index).count)
    }
    panel = Custom(
      markup: "<div class=\"words\"></div>",
      data: Contents(axis: step.name, words: shown, endOfWord: ByteAlphabet.endOfWord),
      axes: [step], code: .symbols)
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}
