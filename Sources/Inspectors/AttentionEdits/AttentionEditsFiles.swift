import Attention
import Checkpoints
import Imaging
import Tensors
import Tracing

/// The table, pictures and arrays of `attention-edits`.
struct AttentionEditsFiles {
  let run: EditedRun

  func write(to folder: RunFolder, tensors: Bool) throws {
    try folder.write(changes, as: "change.csv")
    try write(run.picture, as: "picture.png", to: folder)
    for (index, variant) in run.variants.enumerated() {
      try write(variant.picture, as: "variant-\(index).png", to: folder)
      try write(
        HeatmapPictures.changePicture(variant.change), as: "change-\(index).png", to: folder)
      guard let heat = run.heatmap(of: variant.intervention.word) else { continue }
      try write(HeatmapPictures.over(run.picture, heat), as: "heatmap-\(index).png", to: folder)
    }
    if tensors {
      try folder.writeFile(as: "tensors.safetensors") { try SafetensorsFile.write(arrays, to: $0) }
    }
  }

  /// What untrained weights made says so.
  private func write(_ image: Image, as name: String, to folder: RunFolder) throws {
    let stamped = run.isTrained ? image : image.stamped("UNTRAINED")
    try folder.writeImage(PNG.data(of: stamped), as: name)
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
