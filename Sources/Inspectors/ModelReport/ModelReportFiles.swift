import Commands
import Foundation
import Imaging
import Storybook
import Tracing
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
      try output.write(table(pointing), as: "pointing.csv")
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

  /// t is 0-based.
  private func table(_ pointing: Pointing) -> CSVTable {
    var table = CSVTable(columns: [
      "t", "subject", "words", "hits", "accuracy", "chance", "mass_inside",
    ])
    for row in pointing.rows {
      table.append([
        .integer(row.t), .text(row.subject.rawValue), .integer(row.tally.words),
        .integer(row.tally.hits), .double(row.tally.accuracy), .double(row.tally.chance),
        .double(row.tally.massInside),
      ])
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
