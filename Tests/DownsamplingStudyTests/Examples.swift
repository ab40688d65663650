import DownsamplingStudy
import Foundation
import Imaging
import Records
import Storybook
import TestSupport

/// Studies with numbers of one's own.
enum Examples {
  /// Every model is looked at twice, half-way and at the end, and draws at the end with 5 steps too.
  /// The share of what is drawn as asked at the end is a half where `shares` does not say otherwise.
  static func study(
    distances: [Int: (half: Double, end: Double)], shares: [Int: Double] = [:]
  ) -> Study {
    var settings = StudySettings()
    settings.factors = distances.keys.sorted()
    settings.budget = 20 * Double(distances.count)
    settings.checkpoints = 2
    return Study(
      settings: settings, drawn: quality(2, 1),
      models: settings.factors.map { factor in
        let (half, end) = distances[factor] ?? (0, 0)
        return model(factor, half: half, end: end, share: shares[factor] ?? 0.5)
      }, command: "downsampling-study --budget 2m")
  }

  static func quality(_ distance: Double, _ share: Double) -> StudyQuality {
    StudyQuality(
      count: 16, distance: distance, shares: SceneAttribute.allCases.map { _ in share },
      caption: share / 2)
  }

  /// Coarser models draw faster.
  private static func model(
    _ factor: Int, half: Double, end: Double, share: Double
  ) -> StudyModel {
    let strip = PNG.data(of: Image(width: 6, height: 2, filledWith: .white))
    let draw = 1 / Double(factor)
    return StudyModel(
      factor: factor, latentShape: [4, 128 / factor, 128 / factor], parameters: 1000 + factor,
      batch: 8, trainSteps: 40, trainSeconds: 20.25, stepSeconds: 0.5,
      costs: StudyCosts(
        passFlops: 4096 / factor, decodeFlops: 9, encodeFlops: 7, batchBytes: 800,
        pictureBytes: 90, encodeSeconds: 0.125),
      ceiling: quality(2.5, 0.75), ceilingPSNR: factor == 1 ? .infinity : 30,
      points: [
        StudyPoint(
          trainSeconds: 10.5, trainSteps: 20, samplerSteps: 20, sampleSeconds: draw,
          quality: quality(half, 0.25)),
        StudyPoint(
          trainSeconds: 20.25, trainSteps: 40, samplerSteps: 20, sampleSeconds: draw,
          quality: quality(end, share)),
        StudyPoint(
          trainSeconds: 20.25, trainSteps: 40, samplerSteps: 5, sampleSeconds: draw / 4,
          quality: quality(end + 1, 0.375)),
      ], strips: [strip, strip, nil],
      losses: [StudyModel.Loss(seconds: 0.5, value: 1), StudyModel.Loss(seconds: 20, value: 0.125)])
  }

  static func table(_ name: String, in folder: String) throws -> CSVTable? {
    CSVTable(text: try String(contentsOfFile: folder + "/" + name, encoding: .utf8))
  }

  static let shipped = Repository.path("fixtures/studies/downsampling")
  /// The shipped study and the same with another seed.
  static let bundled = [shipped, Repository.path("fixtures/studies/downsampling-43")]
}
