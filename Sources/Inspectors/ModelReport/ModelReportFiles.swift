import Attention
import Commands
import Evaluation
import Foundation
import Imaging
import Pages
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
      try output.write(
        CSVTable(report.reconstructions, Self.reconstructionColumns), as: "reconstruction.csv")
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
    try output.write(CSVTable(captions.distances, Self.distanceColumns), as: "frechet.csv")
    for trial in captions.worstFirst.prefix(Self.mostPictures) {
      try output.write(trial.picture, as: "images/caption-\(padded(trial.index, to: 4)).png")
    }
    // As they come, not the best ones.
    let sheet = Image.grid(captions.trials.prefix(64).map(\.picture), columns: 8)
    try output.write(sheet, as: "images/first-64.png")
  }

  /// One row for each attribute and set of pictures.
  private func accuracy(_ captions: CaptionTrials) -> CSVTable {
    CSVTable(
      captions.scores.flatMap { name, scores in
        scores.all.map { (pictures: name, measure: $0, share: $1) }
      },
      [
        Column("pictures", \.pictures), Column("measure", \.measure),
        Column("count", \.share.count), Column("right", \.share.right),
        Column("share", \.share.value), Column("low_95", \.share.interval.lowerBound),
        Column("high_95", \.share.interval.upperBound),
      ])
  }

  /// One row for each picture.
  private func trials(_ captions: CaptionTrials) -> CSVTable {
    CSVTable(
      captions.trials,
      [
        Column("caption", \.index), Column("seed") { String($0.seed) }, Column("prompt", \.caption),
        Column("mistakes", \.mistakes.count), Column("confidence", \.confidence),
      ]
        + SceneAttribute.allCases.map { attribute in
          Column(attribute.rawValue) { $0.reading[attribute] }
        })
  }

  private func confusion(_ captions: CaptionTrials) -> CSVTable {
    CSVTable(
      captions.confusions.flatMap { name, classes, counts in
        classes.indices.flatMap { asked in
          classes.indices.map { read in
            (name: name, asked: classes[asked], read: classes[read], count: counts[asked][read])
          }
        }
      },
      [
        Column("attribute", \.name), Column("asked", \.asked), Column("read", \.read),
        Column("pictures", \.count),
      ])
  }

  /// Of `reconstruction.csv` and of the page, where ± is the standard deviation between pictures.
  static var reconstructionColumns: [Column<Reconstruction>] {
    [
      Column("autoencoder", \.autoencoder).shown(as: "autoencoder"),
      Column("f", \.factor).shown(as: "f"), Column("channels", \.channels).shown(as: "channels"),
      Column("pictures", \.set).shown(as: "pictures"),
      Column("count", \.quality.psnr.count).shown(as: "how many"),
      Column("psnr", \.quality.psnr.meanAndDeviation.mean).shown(as: "PSNR in dB") {
        .prose(spread($0.quality.psnr, 2))
      },
      Column("psnr_std", \.quality.psnr.meanAndDeviation.deviation),
      Column("ssim", \.quality.ssim.meanAndDeviation.mean).shown(as: "SSIM") {
        .prose(spread($0.quality.ssim, 3))
      },
      Column("ssim_std", \.quality.ssim.meanAndDeviation.deviation),
    ]
  }

  /// Of `frechet.csv` and of the page.
  static var distanceColumns: [Column<(name: String, count: Int, distance: Double)>] {
    [
      Column("pictures", \.name).shown(as: "pictures"),
      Column("count", \.count).shown(as: "how many"),
      Column("frechet_distance", \.distance).shown(as: "distance"),
    ]
  }

  private static func spread(_ values: [Double], _ digits: Int) -> Prose {
    let (mean, deviation) = values.meanAndDeviation
    return "\(mean, .decimals(digits)) ± \(deviation, .decimals(digits))"
  }

  // MARK: Attention

  private typealias Pointing = (
    t: Int, aggregate: Aggregate, subject: PointingGame.Subject?, tally: PointingGame.Tally
  )

  private static var pointingColumns: [Column<Pointing>] {
    [
      Column("subject") { $0.subject?.rawValue ?? "all" }, Column("words", \.tally.words),
      Column("hits", \.tally.hits), Column("accuracy", \.tally.accuracy),
      Column("chance", \.tally.chance), Column("mass_inside", \.tally.massInside),
    ]
  }

  /// The plain mean at each timestep alone; t is 0-based.
  private func byTimestep(_ pointing: PointingEvaluation) -> CSVTable {
    let rows = pointing.timesteps.sorted().flatMap { t in
      PointingGame.Subject.allCases.compactMap { subject -> Pointing? in
        pointing.tally(.mean, subject, at: t).map { (t, .mean, subject, $0) }
      }
    }
    return CSVTable(rows, [Column("t", \.t)] + Self.pointingColumns)
  }

  /// Every aggregate of all timesteps.
  private func byAggregate(_ pointing: PointingEvaluation) -> CSVTable {
    let rows = Aggregate.allCases.flatMap { aggregate in
      Report.subjects.compactMap { subject -> Pointing? in
        pointing.tally(aggregate, subject).map { (-1, aggregate, subject, $0) }
      }
    }
    return CSVTable(rows, [Column("aggregate", \.aggregate.rawValue)] + Self.pointingColumns)
  }

  /// One row per prompt, intervention and aggregate.
  private func table(_ ablation: AblationEvaluation) -> CSVTable {
    let rows = ablation.trials.enumerated().flatMap { index, trial in
      zip(AblationEvaluation.kinds, trial.variants).flatMap { kind, variant in
        variant.effects.map {
          (index: index, trial: trial, kind: kind, variant: variant, effect: $0)
        }
      }
    }
    return CSVTable(
      rows,
      [
        Column("prompt_index", \.index), Column("prompt", \.trial.prompt),
        Column("word", \.trial.word), Column("seed") { String($0.trial.seed) },
        Column("intervention", \.kind), Column("aggregate", \.effect.aggregate.rawValue),
        Column("area", \.effect.area), Column("change_inside", \.effect.inside),
        Column("ratio", \.effect.ratio), Column("mean_change", \.variant.meanChange),
      ])
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
