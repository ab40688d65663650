import Attention
import Commands
import Imaging
import Pages
import Records
import Tensors

/// The table, pictures and arrays of `attention-edits`.
struct AttentionEditsFiles {
  let run: EditedRun

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(changes, as: "change.csv")
    try output.write(run.picture, as: "images/picture.png")
    for (index, variant) in run.variants.enumerated() {
      try output.write(variant.picture, as: "images/variant-\(index).png")
      try output.write(
        HeatmapPictures.changePicture(variant.change), as: "images/change-\(index).png")
      guard let heat = run.heatmap(of: variant.intervention.word) else { continue }
      try output.write(HeatmapPictures.over(run.picture, heat), as: "images/heatmap-\(index).png")
    }
    if tensors {
      try output.write(arrays)
    }
  }

  /// One row per change and aggregate.
  private var changes: CSVTable {
    CSVTable(
      run.variants.flatMap { variant in variant.effects.map { (variant, effect: $0) } },
      [
        Column("intervention", \.0.intervention.label), Column("word", \.0.intervention.word),
        Column("prompt", \.0.prompt), Column("aggregate", \.effect.aggregate.rawValue),
        Column("area", \.effect.area), Column("change_inside", \.effect.inside),
        Column("ratio", \.effect.ratio), Column("mean_change", \.0.meanChange),
        Column("max_change", \.0.change.maxAbs),
      ])
  }

  private var arrays: [String: Tensor] {
    var arrays: [String: Tensor] = [:]
    for heatmaps in run.heatmaps {
      arrays["heatmap.\(heatmaps.aggregate.rawValue)"] = heatmaps.stacked
    }
    for variant in run.variants {
      arrays["change.\(variant.intervention.label)"] = variant.change
    }
    return arrays
  }
}

extension EditedRun {
  /// The plain mean of a word before any change; nil when the selection leaves it out.
  func heatmap(of word: String) -> Tensor? {
    heatmaps.of(.mean)?.mean(of: columns.columns(of: word))
  }
}
