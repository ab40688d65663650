import Commands
import Pages

/// The page of `train-tokenizer`: how captions get shorter while the vocabulary grows.
struct TrainTokenizerPage {
  private let vocabulary: LearnedVocabulary
  private let length = Quantity("n", "tokens of a caption, on average", .condition)

  init(_ vocabulary: LearnedVocabulary) { self.vocabulary = vocabulary }

  var summary: Summary {
    Summary(
      columns: ["captions", "words", "merges", "tokens", "tokens per caption"],
      rows: [
        [
          "\(vocabulary.captions)", "\(vocabulary.words.count)",
          "\(vocabulary.tokenizer.vocabulary.merges.count)",
          "\(vocabulary.tokenizer.vocabulary.tokens.count)",
          NumberFormat.decimals(2).text(vocabulary.tokensPerCaption.last ?? 0),
        ]
      ])
  }

  func page() -> Page {
    Page(
      "A vocabulary from captions", number: 13,
      question: "How does a tokenizer learn which letters belong together?",
      next: suggestions
    ) {
      Section {
        Text(
          """
          Every word begins as its bytes. The pair of neighbours that occurs most often becomes a \
          symbol of its own, everywhere at once; then the next one. Few merges do most of the work. \
          Three words are left in two pieces on purpose, so that a word of several tokens can be seen.
          """)
        Chart(
          "Captions get shorter as the vocabulary grows", x: .linear("merges"),
          y: .linear("tokens per caption"),
          curves: [
            Curve(
              of: length, x: vocabulary.tokensPerCaption.indices.map(Double.init),
              y: vocabulary.tokensPerCaption)
          ])
        Table(
          "The words of \(vocabulary.captions) captions",
          columns: ["word", "how often", "tokens"],
          rows: vocabulary.words.map { word in
            [
              .prose(Prose(word.text)), .number(Double(word.count), .integer),
              .prose(Prose(word.tokens.joined(separator: " · "))),
            ]
          })
      }
    }
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "train-tokenizer", ["--count", "3"],
        because: "how much of the vocabulary do three captions teach?"),
      Suggestion(
        "text-encoding", ["--prompt", "a purple rocket at sunset"],
        because: "follow the merges of single words, and their tokens through the text encoder"),
    ]
  }
}
