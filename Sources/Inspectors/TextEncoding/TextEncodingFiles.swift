import Commands
import Imaging
import Networks
import Pages
import Records
import Tensors

/// The tables, pictures and arrays of `text-encoding`. Positions, layers and ranks are 0-based;
/// layer 0 is h⁰ and the last one τ_θ(y).
struct TextEncodingFiles {
  private let experiment: TextEncodingExperiment
  private var prompt: TokenizedPrompt { experiment.prompt }
  private var states: EncoderStates { experiment.states }

  init(_ experiment: TextEncodingExperiment) { self.experiment = experiment }

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(
      CSVTable(prompt.tokens.enumerated(), experiment.tokenColumns), as: "tokens.csv")
    // What did not fit: none when all did.
    try output.write(CSVTable(prompt.dropped, experiment.wordColumns { $0 }), as: "dropped.csv")
    try output.write(merges, as: "merges.csv")
    try output.write(similarity, as: "similarity.csv")
    try output.write(attention, as: "attention.csv")
    try output.write(influence, as: "influence.csv")
    try output.write(norms, as: "norms.csv")
    if let neighbours = experiment.neighbours {
      try output.write(NeighbourTables.file(neighbours), as: "neighbours.csv")
    }
    if let weights = experiment.weights { try output.write(weights.file, as: "weights.csv") }
    try writePictures(to: output)
    if tensors {
      try output.write(arrays)
    }
  }

  // MARK: Tables

  private var merges: CSVTable {
    CSVTable(
      experiment.film.frames,
      [
        Column("word_index", \.word), Column("word") { prompt.words[$0.word].text.beginning() },
        Column("step", \.step), Column("rank", \.rank), Column("left", \.left),
        Column("right", \.right), Column("id", \.id),
      ])
  }

  private var similarity: CSVTable {
    table(experiment.similarity, ["layer", "position", "other_position", "cosine"])
  }

  /// The weights of attention, averaged over the heads; layer 0 has none.
  private var attention: CSVTable {
    table(
      states.attention.map(TextEncodingFiles.headMean),
      ["layer", "position", "attended_position", "weight"], firstLayer: 1)
  }

  private var influence: CSVTable {
    table(
      experiment.influence.influence,
      ["layer", "replaced_position", "position", "relative_change"])
  }

  /// A row for each pair of positions of the prompt in each layer.
  private func table(
    _ matrices: [Tensor], _ columns: [String], firstLayer: Int = 0
  ) -> CSVTable {
    var table = CSVTable(columns: columns)
    for (layer, matrix) in matrices.enumerated() {
      let (count, elements) = (matrix.shape[1], matrix.elements)
      for i in experiment.shown {
        for j in experiment.shown {
          table.append([
            .integer(layer + firstLayer), .integer(i), .integer(j), .float(elements[i * count + j]),
          ])
        }
      }
    }
    return table
  }

  private var norms: CSVTable {
    CSVTable(
      states.all.enumerated().flatMap { layer, state in
        EncoderStates.norms(state).enumerated().map { (layer: layer, position: $0, norm: $1) }
      }, [Column("layer", \.layer), Column("position", \.position), Column("norm", \.norm)])
  }

  /// The mean over the heads, [H, N, N] → [N, N].
  static func headMean(_ weights: Tensor) -> Tensor {
    let heads = weights.shape[0]
    let sum = (1..<heads).reduce(weights.rows(0..<1)) { $0 + weights.rows($1..<$1 + 1) }
    return (sum / Float(heads)).reshaped(Array(weights.shape.dropFirst()))
  }

  // MARK: Pictures

  /// How wide a matrix is at least; every number is a square of pixels.
  private static let width = 462

  private func writePictures(to output: RunOutput) throws {
    func write(_ stem: String, _ layer: Int, _ image: Image) throws {
      let picture = image.enlarged(by: (Self.width + image.width - 1) / image.width)
      try output.write(picture, as: "images/\(stem)-\(padded(layer, to: 2)).png")
    }
    for (layer, matrix) in experiment.similarity.enumerated() {
      try write("similarity", layer, ColorMap.balance.image(of: matrix, range: -1...1))
    }
    for (layer, weights) in states.attention.enumerated() {
      let root = Self.headMean(weights).map { $0.squareRoot() }
      try write("attention", layer + 1, ColorMap.ember.image(of: root, range: 0...1))
    }
    for (layer, matrix) in experiment.influence.influence.enumerated() {
      let root = matrix.map { $0.squareRoot() }
      try write("influence", layer, ColorMap.tide.image(of: root, range: 0...1.2247))
    }
  }

  // MARK: Arrays

  /// Embeddings, the states after each layer and the final ones, shape [1, N, D] each; and with weights or
  /// several sequences what the U-Net hears, `heard`, as many times N.
  private var arrays: [String: Tensor] {
    func batched(_ tensor: Tensor) -> Tensor { tensor.reshaped([1] + tensor.shape) }
    var arrays = ["embeddings": batched(states.hidden[0]), "final": batched(states.final)]
    for (layer, state) in states.hidden.enumerated().dropFirst() {
      arrays["hidden.\(layer < 10 ? "0" : "")\(layer)"] = batched(state)
    }
    if let heard = experiment.weights?.heard { arrays["heard"] = batched(heard) }
    return arrays
  }
}
