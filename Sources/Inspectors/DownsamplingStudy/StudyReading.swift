import Diagnostics
import Foundation
import Imaging
import JSON
import Records
import Storybook

/// What goes wrong with a study.
package enum StudyError: PersonFacingError, Equatable {
  /// A table of a finished study is not what such a table holds.
  case badTable(file: String, expected: String)
  /// Somebody asked to stop before any model was looked at.
  case nothingYet(state: String)

  package var exitStatus: ExitStatus {
    switch self {
    case .badTable: .badData
    case .nothingYet: .cannotCreate
    }
  }

  package var description: String {
    switch self {
    case .badTable(let file, let expected): "\(file): expected \(expected)"
    case .nothingYet(let state):
      "stopped before the first look at a model; --resume goes on from \(state)"
    }
  }
}

extension Study {
  /// Reads the run folder of a study, or the bundled part of one.
  /// - Throws: `FileError`, `JSONError` or `StudyError`.
  package init(readingFrom folder: String) throws {
    let settings = try StudyTable(folder, "settings.csv")
    let pairs = zip(try settings.texts("option"), try settings.texts("value"))
    guard let known = StudySettings(named: Dictionary(pairs) { first, _ in first }) else {
      throw StudyError.badTable(file: settings.path, expected: "the settings of a study")
    }
    self.settings = known
    command =
      try JSONNode(contentsOf: folder + "/manifest.json").find("command")?.string() ?? ""
    let ceilings = try StudyTable(folder, "ceilings.csv")
    guard let drawn = try ceilings.rows(f: 0).first.map(ceilings.quality) else {
      throw StudyError.badTable(file: ceilings.path, expected: "a row for drawn scenes, f = 0")
    }
    self.drawn = drawn
    models = try Self.models(folder, ceilings)
    guard !models.isEmpty else {
      throw StudyError.badTable(file: folder + "/factors.csv", expected: "a row for each model")
    }
  }

  private static func models(_ folder: String, _ ceilings: StudyTable) throws -> [StudyModel] {
    let factors = try StudyTable(folder, "factors.csv")
    let quality = try StudyTable(folder, "quality.csv")
    let losses = try StudyTable(folder, "loss.csv")
    return try factors.numbers("f").enumerated().map { row, f in
      let factor = Int(f)
      let points = try quality.rows(f: factor)
      guard let ceiling = try ceilings.rows(f: factor).first, !points.isEmpty else {
        throw StudyError.badTable(file: ceilings.path, expected: "a row for f = \(factor)")
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
        ceilingPSNR: try ceilings.numbers("psnr")[ceiling],
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

/// A table of a study whose cells are known to be there.
private struct StudyTable {
  let path: String
  private let table: CSVTable

  init(_ folder: String, _ name: String) throws {
    path = folder + "/" + name
    let data = try readInput(path, expecting: "a table of a study", limit: 4 << 20)
    guard let table = CSVTable(text: String(decoding: data, as: UTF8.self)) else {
      throw StudyError.badTable(file: path, expected: "a table with a header")
    }
    self.table = table
  }

  /// Finite numbers that an integer holds as well; only a PSNR may be infinite.
  func numbers(_ column: String) throws -> [Double] {
    guard let numbers = table.numbers(column),
      numbers.allSatisfy({ abs($0) < 1e15 || column == "psnr" })
    else { throw StudyError.badTable(file: path, expected: "numbers in a column '\(column)'") }
    return numbers
  }

  func texts(_ column: String) throws -> [String] {
    guard let texts = table.texts(column) else {
      throw StudyError.badTable(file: path, expected: "a column '\(column)'")
    }
    return texts
  }

  /// The rows of one model.
  func rows(f: Int) throws -> [Int] {
    try numbers("f").enumerated().filter { $0.element == Double(f) }.map(\.offset)
  }

  func quality(_ row: Int) throws -> StudyQuality {
    StudyQuality(
      count: Int(try numbers("pictures")[row]), distance: try numbers("frechet_distance")[row],
      shares: try SceneAttribute.allCases.map { try numbers($0.rawValue)[row] },
      caption: try numbers("caption_accuracy")[row])
  }

  func point(_ row: Int) throws -> StudyPoint {
    StudyPoint(
      trainSeconds: try numbers("train_seconds")[row],
      trainSteps: Int(try numbers("train_steps")[row]),
      samplerSteps: Int(try numbers("sampler_steps")[row]),
      sampleSeconds: try numbers("sample_seconds")[row], quality: try quality(row))
  }
}
