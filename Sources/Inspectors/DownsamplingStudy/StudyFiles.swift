import Commands
import Foundation
import Pages
import Records
import Storybook

/// The tables and pictures of a study, from which its page can be made again.
package struct StudyFiles {
  private let study: Study

  package init(study: Study) { self.study = study }

  package func write(to output: RunOutput) throws {
    try output.write(factors, as: "factors.csv")
    try output.write(quality, as: "quality.csv")
    try output.write(ceilings, as: "ceilings.csv")
    try output.write(losses, as: "loss.csv")
    try output.write(settings, as: "settings.csv")
    if !study.repeats.isEmpty { try output.write(study.seedTable, as: "seeds.csv") }
    for model in study.models {
      for (index, strip) in model.strips.enumerated() {
        if let strip {
          try output.write(png: strip, as: "images/" + Self.strip(of: model, index))
        }
      }
    }
  }

  static func strip(of model: StudyModel, _ index: Int) -> String {
    "ldm-\(padded(model.factor, to: 2))-\(padded(index, to: 2)).png"
  }

  private var factors: CSVTable {
    CSVTable(
      study.models,
      [
        Column("f", \.factor), Column("latent_channels", \.latentShape[0]),
        Column("latent_height", \.latentShape[1]), Column("latent_width", \.latentShape[2]),
        Column("parameters", \.parameters), Column("batch", \.batch),
        Column("train_steps", \.trainSteps), Column("train_seconds", \.trainSeconds),
        Column("step_seconds", \.stepSeconds), Column("step_bytes", \.costs.batchBytes),
        Column("image_bytes", \.costs.pictureBytes), Column("pass_flops", \.costs.passFlops),
        Column("encode_flops", \.costs.encodeFlops), Column("decode_flops", \.costs.decodeFlops),
        Column("encode_seconds", \.costs.encodeSeconds),
        Column("train_image_flops", \.trainFlops),
        Column("train_image_seconds") { $0.stepSeconds / Double($0.batch) },
        Column("train_images_per_second", \.trainPicturesPerSecond),
      ])
  }

  private static func qualityColumns<Row>(
    _ quality: @escaping (Row) -> StudyQuality
  ) -> [Column<Row>] {
    [
      Column("pictures") { quality($0).count },
      Column("frechet_distance") { quality($0).distance },
      Column("attribute_accuracy") { quality($0).accuracy },
      Column("caption_accuracy") { quality($0).caption },
    ]
      + SceneAttribute.allCases.enumerated().map { index, attribute in
        Column(attribute.rawValue) { quality($0).shares[index] }
      }
  }

  private var quality: CSVTable {
    CSVTable(
      study.models.flatMap { model in
        model.points.enumerated().map { (model: model, index: $0, point: $1) }
      },
      [
        Column("f", \.model.factor), Column("train_seconds", \.point.trainSeconds),
        Column("train_steps", \.point.trainSteps),
        Column("train_images") { $0.point.trainSteps * $0.model.batch },
        Column("sampler_steps", \.point.samplerSteps),
        Column("sample_seconds", \.point.sampleSeconds),
      ] + Self.qualityColumns { $0.point.quality } + [
        Column("strip") { row in
          row.model.strips[row.index].map { _ in "images/" + Self.strip(of: row.model, row.index) }
        }
      ])
  }

  /// f = 0 is the drawn scenes as they are.
  private var ceilings: CSVTable {
    CSVTable(
      [(f: 0, psnr: .infinity, quality: study.drawn)]
        + study.models.map { (f: $0.factor, psnr: $0.ceilingPSNR, quality: $0.ceiling) },
      [Column("f", \.f), Column("psnr", \.psnr)] + Self.qualityColumns { $0.quality })
  }

  private var losses: CSVTable {
    CSVTable(
      study.models.flatMap { model in model.losses.map { (f: model.factor, loss: $0) } },
      [
        Column("f", \.f), Column("train_seconds", \.loss.seconds), Column("loss", \.loss.value),
      ])
  }

  private var settings: CSVTable {
    CSVTable(study.settings.named, [Column("option", \.name), Column("value", \.value)])
  }
}
