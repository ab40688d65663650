import Attention
import Commands
import Diagnostics
import Foundation
import Imaging
import Networks
import Pages
import Records
import Tensors

/// The tables, pictures and arrays of `attention-maps`. Timesteps are 0-based, steps counted from 0.
struct AttentionFiles {
  private let run: AttentionRun

  init(_ run: AttentionRun) { self.run = run }

  func write(to output: RunOutput, tensors: Bool) throws {
    try writeMaps(of: run.conditional, as: "attention.csv", to: output)
    if let unconditional = run.unconditional {
      try writeMaps(of: unconditional, as: "attention-unconditional.csv", to: output)
    }
    try output.write(words, as: "words.csv")
    try output.write(tokens, as: "tokens.csv")
    try output.write(steps, as: "steps.csv")
    if let ledger = run.selfAttention {
      try output.write(Self.table(of: ledger), as: "self-attention.csv")
    }
    try HeatmapSheets(run).write(to: output)
    if tensors {
      try output.write(arrays)
    }
  }

  // MARK: attention.csv

  /// One row per step, layer, head and token.
  private static func mapColumns(of ledger: MapLedger) -> [Column<MapStatistics>] {
    let tokens = ledger.columns.tokens
    let words = tokens.tokens.map { word(of: $0, in: tokens) }
    func seen(_ map: MapStatistics) -> (step: Int, t: Double) { ledger.seen[Int(map.step)] }
    func layer(_ map: MapStatistics) -> AttentionLayer { ledger.layers[Int(map.layer)] }
    return [
      Column("step") { seen($0).step }, Column("t") { CSVTable.Cell.timestep(seen($0).t) },
      Column("layer") { layer($0).path }, Column("head") { Int($0.head) },
      Column("height") { layer($0).height }, Column("width") { layer($0).width },
      Column("token_index") { Int($0.token) },
      Column("token") { tokens.tokens[Int($0.token)].text },
      Column("word") { words[Int($0.token)] }, Column("mass", \.mass), Column("entropy", \.entropy),
      Column("peak_row") { Int($0.peak) / layer($0).width },
      Column("peak_column") { Int($0.peak) % layer($0).width },
    ]
  }

  /// Written in pieces, since there may be a great many rows.
  private func writeMaps(of ledger: MapLedger, as name: String, to output: RunOutput) throws {
    let columns = Self.mapColumns(of: ledger)
    let pieces = stride(from: 0, to: max(ledger.statistics.count, 1), by: 10_000).lazy.map {
      CSVTable(ledger.statistics[$0..<min($0 + 10_000, ledger.statistics.count)], columns)
    }
    try output.write(pieces, as: name)
  }

  private static func name(of role: TokenizedPrompt.Token.Role) -> String {
    switch role {
    case .start: "start"
    case .end: "end"
    case .padding: "padding"
    case .content: "content"
    }
  }

  /// The word that a token belongs to, as the prompt has it.
  private static func word(
    of token: TokenizedPrompt.Token, in prompt: TokenizedPrompt
  ) -> String {
    token.word.map { String(prompt.prompt[prompt.words[$0].range]) } ?? ""
  }

  // MARK: The smaller tables

  /// One row per aggregate and word; start, end and padding are rows as well, where the method keeps
  /// them.
  private var words: CSVTable {
    typealias Row = (
      maps: Heatmaps, index: Int, column: PromptColumns.Column, moments: Moments,
      measures: MatrixMeasures
    )
    let rows = run.heatmaps.flatMap { maps in
      run.columns.columns.enumerated().compactMap { index, column -> Row? in
        // A map as one column of a matrix: its entropy and peak.
        maps.maps[index].map {
          (maps, index, column, $0.moments, MatrixMeasures($0.reshaped([$0.count, 1])))
        }
      }
    }
    return CSVTable(
      rows,
      [
        Column("aggregate", \.maps.aggregate.rawValue), Column("word_index", \.index),
        Column("word", \.column.text), Column("kind", \.column.kind.rawValue),
        Column("tokens") { $0.column.positions.map(String.init).joined(separator: " ") },
        Column("height", \.maps.height), Column("width", \.maps.width),
        Column("mean", \.moments.mean), Column("minimum", \.moments.min),
        Column("maximum", \.moments.max), Column("entropy", \.measures.entropy[0]),
        Column("peak_row") { $0.measures.peak[0] / $0.maps.width },
        Column("peak_column") { $0.measures.peak[0] % $0.maps.width },
      ])
  }

  /// One row per token: where it belongs and how much attention it swallows.
  private var tokens: CSVTable {
    let (prompt, masses) = (run.columns.tokens, run.conditional.tokenMasses)
    return CSVTable(
      prompt.tokens.enumerated(),
      [
        Column("token_index", \.offset), Column("id", \.element.id),
        Column("token", \.element.text), Column("role") { Self.name(of: $0.element.role) },
        Column("word") { Self.word(of: $0.element, in: prompt) },
        Column("mass") { masses[$0.offset] },
      ])
  }

  private var steps: CSVTable {
    CSVTable(
      run.frames,
      [
        Column("step", \.number), Column("t") { CSVTable.Cell.timestep($0.t) },
        Column("sigma", \.sigma),
      ])
  }

  private static func table(of ledger: SelfLedger) -> CSVTable {
    CSVTable(
      ledger.statistics.map { ($0, seen: ledger.seen[$0.step], layer: ledger.layers[$0.layer]) },
      [
        Column("step", \.seen.step), Column("t") { CSVTable.Cell.timestep($0.seen.t) },
        Column("layer", \.layer.path), Column("head", \.0.head), Column("height", \.layer.height),
        Column("width", \.layer.width), Column("entropy", \.0.measures.entropy),
        Column("distance", \.0.measures.distance), Column("own_share", \.0.measures.kept),
      ])
  }

  // MARK: tensors.safetensors

  private var arrays: [String: Tensor] {
    var arrays: [String: Tensor] = [
      "text.conditional": run.prompts.conditional,
      "text.unconditional": run.prompts.unconditional,
    ]
    func add(_ stem: String, _ layers: [AttentionLayer], _ seen: [Double], _ all: [[Tensor]]) {
      for (layer, matrices) in zip(layers, all) {
        for (t, matrix) in zip(seen, matrices) {
          arrays["\(stem).\(Self.name(t)).\(layer.path)"] = matrix.reshaped([
            matrix.shape[0], layer.height, layer.width, matrix.shape[2],
          ])
        }
      }
    }
    for (stem, ledger) in [("attention", run.conditional), ("unconditional", run.unconditional)] {
      guard let ledger else { continue }
      add(stem, ledger.layers, ledger.seen.map(\.t), ledger.matrices)
    }
    if let ledger = run.selfAttention {
      add("self", ledger.layers, ledger.seen.map(\.t), ledger.matrices)
    }
    for heatmaps in run.heatmaps {
      arrays["heatmap.\(heatmaps.aggregate.rawValue)"] = heatmaps.stacked
    }
    return arrays
  }

  /// `981`, or `980.5`.
  private static func name(_ t: Double) -> String {
    t == t.rounded() ? String(Int(t)) : String(t)
  }
}
