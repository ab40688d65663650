import Attention
import Commands
import Evaluation
import Foundation
import Imaging
import Records
import Storybook
import Training

/// The tables and pictures of `model-report`.
struct ModelReportFiles {
  let report: Report

  /// The most pictures that are written one by one.
  static let mostPictures = 64

  func write(to output: RunOutput) throws {
    if let captions = report.captions { try write(captions, to: output) }
    if !report.reconstructions.isEmpty {
      try output.write(reconstruction, as: "reconstruction.csv")
    }
    if let pointing = report.pointing {
      try output.write(byTimestep(pointing), as: "pointing.csv")
      try output.write(byAggregate(pointing), as: "attention-pointing.csv")
    }
    if let ablation = report.ablation {
      try output.write(table(ablation), as: "attention-ablation.csv")
    }
  }

  private func write(_ captions: CaptionTrials, to output: RunOutput) throws {
    try output.write(accuracy(captions), as: "accuracy.csv")
    try output.write(trials(captions), as: "captions.csv")
    try output.write(confusion(captions), as: "confusion.csv")
    try output.write(frechet(captions), as: "frechet.csv")
    for trial in captions.worstFirst.prefix(Self.mostPictures) {
      try output.write(trial.picture, as: "images/caption-\(padded(trial.index, to: 4)).png")
    }
    // As they come, not the best ones.
    let sheet = Image.grid(captions.trials.prefix(64).map(\.picture), columns: 8)
    try output.write(sheet, as: "images/first-64.png")
  }

  /// One row for each attribute and set of pictures.
  private func accuracy(_ captions: CaptionTrials) -> CSVTable {
    var table = CSVTable(
      columns: ["pictures", "measure", "count", "right", "share", "low_95", "high_95"])
    for (name, scores) in captions.scores {
      for (measure, share) in scores.all {
        table.append([
          .text(name), .text(measure), .integer(share.count), .integer(share.right),
          .double(share.value), .double(share.interval.lowerBound),
          .double(share.interval.upperBound),
        ])
      }
    }
    return table
  }

  /// One row for each picture.
  private func trials(_ captions: CaptionTrials) -> CSVTable {
    var table = CSVTable(
      columns: ["caption", "seed", "prompt", "mistakes", "confidence"]
        + SceneAttribute.allCases.map(\.rawValue))
    for trial in captions.trials {
      table.append(
        [
          .integer(trial.index), .text(String(trial.seed)), .text(trial.caption),
          .integer(trial.mistakes.count), .double(trial.confidence),
        ] + SceneAttribute.allCases.map { .text(trial.reading[$0]) })
    }
    return table
  }

  private func confusion(_ captions: CaptionTrials) -> CSVTable {
    var table = CSVTable(columns: ["attribute", "asked", "read", "pictures"])
    for (name, classes, counts) in captions.confusions {
      for (row, asked) in classes.enumerated() {
        for (column, read) in classes.enumerated() {
          table.append([.text(name), .text(asked), .text(read), .integer(counts[row][column])])
        }
      }
    }
    return table
  }

  private func frechet(_ captions: CaptionTrials) -> CSVTable {
    var table = CSVTable(columns: ["pictures", "count", "frechet_distance"])
    for (name, count, distance) in captions.distances {
      table.append([.text(name), .integer(count), .double(distance)])
    }
    return table
  }

  private var reconstruction: CSVTable {
    var table = CSVTable(columns: [
      "autoencoder", "f", "channels", "pictures", "count", "psnr", "psnr_std", "ssim", "ssim_std",
    ])
    for row in report.reconstructions {
      let (psnr, ssim) = (
        row.quality.psnr.meanAndDeviation, row.quality.ssim.meanAndDeviation
      )
      table.append([
        .text(row.autoencoder), .integer(row.factor), .integer(row.channels), .text(row.set),
        .integer(row.quality.psnr.count), .double(psnr.mean), .double(psnr.deviation),
        .double(ssim.mean),
        .double(ssim.deviation),
      ])
    }
    return table
  }

  // MARK: Attention

  private static let pointingColumns = [
    "subject", "words", "hits", "accuracy", "chance", "mass_inside",
  ]

  private static func cells(
    _ subject: PointingGame.Subject?, _ tally: PointingGame.Tally
  ) -> [CSVTable.Cell] {
    [
      .text(subject?.rawValue ?? "all"), .integer(tally.words), .integer(tally.hits),
      .double(tally.accuracy), .double(tally.chance), .double(tally.massInside),
    ]
  }

  /// The plain mean at each timestep alone; t is 0-based.
  private func byTimestep(_ pointing: PointingEvaluation) -> CSVTable {
    var table = CSVTable(columns: ["t"] + Self.pointingColumns)
    for t in pointing.timesteps.sorted() {
      for subject in PointingGame.Subject.allCases {
        guard let tally = pointing.tally(.mean, subject, at: t) else { continue }
        table.append([.integer(t)] + Self.cells(subject, tally))
      }
    }
    return table
  }

  /// Every aggregate of all timesteps.
  private func byAggregate(_ pointing: PointingEvaluation) -> CSVTable {
    var table = CSVTable(columns: ["aggregate"] + Self.pointingColumns)
    for aggregate in Aggregate.allCases {
      for subject in ModelReportPage.subjects {
        guard let tally = pointing.tally(aggregate, subject) else { continue }
        table.append([.text(aggregate.rawValue)] + Self.cells(subject, tally))
      }
    }
    return table
  }

  /// One row per prompt, intervention and aggregate.
  private func table(_ ablation: AblationEvaluation) -> CSVTable {
    var table = CSVTable(columns: [
      "prompt_index", "prompt", "word", "seed", "intervention", "aggregate", "area",
      "change_inside", "ratio", "mean_change",
    ])
    for (index, trial) in ablation.trials.enumerated() {
      for (kind, variant) in zip(AblationEvaluation.kinds, trial.variants) {
        for effect in variant.effects {
          table.append([
            .integer(index), .text(trial.prompt), .text(trial.word), .text(String(trial.seed)),
            .text(kind), .text(effect.aggregate.rawValue), .double(effect.area),
            .double(effect.inside), .double(effect.ratio), .double(variant.meanChange),
          ])
        }
      }
    }
    return table
  }
}

extension CaptionScores {
  /// Every measure by name, whole captions last.
  var all: [(name: String, share: Share)] {
    attributes.map { ($0.attribute.rawValue, $0.share) } + [
      ("object found", objects.found), ("colour with its object", objects.bound),
      ("colours swapped", objects.swapped), ("left and right as asked", objects.ordered),
      ("whole caption", whole),
    ]
  }
}
