import Checkpoints
import Pages
import Records

/// What LoRAs change in a model, for the page and as tables: layer by layer, and in how many
/// directions.
public struct LoRAReport {
  private struct Entry {
    /// Among all layers, counted from 0: files, then text encoder and U-Net.
    let number: Int
    let effect: LoRAEffect
  }

  private let rows: [Entry]
  /// The layers that change most, strongest first.
  private let strongest: [Entry]
  private let chosen: Axis
  private let sums: LoRASumReport?

  /// How many layers the table on the page has, and how many spectra are drawn.
  private static let (mostShown, mostSpectra) = (12, 6)

  /// - Parameter effects: what was measured; nothing is reported where there is none.
  public init?(_ effects: [LoRAEffect]) {
    guard !effects.isEmpty else { return nil }
    rows = effects.enumerated().map { Entry(number: $0, effect: $1) }
    strongest = rows.sorted { $0.effect.relativeNorm > $1.effect.relativeNorm }
    sums = LoRASumReport(LoRASum.sums(of: effects))
    chosen = Axis(
      "spectrum of", choices: strongest.prefix(Self.mostSpectra).map { "layer \($0.number)" })
  }

  // MARK: Files

  /// Writes `lora.csv`, a row for each layer of each file, and `lora-spectra.csv`, a row for each
  /// singular value; where several files change one layer also `lora-sum.csv` and
  /// `lora-sum-spectra.csv`, of what they change together.
  /// - Throws: `FileError`.
  public func write(to output: RunOutput) throws {
    try output.write(CSVTable(rows, columns), as: "lora.csv")
    let values = rows.flatMap { row in
      row.effect.singularValues.enumerated().map { (row: row, index: $0, value: $1) }
    }
    try output.write(
      CSVTable(
        values,
        [
          Column("number", \.row.number), Column("layer", \.row.effect.layer.module),
          Column("index", \.index), Column("singular_value", \.value),
        ]), as: "lora-spectra.csv")
    try sums?.write(to: output)
  }

  private var columns: [Column<Entry>] {
    [
      Column<Entry>("number", \.number).shown(as: "no."),
      Column<Entry>("layer", \.effect.layer.module).shown(as: "layer"),
      Column<Entry>("part", \.effect.layer.part.rawValue).shown(as: "part") {
        .prose(Prose(Self.name(of: $0.effect.layer.part)))
      },
      Column<Entry>("kind", \.effect.layer.kind.rawValue).shown(as: "kind"),
      Column<Entry>("form", \.effect.layer.form.rawValue).shown(as: "form") {
        .prose(Prose($0.effect.layer.form.name))
      },
      Column<Entry>("rank", \.effect.layer.rank).shown(as: "rank"),
      Column<Entry>("most_directions", \.effect.layer.mostDirections).shown(as: "directions ≤"),
      Column<Entry>("alpha", \.effect.layer.alpha).shown(as: "α"),
      Column<Entry>("scale", \.effect.scale).shown(as: "scale"),
      Column<Entry>("norm", \.effect.norm).shown(as: "norm of ΔW", .decimals(3)),
      Column<Entry>("relative_norm", \.effect.relativeNorm).shown(as: "of that of W", .percent(2)),
      Column<Entry>("effective_rank", \.effect.effectiveRank).shown(
        as: "effective rank", .decimals(2)),
      Column<Entry>("file", \.effect.layer.file),
    ]
  }

  static func name(of part: LoRAPart) -> String {
    switch part {
    case .unet: "U-Net"
    case .textEncoder: "text encoder"
    }
  }

  // MARK: The page

  /// Words as the symbol of a curve.
  static func words(_ text: String) -> Math { Math("\"" + text + "\"") }

  /// How much each layer changes, and the spectra of those that change most.
  public var section: Section {
    Section("The change in the weights") {
      Text(
        """
        A LoRA adds to the weight of a layer a product of two thin matrices: it cannot change more than \
        \(math: "r") directions of it. \(Prose(relatives + opening))
        """)
      LiveFormula(
        "\(term: weight) ← \(term: weight) + s \(fraction: "α", "r") B A = \(term: weight) + \(term: change)"
      )
      Row {
        changes
        spectra
      }
      if chosen.count > 1 { Choice(chosen) }
      Table(
        strongest.count > Self.mostShown
          ? "The \(Self.mostShown) layers that change most, of \(rows.count); lora.csv has all"
          : "Every layer that changes, strongest first",
        strongest.prefix(Self.mostShown), columns)
      if let sums {
        sums.introduction
        sums.spectra
        sums.table
      }
    }
  }

  private var changes: Chart {
    let shares = rows.map(\.effect.relativeNorm).filter(\.isFinite)
    let largest = shares.max() ?? 0
    return Chart(
      "How much each layer changes", x: .linear("layer"),
      y: .linear("‖ΔW‖ / ‖W‖", in: 0...(largest > 0 ? 1.05 * largest : 1)),
      curves: LoRAPart.allCases.compactMap { part -> Curve? in
        let rows = rows.filter { $0.effect.layer.part == part }
        guard !rows.isEmpty else { return nil }
        let name = Self.name(of: part)
        return Curve(
          of: Quantity(
            Self.words(name), "change in the \(name)", part == .unet ? .prediction : .condition),
          x: rows.map { Double($0.number) }, y: rows.map(\.effect.relativeNorm), style: .bars)
      })
  }

  private var spectra: Chart {
    Chart(
      "Singular values of the layers that change most", x: .linear("index, from 1"),
      y: .log("σ / ‖ΔW‖"),
      curves: strongest.prefix(Self.mostSpectra).enumerated().map { position, row in
        let values = row.effect.singularValues
        let name = "layer \(row.number)"
        return Curve(
          of: Quantity(Self.words(name), name, .neutral),
          x: values.indices.map { Double($0 + 1) },
          y: values.map { row.effect.norm > 0 ? $0 / row.effect.norm : .nan },
          choice: (chosen, position))
      })
  }

  private let weight = Quantity("W", "the weight of a layer", .neutral)
  private let change = Quantity("ΔW", "what the LoRA adds", .prediction)

  /// What the relatives do instead, where there are any.
  private var relatives: String {
    let forms = Set(rows.map(\.effect.layer.form))
    return
      (forms.contains(.loha)
      ? "A LoHa multiplies two such products number by number and reaches r² directions. " : "")
      + (forms.contains(.lokr)
        ? "A LoKr multiplies each number of a small matrix by the whole of another. " : "")
  }

  private var opening: String {
    let parts = LoRAPart.allCases.compactMap { part -> String? in
      let layers = Set(rows.filter { $0.effect.layer.part == part }.map(\.effect.layer.module))
      return layers.isEmpty ? nil : "\(layers.count) of the \(Self.name(of: part))"
    }
    let files = Set(rows.map(\.effect.layer.file)).count
    let layers = rows.count - (sums?.repeated ?? 0)
    return "\(files == 1 ? "This one changes" : "These \(files) change") \(layers) layers: "
      + "\(parts.joined(separator: ", "))."
  }

  /// The sums against the matrices beside each other, and the norms against the spectra.
  public var residuals: [Residual] {
    [
      Residual(
        """
        \(math: "(W + ΔW) x = W x + s (α / r) B (A x)") in every layer, for a random x: largest \
        difference, relative
        """, measured: rows.map(\.effect.sideResidual).max() ?? 0, bound: 1e-5),
      Residual(
        "‖ΔW‖ = the length of its singular values, in every layer: relative",
        measured: rows.map(\.effect.spectrumResidual).max() ?? 0, bound: 1e-5),
    ] + (sums?.residuals ?? [])
  }
}
