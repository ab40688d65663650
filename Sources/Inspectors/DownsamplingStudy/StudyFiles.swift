import Commands
import Foundation
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
    var table = CSVTable(columns: [
      "f", "latent_channels", "latent_height", "latent_width", "parameters", "batch",
      "train_steps", "train_seconds", "step_seconds", "step_bytes", "image_bytes", "pass_flops",
      "encode_flops", "decode_flops", "encode_seconds", "train_image_flops",
      "train_image_seconds", "train_images_per_second",
    ])
    for model in study.models {
      let costs = model.costs
      table.append(
        ([model.factor] + model.latentShape + [model.parameters, model.batch, model.trainSteps])
          .map { .integer($0) }
          + [
            .double(model.trainSeconds), .double(model.stepSeconds), .integer(costs.batchBytes),
            .integer(costs.pictureBytes), .integer(costs.passFlops), .integer(costs.encodeFlops),
            .integer(costs.decodeFlops), .double(costs.encodeSeconds),
            .integer(model.trainFlops), .double(model.stepSeconds / Double(model.batch)),
            .double(model.trainPicturesPerSecond),
          ])
    }
    return table
  }

  static let qualityColumns =
    ["pictures", "frechet_distance", "attribute_accuracy", "caption_accuracy"]
    + SceneAttribute.allCases.map(\.rawValue)

  private static func cells(_ quality: StudyQuality) -> [CSVTable.Cell] {
    [
      .integer(quality.count), .double(quality.distance), .double(quality.accuracy),
      .double(quality.caption),
    ] + quality.shares.map { .double($0) }
  }

  private var quality: CSVTable {
    var table = CSVTable(
      columns: ["f", "train_seconds", "train_steps", "train_images", "sampler_steps"]
        + ["sample_seconds"] + Self.qualityColumns + ["strip"])
    for model in study.models {
      for (index, point) in model.points.enumerated() {
        let start: [CSVTable.Cell] = [
          .integer(model.factor), .double(point.trainSeconds), .integer(point.trainSteps),
          .integer(point.trainSteps * model.batch), .integer(point.samplerSteps),
          .double(point.sampleSeconds),
        ]
        table.append(
          start + Self.cells(point.quality) + [
            .text(model.strips[index] == nil ? "" : "images/" + Self.strip(of: model, index))
          ])
      }
    }
    return table
  }

  /// f = 0 is the drawn scenes as they are.
  private var ceilings: CSVTable {
    var table = CSVTable(columns: ["f", "psnr"] + Self.qualityColumns)
    table.append([.integer(0), .double(.infinity)] + Self.cells(study.drawn))
    for model in study.models {
      table.append(
        [.integer(model.factor), .double(model.ceilingPSNR)] + Self.cells(model.ceiling))
    }
    return table
  }

  private var losses: CSVTable {
    var table = CSVTable(columns: ["f", "train_seconds", "loss"])
    for model in study.models {
      for loss in model.losses {
        table.append([.integer(model.factor), .double(loss.seconds), .double(loss.value)])
      }
    }
    return table
  }

  private var settings: CSVTable {
    var table = CSVTable(columns: ["option", "value"])
    for (name, value) in study.settings.named { table.append([.text(name), .text(value)]) }
    return table
  }
}
