import Attention
import Checkpoints
import Commands
import Diagnostics
import Foundation
import Imaging
import Networks
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

  private static let mapColumns = [
    "step", "t", "layer", "head", "height", "width", "token_index", "token", "word", "mass",
    "entropy", "peak_row", "peak_column",
  ]

  /// One row per step, layer, head and token: written in pieces, since there may be a great many.
  private func writeMaps(of ledger: MapLedger, as name: String, to output: RunOutput) throws {
    let tokens = ledger.columns.tokens
    let words = tokens.tokens.map { token in
      token.word.map { String(tokens.prompt[tokens.words[$0].range]) } ?? ""
    }
    try output.writeFile(as: name) { path in
      guard FileManager.default.createFile(atPath: path, contents: nil),
        let file = FileHandle(forWritingAtPath: path)
      else { throw FileError.notWritable(path: path, reason: lastSystemError()) }
      defer { try? file.close() }
      let header = CSVTable(columns: Self.mapColumns).text
      do {
        try file.write(contentsOf: Data(header.utf8))
        let statistics = ledger.statistics
        for start in stride(from: 0, to: statistics.count, by: 10_000) {
          var piece = CSVTable(columns: Self.mapColumns)
          for map in statistics[start..<min(start + 10_000, statistics.count)] {
            let (seen, layer) = (ledger.seen[Int(map.step)], ledger.layers[Int(map.layer)])
            let (token, peak) = (Int(map.token), Int(map.peak))
            piece.append([
              .integer(seen.step), Self.timestep(seen.t), .text(layer.path),
              .integer(Int(map.head)), .integer(layer.height), .integer(layer.width),
              .integer(token), .text(tokens.tokens[token].text), .text(words[token]),
              .double(map.mass), .double(map.entropy), .integer(peak / layer.width),
              .integer(peak % layer.width),
            ])
          }
          try file.write(contentsOf: Data(piece.text.utf8.dropFirst(header.utf8.count)))
        }
      } catch { throw FileError.notWritable(path: path, reason: lastSystemError()) }
    }
  }

  /// Some samplers stop between two timesteps.
  private static func timestep(_ t: Double) -> CSVTable.Cell {
    t == t.rounded() ? .integer(Int(t)) : .double(t)
  }

  // MARK: The smaller tables

  /// One row per aggregate and word; start, end and padding are rows as well, where the method keeps
  /// them.
  private var words: CSVTable {
    var table = CSVTable(columns: [
      "aggregate", "word_index", "word", "kind", "tokens", "height", "width", "mean", "minimum",
      "maximum", "entropy", "peak_row", "peak_column",
    ])
    for heatmaps in run.heatmaps {
      for (index, column) in run.columns.columns.enumerated() {
        guard let map = heatmaps.maps[index] else { continue }
        // The map as one column of a matrix: its entropy and peak.
        let measures = MatrixMeasures(map.reshaped([map.count, 1]))
        let moments = map.moments
        table.append([
          .text(heatmaps.aggregate.rawValue), .integer(index), .text(column.text),
          .text(column.kind.rawValue),
          .text(column.positions.map(String.init).joined(separator: " ")),
          .integer(heatmaps.height), .integer(heatmaps.width), .double(moments.mean),
          .float(moments.min), .float(moments.max), .double(measures.entropy[0]),
          .integer(measures.peak[0] / heatmaps.width), .integer(measures.peak[0] % heatmaps.width),
        ])
      }
    }
    return table
  }

  /// One row per token: where it belongs and how much attention it swallows.
  private var tokens: CSVTable {
    var table = CSVTable(columns: ["token_index", "id", "token", "role", "word", "mass"])
    let prompt = run.columns.tokens
    let masses = run.conditional.tokenMasses
    for (index, token) in prompt.tokens.enumerated() {
      let role =
        switch token.role {
        case .start: "start"
        case .end: "end"
        case .padding: "padding"
        case .content: "content"
        }
      table.append([
        .integer(index), .integer(token.id), .text(token.text), .text(role),
        .text(token.word.map { String(prompt.prompt[prompt.words[$0].range]) } ?? ""),
        .double(masses[index]),
      ])
    }
    return table
  }

  private var steps: CSVTable {
    var table = CSVTable(columns: ["step", "t", "sigma"])
    for frame in run.frames {
      table.append([.integer(frame.number), Self.timestep(frame.t), .double(frame.sigma)])
    }
    return table
  }

  private static func table(of ledger: SelfLedger) -> CSVTable {
    var table = CSVTable(columns: [
      "step", "t", "layer", "head", "height", "width", "entropy", "distance", "own_share",
    ])
    for row in ledger.statistics {
      let (seen, layer) = (ledger.seen[row.step], ledger.layers[row.layer])
      table.append([
        .integer(seen.step), timestep(seen.t), .text(layer.path), .integer(row.head),
        .integer(layer.height), .integer(layer.width), .double(row.measures.entropy),
        .double(row.measures.distance), .double(row.measures.kept),
      ])
    }
    return table
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
