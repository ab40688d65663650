import Checkpoints
import Pages
import Records

/// What several LoRAs change together, in the layers that more than one of them changes.
struct LoRASumReport {
  private let sums: [LoRASum]
  /// Those that change most, strongest first.
  private let strongest: [LoRASum]

  /// How many layers the table on the page has, and how many spectra are drawn.
  private static let (mostShown, mostSpectra) = (12, 6)

  /// - Parameter sums: in order; nothing is reported where there is none.
  init?(_ sums: [LoRASum]) {
    guard !sums.isEmpty else { return nil }
    self.sums = sums
    strongest = sums.sorted { $0.relativeNorm > $1.relativeNorm }
  }

  /// How many changes are of a layer that another file has changed already.
  var repeated: Int { sums.reduce(0) { $0 + $1.count - 1 } }

  private let columns: [Column<LoRASum>] = [
    Column<LoRASum>("layer", \.module).shown(as: "layer"),
    Column<LoRASum>("part", \.part.rawValue).shown(as: "part") {
      .prose(Prose(LoRAReport.name(of: $0.part)))
    },
    Column<LoRASum>("loras", \.count).shown(as: "LoRAs"),
    Column<LoRASum>("norm", \.norm).shown(as: "norm of ΣΔW", .decimals(3)),
    Column<LoRASum>("relative_norm", \.relativeNorm).shown(as: "of that of W", .percent(2)),
    Column<LoRASum>("sum_of_norms", \.sumOfNorms),
    Column<LoRASum>("agreement", \.agreement).shown(as: "of the norms' sum", .percent(0)),
    Column<LoRASum>("effective_rank", \.effectiveRank).shown(as: "effective rank", .decimals(2)),
  ]

  /// Writes `lora-sum.csv`, a row for each layer, and `lora-sum-spectra.csv`, a row for each singular
  /// value.
  func write(to output: RunOutput) throws {
    try output.write(CSVTable(sums, columns), as: "lora-sum.csv")
    let values = sums.flatMap { sum in
      sum.singularValues.enumerated().map { (layer: sum.module, index: $0, value: $1) }
    }
    try output.write(
      CSVTable(
        values,
        [
          Column("layer", \.layer), Column("index", \.index), Column("singular_value", \.value),
        ]), as: "lora-sum-spectra.csv")
  }

  // MARK: The page

  var introduction: Text {
    Text(
      """
      Several files change \(sums.count) of these layers, and their changes add up: \
      \(math: "ΔW = Σ_k ΔW_k"). Where they pull one way the sum is as long as its parts together, 100 %; \
      where they have nothing to do with each other, as long as the diagonal of a box; where they cancel, \
      0 %.
      """)
  }

  var spectra: Chart {
    Chart(
      "Singular values of the sums that change most", x: .linear("index, from 1"),
      y: .log("σ / ‖ΣΔW‖"),
      curves: strongest.prefix(Self.mostSpectra).map { sum in
        let name = "sum in \(sum.module)"
        return Curve(
          of: Quantity(LoRAReport.words(name), name, .neutral),
          x: sum.singularValues.indices.map { Double($0 + 1) },
          y: sum.singularValues.map { sum.norm > 0 ? $0 / sum.norm : .nan })
      })
  }

  var table: Table {
    Table(
      strongest.count > Self.mostShown
        ? "The \(Self.mostShown) sums that change most, of \(sums.count); lora-sum.csv has all"
        : "What the files change together, strongest first",
      strongest.prefix(Self.mostShown), columns)
  }

  /// The norm of each sum against its spectrum.
  var residuals: [Residual] {
    [
      Residual(
        "‖ΣΔW‖ = the length of its singular values, in every layer: of the norms' sum",
        measured: sums.map(\.spectrumResidual).max() ?? 0, bound: 1e-5)
    ]
  }
}
