import Networks
import Pages
import Records
import Training

/// A vocabulary with the words that taught it, and what each of its merges saved.
package struct LearnedVocabulary: Sendable {
  /// A word of the captions.
  package struct Word: Sendable {
    package let text: String
    /// How often the captions have it.
    package let count: Int
    /// Its tokens at the end.
    package let tokens: [String]
  }

  package let tokenizer: CLIPTokenizer
  package let captions: Int
  /// The most frequent first; equally frequent ones in the order of the alphabet.
  package let words: [Word]
  /// How many tokens a caption has on average when only the first k merges are done, for
  /// k = 0 … all of them.
  package let tokensPerCaption: [Double]

  /// Reads the captions of the training split's first scenes.
  package init(captions: Int, seed: UInt64) throws {
    let tokenizer = try StorybookTokenizer.trained(count: captions, seed: seed)
    let vocabulary = tokenizer.vocabulary
    let counts = StorybookTokenizer.wordCounts(count: captions, seed: seed)
    var tokens = [Double](repeating: 0, count: vocabulary.merges.count + 1)
    var words: [Word] = []
    for (word, count) in counts {
      let trace = vocabulary.mergeTrace(ofWord: word, unknown: 0)
      tokens[0] += Double(count * trace.bytes.count)
      for step in trace.steps { tokens[step.rank + 1] -= Double(count) }
      let symbols = vocabulary.symbols(of: trace, afterSteps: trace.steps.count)
      words.append(Word(text: word, count: count, tokens: symbols.map { vocabulary.tokens[$0] }))
    }
    for merge in tokens.indices.dropFirst() { tokens[merge] += tokens[merge - 1] }
    self.tokenizer = tokenizer
    self.captions = captions
    self.words = words.sorted { ($1.count, $0.text) < ($0.count, $1.text) }
    tokensPerCaption = tokens.map { $0 / Double(captions) }
  }

  /// One row per merge, in the order learned, `rank` from 0; `tokens_per_caption` is what remains
  /// after it.
  var table: CSVTable {
    let vocabulary = tokenizer.vocabulary
    return CSVTable(
      vocabulary.merges.enumerated(),
      [
        Column("rank", \.offset), Column("left") { vocabulary.tokens[$0.element.left] },
        Column("right") { vocabulary.tokens[$0.element.right] },
        Column("tokens_per_caption") { tokensPerCaption[$0.offset + 1] },
      ])
  }
}
