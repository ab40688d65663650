import Attention
import Commands
import Imaging
import Pages
import Records
import Tensors

/// The tables, pictures and arrays of `conditioning`.
struct ConditioningFiles {
  private let experiment: ConditioningExperiment
  private let measured: [ConditioningScore]?

  init(_ experiment: ConditioningExperiment, measured: [ConditioningScore]?) {
    (self.experiment, self.measured) = (experiment, measured)
  }

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(CSVTable(experiment.trials, Trial.columns), as: "conditioning.csv")
    if let measured {
      try output.write(CSVTable(measured, ConditioningScore.columns), as: "evaluation.csv")
    }
    for trial in experiment.trials {
      let name = trial.way.rawValue
      for (told, suffix) in zip(trial.told, ["condition", "changed-condition"]) {
        if let picture = told.picture {
          try output.write(picture, as: "images/\(name)-\(suffix).png")
        }
      }
      for (picture, suffix) in zip(trial.pictures, ["picture", "changed-picture"]) {
        try output.write(picture, as: "images/\(name)-\(suffix).png")
      }
      try output.write(
        HeatmapPictures.changePicture(trial.change), as: "images/\(name)-difference.png")
    }
    if tensors { try output.write(arrays) }
  }

  private var arrays: [String: Tensor] {
    var arrays: [String: Tensor] = [:]
    for trial in experiment.trials {
      let name = trial.way.rawValue
      arrays["change.\(name)"] = trial.change
      arrays["context.\(name)"] = trial.inputs.context
      arrays["joined.\(name)"] = trial.inputs.joined
    }
    return arrays
  }
}

extension Trial {
  static var columns: [Column<Trial>] {
    [
      Column("condition", \.way.rawValue),
      Column("context_tokens", { $0.entrance.context?[0] ?? 0 }),
      Column("classes", { $0.entrance.labels ?? 0 }),
      Column("latent_channels", \.entrance.latent[0]),
      Column("joined_channels", { $0.entrance.joined?[0] ?? 0 }),
      Column("latent_height", \.entrance.latent[1]), Column("latent_width", \.entrance.latent[2]),
      Column("parameters", \.entrance.parameters), Column("guidance_scale", \.guidanceScale),
      Column("told", \.told[0].words), Column("change", \.deed),
      Column("mean_change", \.meanChange),
    ]
  }
}

extension ConditioningScore {
  static var columns: [Column<ConditioningScore>] {
    [
      Column("condition", \.way.rawValue).shown(as: "told by"),
      Column("measure", \.measure).shown(as: "measure"),
      Column("value", \.value).shown(as: "this model") { cell($0.value, $0) },
      Column("baseline", \.baseline).shown(as: "beside it"),
      Column("baseline_value", \.baselineValue).shown(as: "that has") {
        cell($0.baselineValue, $0)
      },
      Column("truth_value", { $0.truth ?? .nan }).shown(as: "true pictures") {
        cell($0.truth ?? .nan, $0)
      },
      Column("unit", \.unit), Column("count", \.count).shown(as: "of", .integer),
    ]
  }

  private static func cell(_ value: Double, _ score: ConditioningScore) -> Table.Cell {
    guard !value.isNaN else { return .none }
    return score.unit == "dB"
      ? .prose(Prose(NumberFormat.decimals(2).text(value) + " dB"))
      : .number(value, .percent(1))
  }
}
