import Networks
import Pages
import Tensors

/// Everything that one run of `text-encoding` finds out about a prompt.
public struct TextEncodingExperiment: Sendable {
  public let encoder: PromptEncoder
  public let prompt: TokenizedPrompt
  public let film: MergeFilm
  /// The states of the whole sequence, padding included.
  public let states: EncoderStates
  /// cos(h_i, h_j) for h⁰ … h^L and τ_θ(y), shape [N, N] each.
  public let similarity: [Tensor]
  public let influence: InfluenceExperiment
  /// Where the learned words lie in the vocabulary; nil without any.
  public let neighbours: TokenNeighbours?
  /// What weights do, and how a long prompt is cut; nil for one sequence without weights.
  package let weights: WeightStudy?
  public let residuals: [Residual]

  /// The positions from the start to the end of the prompt: what a page can show.
  public var shown: Range<Int> { 0..<prompt.contentRange.upperBound + 1 }

  /// - Parameters:
  ///   - prompt: one sequence.
  ///   - read: the whole prompt with its marks read, where it has any or is longer.
  ///   - generator: draws the tokens that stand in for others.
  ///   - progress: called once for each pass through the encoder; there are `passes(for:)`.
  public init(
    _ encoder: PromptEncoder, prompt: TokenizedPrompt, read: ReadPrompt? = nil,
    generator: TorchGenerator, progress: () -> Void = {}
  ) {
    self.encoder = encoder
    self.prompt = prompt
    film = MergeFilm(of: prompt, by: encoder.tokenizer)
    let network = encoder.network
    let states = EncoderStates(network, ids: prompt.ids)
    progress()
    let plain = network([prompt.ids]).reshaped(states.final.shape)
    progress()
    let short = Array(prompt.ids[..<(prompt.contentRange.upperBound + 1)])
    let unpadded = EncoderStates(network, ids: short)
    progress()
    let influence = InfluenceExperiment(
      ids: short, base: unpadded, vocabularyCount: encoder.tokenizer.vocabulary.tokens.count,
      generator: generator, progress: progress
    ) { EncoderStates(network, ids: $0) }
    self.states = states
    similarity = states.all.map(EncoderStates.similarity)
    self.influence = influence
    let neighbours =
      encoder.learnedWords.isEmpty
      ? nil : TokenNeighbours(of: encoder.learnedWords, network, encoder.tokenizer)
    self.neighbours = neighbours
    let weights = read.flatMap { read in
      read.isWeighted || read.chunkCount > 1 ? WeightStudy(read, encoder) : nil
    }
    self.weights = weights
    let always = [
      Residual(
        """
        Causality: replacing any token leaves the states before it as they were, in every layer: \
        largest \(math: "|Δ|")
        """, measured: influence.earlierChange, bound: 0),
      Residual(
        "The mask: the largest weight that any head gives to a later token",
        measured: EncoderClaims.masked(states.attention), bound: 0),
      Residual(
        "Each row of each attention matrix sums to 1: largest deviation",
        measured: EncoderClaims.rowSums(states.attention), bound: 1e-5),
      Residual(
        "Padding changes nothing before it: with and without, relative",
        measured: EncoderClaims.relative(unpadded.all, toBeginningOf: states.all), bound: 1e-5),
      Residual(
        "\(math: "h^0 = E[id] + P"): largest difference",
        measured: EncoderClaims.embeddings(states, ids: prompt.ids, network), bound: 1e-6),
      Residual(
        "\(math: "h^l = h^{l−1} + Attn + MLP") in every layer: relative",
        measured: EncoderClaims.stream(states), bound: 1e-5),
      Residual(
        "\(math: "τ_θ(y) = LayerNorm(h^L)"), against the norm in 64 bits: relative",
        measured: EncoderClaims.finalNorm(states, network), bound: 1e-5),
      Residual(
        "Looking changes nothing: \(math: "τ_θ(y)") with and without a probe, relative",
        // Each layer's sum with what came in is rounded once or twice.
        measured: EncoderClaims.relative(states.final, plain), bound: 1e-4),
      Residual(
        "The tokens spell the words: bytes that differ",
        measured: Double(film.misspelledBytes(of: prompt)), bound: 0),
    ]
    residuals =
      always + [neighbours.map(Self.residual)].compactMap(\.self) + (weights?.residuals ?? [])
  }

  private static func residual(_ neighbours: TokenNeighbours) -> Residual {
    Residual(
      "The rows of learned words hold what their files say: largest difference",
      measured: neighbours.tableError, bound: 0)
  }

  /// How many passes through the encoder the experiment takes.
  package static func passes(for prompt: TokenizedPrompt) -> Int {
    3 + prompt.contentRange.upperBound
  }
}

// MARK: - What files and page say of a token

extension TextEncodingExperiment {
  /// Each position of the sequence, counted from 0.
  var tokenColumns: [Column<(offset: Int, element: TokenizedPrompt.Token)>] {
    [Column("position", \.offset).shown(as: "position")] + wordColumns { $0.element }
  }

  /// What a token is, and the word of the prompt that it belongs to.
  func wordColumns<Row>(_ token: @escaping (Row) -> TokenizedPrompt.Token) -> [Column<Row>] {
    [
      Column("id") { token($0).id }.shown(as: "id"),
      Column("token") { token($0).text }.shown(as: "token") {
        .prose("\(code: token($0).text)")
      },
      Column("word") { prompt.shortWord(of: token($0)) }.shown(as: "word"),
    ]
  }
}
