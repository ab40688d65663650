import Commands
import Foundation
import Imaging
import Networks
import Pages
import Tensors

/// The page of `text-encoding`, and what the terminal shows.
struct TextEncodingPage {
  let experiment: TextEncodingExperiment
  var prompt: TokenizedPrompt { experiment.prompt }
  var states: EncoderStates { experiment.states }
  private var film: MergeFilm { experiment.film }
  var tokenizer: CLIPTokenizer { experiment.encoder.tokenizer }

  /// The merges that the page plays: of the words that the model sees, and no more than can be
  /// looked at. All of them are in `merges.csv`.
  private static let mostMerges = 600
  private let words: Range<Int>
  private let frames: ArraySlice<MergeFilm.Frame>

  private let merge: Axis
  let layer: Axis
  let token: Axis
  let head: Axis
  /// The tokens from start to end, as a reader knows them.
  let labels: [String]

  init(_ experiment: TextEncodingExperiment) {
    self.experiment = experiment
    let prompt = experiment.prompt
    words = Self.shownWords(experiment)
    frames = experiment.film.frames.prefix { [words] in words.contains($0.word) }
    // The page opens in the middle of the work: the ends explain nothing.
    merge = Axis("merge", steps: Array(0...frames.count), start: frames.count / 3)
    labels = experiment.shown.map { Self.label(prompt.tokens[$0]) }
    // The last word: it has heard all others.
    token = Axis(
      "token", choices: labels, start: max(prompt.contentRange.upperBound - 1, 0))
    let layers = experiment.states.hidden.count
    layer = Axis(
      "layer", values: (0...layers).map(Double.init),
      labels: ["emb"] + (1..<layers).map(String.init) + ["norm"], start: layers / 2)
    head = Axis(
      "attention head",
      choices: ["mean"] + (1...experiment.encoder.network.configuration.heads).map(String.init))
  }

  private static func shownWords(_ experiment: TextEncodingExperiment) -> Range<Int> {
    let prompt = experiment.prompt
    let seen = (prompt.tokens + prompt.dropped.prefix(12)).compactMap(\.word).max() ?? -1
    var merges = 0
    let few = experiment.film.traces.prefix(seen + 1).prefix { trace in
      merges += trace.steps.count
      return merges <= mostMerges && trace.bytes.count <= mostMerges
    }
    return 0..<few.count
  }

  /// A token as a reader knows it.
  private static func label(_ token: TokenizedPrompt.Token) -> String {
    switch token.role {
    case .start: return "start"
    case .end: return "end"
    case .padding: return "padding"
    case .content:
      let text =
        token.text.hasSuffix(ByteAlphabet.endOfWord)
        ? String(token.text.dropLast(ByteAlphabet.endOfWord.count)) : token.text
      guard let bytes = ByteAlphabet.bytes(of: text) else { return text }
      return String(validating: bytes, as: UTF8.self) ?? text
    }
  }

  func page() -> Page {
    Page(
      "Text encoding", number: 7,
      question: """
        How does a sentence become \(prompt.tokens.count) vectors, and what does each of them know?
        """,
      residuals: experiment.residuals, next: suggestions
    ) {
      tokenSection
      if let neighbours = experiment.neighbours { neighbours.section }
      if let weights = experiment.weights { weights.section }
      layerSection
      causeSection
      paddingSection
      truncationSection
    }
  }

  var summary: Summary {
    let most = 24
    var rows = experiment.shown.prefix(most).map { position -> [String] in
      let token = prompt.tokens[position]
      return ["\(position)", "\(token.id)", token.text, word(of: token)]
    }
    if experiment.shown.count > most { rows.append(["…", "", "", "all in tokens.csv"]) }
    if let first = prompt.dropped.first {
      let count = prompt.dropped.count
      rows.append([
        "dropped", "", count == 1 ? "1 token" : "\(count) tokens", word(of: first) + " …",
      ])
    }
    return Summary(columns: ["position", "id", "token", "word"], rows: rows)
  }

  func word(of token: TokenizedPrompt.Token) -> String {
    prompt.shortWord(of: token)
  }

  // MARK: From bytes to tokens

  private var tokenSection: Section {
    let count = tokenizer.vocabulary.merges.count
    let rank = Quantity("r", "rank of a merge: its place in the order of learning", .condition)
    return Section {
      Text("The prompt as the vocabulary knows it: \(code: Self.short(prompt.normalized, 300))")
      SymbolsPanel(prompt, film, words: words, step: merge)
      Text("\(live: .over(merge, captions))")
      Timeline(merge)
      Row(widths: [1, 1.4]) {
        Text(
          """
          A word begins as its UTF-8 bytes. Of all neighbours, the pair that was learned first is \
          joined, until no neighbours are a pair. A thick edge marks the end of a word, \
          \(code: "</w>"): \(code: "light</w>") is a whole word and \(code: "light") the beginning \
          of one. Frequent pairs were learned first, so rare words stay in pieces. Under each symbol \
          is its id, the only thing that the network is told.
          """)
        Chart(
          "When the pairs of this prompt were learned", x: .linear("merge"),
          y: .linear("rank", in: 0...Double(max(count, 1))),
          curves: [
            Curve(
              of: rank, x: Array(merge.values.dropFirst()), y: frames.map { Double($0.rank) },
              style: .points)
          ], cursor: merge)
      }
      if prompt.normalized.utf8.contains(where: { $0 >= 0x80 }) {
        Text(
          """
          A character beyond ASCII is two to four bytes, and each byte is written as one letter of a \
          fixed table, so that é, C3 A9 in hexadecimal, reads \(code: "Ã©").
          """)
      }
      if words.count < prompt.words.count {
        Text("Shown are the first \(words.count) of \(prompt.words.count) words.")
      }
    }
  }

  /// What happens at each position of the merge axis.
  private var captions: [String] {
    let bytes = film.byteCount
    return ["Nothing is merged yet: \(bytes) bytes are \(bytes) symbols."]
      + frames.enumerated().map { step, frame in
        "Merge \(frame.rank) of \(tokenizer.vocabulary.merges.count): “\(frame.left)” and "
          + "“\(frame.right)” become “\(frame.result)”. \(bytes - step - 1) symbols are left."
      }
  }

  static func short(_ text: String, _ count: Int) -> String {
    text.count <= count ? text : text.prefix(count) + "…"
  }
}
