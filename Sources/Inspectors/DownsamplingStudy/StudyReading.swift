import Diagnostics
import Foundation
import Imaging
import JSON
import Records
import Storybook

/// Somebody asked a study to stop before any model was looked at.
struct StudyStoppedEarly: PersonFacingError {
  /// Where it can go on.
  let state: String

  var exitStatus: ExitStatus { .interrupted }

  var description: String {
    "stopped before the first look at a model; --resume goes on from \(state)"
  }
}

extension Study {
  /// Reads the run folder of a study, or the bundled part of one.
  /// - Throws: `FileError`, `JSONError` or `TableError`.
  package init(readingFrom folder: String) throws {
    let settings = try TableFile(folder, "settings.csv")
    let pairs = zip(try settings.texts("option"), try settings.texts("value"))
    guard let known = StudySettings(named: Dictionary(pairs) { first, _ in first }) else {
      throw TableError(file: settings.path, expected: "the settings of a study")
    }
    self.settings = known
    command =
      try JSONNode(contentsOf: folder + "/manifest.json").find("command")?.string() ?? ""
    let ceilings = try TableFile(folder, "ceilings.csv")
    guard let drawn = try ceilings.rows(f: 0).first.map(ceilings.quality) else {
      throw TableError(file: ceilings.path, expected: "a row for drawn scenes, f = 0")
    }
    self.drawn = drawn
    models = try Self.models(folder, ceilings)
    guard !models.isEmpty else {
      throw TableError(file: folder + "/factors.csv", expected: "a row for each model")
    }
  }

  private static func models(_ folder: String, _ ceilings: TableFile) throws -> [StudyModel] {
    let factors = try TableFile(folder, "factors.csv")
    let quality = try TableFile(folder, "quality.csv")
    let losses = try TableFile(folder, "loss.csv")
    return try factors.numbers("f").enumerated().map { row, f in
      let factor = Int(f)
      let points = try quality.rows(f: factor)
      guard let ceiling = try ceilings.rows(f: factor).first, !points.isEmpty else {
        throw TableError(file: ceilings.path, expected: "a row for f = \(factor)")
      }
      func whole(_ column: String) throws -> Int { Int(try factors.numbers(column)[row]) }
      func number(_ column: String) throws -> Double { try factors.numbers(column)[row] }
      return StudyModel(
        factor: factor,
        latentShape: try ["latent_channels", "latent_height", "latent_width"].map(whole),
        parameters: try whole("parameters"), batch: try whole("batch"),
        trainSteps: try whole("train_steps"), trainSeconds: try number("train_seconds"),
        stepSeconds: try number("step_seconds"),
        costs: StudyCosts(
          passFlops: try whole("pass_flops"), decodeFlops: try whole("decode_flops"),
          encodeFlops: try whole("encode_flops"), batchBytes: try whole("step_bytes"),
          pictureBytes: try whole("image_bytes"), encodeSeconds: try number("encode_seconds")),
        ceiling: try ceilings.quality(ceiling),
        ceilingPSNR: try ceilings.numbers("psnr", allowing: \.isInfinite)[ceiling],
        points: try points.map(quality.point),
        strips: try points.map { row in
          let name = try quality.texts("strip")[row]
          return name.isEmpty ? nil : try strip(folder + "/" + name)
        },
        losses: try losses.rows(f: factor).map { row in
          StudyModel.Loss(
            seconds: try losses.numbers("train_seconds")[row],
            value: try losses.numbers("loss")[row])
        })
    }
  }
}

extension Study {
  /// A PNG as it is, after a look whether it is one.
  private static func strip(_ path: String) throws -> Data {
    let png = try readInput(path, expecting: "a PNG image", limit: 16 << 20)
    _ = try PictureFile(png, named: path)
    return png
  }
}

extension TableFile {
  fileprivate init(_ folder: String, _ name: String) throws {
    try self.init(folder + "/" + name, expecting: "a table of a study")
  }

  /// The rows of one model.
  fileprivate func rows(f: Int) throws -> [Int] {
    try numbers("f").enumerated().filter { $0.element == Double(f) }.map(\.offset)
  }

  fileprivate func quality(_ row: Int) throws -> StudyQuality {
    StudyQuality(
      count: Int(try numbers("pictures")[row]), distance: try numbers("frechet_distance")[row],
      shares: try SceneAttribute.allCases.map { try numbers($0.rawValue)[row] },
      caption: try numbers("caption_accuracy")[row])
  }

  fileprivate func point(_ row: Int) throws -> StudyPoint {
    StudyPoint(
      trainSeconds: try numbers("train_seconds")[row],
      trainSteps: Int(try numbers("train_steps")[row]),
      samplerSteps: Int(try numbers("sampler_steps")[row]),
      sampleSeconds: try numbers("sample_seconds")[row], quality: try quality(row))
  }
}
