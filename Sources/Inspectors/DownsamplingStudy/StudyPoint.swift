import Checkpoints
import Storybook
import Tensors
import Training

/// How good pictures are: against drawn scenes as sets, and each against its caption.
package struct StudyQuality: Sendable, Equatable {
  package var count: Int
  /// Fréchet distance of the evaluator's features to drawn held-out scenes.
  package var distance: Double
  /// For each of `SceneAttribute`, the share of pictures that show what was asked for.
  package var shares: [Double]
  /// The share of pictures that are right in all attributes.
  package var caption: Double

  /// Over all attributes alike.
  package var accuracy: Double { shares.reduce(0, +) / Double(max(shares.count, 1)) }

  package init(count: Int, distance: Double, shares: [Double], caption: Double) {
    (self.count, self.distance, self.shares, self.caption) = (count, distance, shares, caption)
  }

  init(
    _ sheet: PictureReader.Sheet, asked contents: [SceneContent], from reference: FeatureReference
  ) {
    let scores = CaptionScores(sheet.readings, asked: contents)
    self.init(
      count: contents.count, distance: reference.distance(of: sheet),
      shares: scores.attributes.map(\.share.value), caption: scores.whole.value)
  }
}

/// What one model drew at one moment with one number of sampling steps.
package struct StudyPoint: Sendable, Equatable {
  /// Training so far, in seconds of one core, without evaluation.
  package var trainSeconds: Double
  package var trainSteps: Int
  package var samplerSteps: Int
  /// Seconds of one core for one picture: all steps, guided, and the decoder.
  package var sampleSeconds: Double
  package var quality: StudyQuality

  package init(
    trainSeconds: Double, trainSteps: Int, samplerSteps: Int, sampleSeconds: Double,
    quality: StudyQuality
  ) {
    (self.trainSeconds, self.trainSteps) = (trainSeconds, trainSteps)
    (self.samplerSteps, self.sampleSeconds) = (samplerSteps, sampleSeconds)
    self.quality = quality
  }
}

/// The points of one model so far, with the first pictures of each, as a part of its state.
final class StudyPoints: TrainingPart {
  private(set) var points: [StudyPoint] = []
  /// [count, 3, 128, 128] for each point.
  private(set) var pictures: [Tensor] = []

  /// Keeps the numbers as a state file does, so that a run that went on shows the same ones.
  func append(_ point: StudyPoint, pictures: Tensor) {
    points.append(Self.point(Self.row(point)))
    self.pictures.append(pictures)
  }

  private static func row(_ point: StudyPoint) -> [Float] {
    let quality = point.quality
    let numbers =
      [
        point.trainSeconds, Double(point.trainSteps), Double(point.samplerSteps),
        point.sampleSeconds, Double(quality.count), quality.distance, quality.caption,
      ] + quality.shares
    return numbers.map(Float.init)
  }

  private static func point(_ row: [Float]) -> StudyPoint {
    // A damaged file may hold anything.
    let cells = row.map { $0.isFinite && abs($0) < 1e15 ? Double($0) : 0 }
    return StudyPoint(
      trainSeconds: cells[0], trainSteps: Int(cells[1]), samplerSteps: Int(cells[2]),
      sampleSeconds: cells[3],
      quality: StudyQuality(
        count: Int(cells[4]), distance: cells[5], shares: Array(cells[7...]), caption: cells[6]))
  }

  var savedTensors: [String: Tensor] {
    let rows = points.map(Self.row)
    var tensors = ["points": Tensor([rows.count, Self.width], rows.flatMap { $0 })]
    for (index, pictures) in pictures.enumerated() { tensors["pictures.\(index)"] = pictures }
    return tensors
  }

  private static let width = 7 + SceneAttribute.allCases.count

  func restore(from source: some WeightSource) throws {
    points = try source.rows(named: "points", width: Self.width).map(Self.point)
    let names = points.indices.map { "pictures.\($0)" }
    try source.requireFinite(names, of: "the looks on the way")
    pictures = try names.map { try source.tensor(named: $0) }
  }
}
