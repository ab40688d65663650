import Attention
import Checkpoints
import Commands
import Imaging
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
    var table = CSVTable(columns: [
      "intervention", "word", "prompt", "aggregate", "area", "change_inside", "ratio",
      "mean_change", "max_change",
    ])
    for variant in run.variants {
      for effect in variant.effects {
        table.append([
          .text(variant.intervention.label), .text(variant.intervention.word),
          .text(variant.prompt), .text(effect.aggregate.rawValue), .double(effect.area),
          .double(effect.inside), .double(effect.ratio), .double(variant.meanChange),
          .float(variant.change.maxAbs),
        ])
      }
    }
    return table
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
