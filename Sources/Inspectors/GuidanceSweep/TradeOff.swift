import Commands
import Diffusion
import Evaluation
import LatentDiffusion
import Pages
import Records
import Tensors
import Training

/// What each guidance scale costs and gives: how often pictures show their caption, and how far they
/// are from the world.
package struct TradeOff: Sendable {
  /// One scale.
  package struct Point: Sendable, Equatable {
    /// s
    package let scale: Double
    /// Captions whose every attribute the picture shows, of how many.
    package let right: Int
    package let pictures: Int
    /// To 2000 other held-out scenes.
    package let frechetDistance: Double
    /// The share of pixels of which a channel is at an end of the range.
    package let saturation: Double
    /// Of Hasler and Süsstrunk.
    package let colourfulness: Double
    /// The mean distance between two pictures of one caption.
    package let diversity: Double

    /// Whole captions that are right, with the interval of 95 %.
    package var accuracy: CaptionScores.Share {
      CaptionScores.Share(right: right, count: pictures)
    }

    package init(
      scale: Double, right: Int, pictures: Int, frechetDistance: Double, saturation: Double,
      colourfulness: Double, diversity: Double
    ) {
      (self.scale, self.right, self.pictures) = (scale, right, pictures)
      (self.frechetDistance, self.saturation) = (frechetDistance, saturation)
      (self.colourfulness, self.diversity) = (colourfulness, diversity)
    }
  }

  /// In the order of the scales; at least one.
  package let points: [Point]

  package init(_ points: [Point]) {
    precondition(!points.isEmpty, "a trade-off of no scale")
    self.points = points.sorted { $0.scale < $1.scale }
  }

  /// The best scale: the one with most captions right; of several, the one whose pictures are nearest
  /// to the world. Nil where no scale got a caption right: then none is better than the others.
  package var best: Point? {
    guard points.contains(where: { $0.right > 0 }) else { return nil }
    return points.reduce(points[0]) { best, point in
      let (old, new) = (best.accuracy.value, point.accuracy.value)
      if new != old { return new > old ? point : best }
      return point.frechetDistance < best.frechetDistance ? point : best
    }
  }

  /// The points that so many captions cannot tell from the best: those whose accuracy lies in its
  /// interval of 95 %.
  package var equallyAccurate: [Point] {
    guard let interval = best?.accuracy.interval else { return points }
    return points.filter { interval.contains($0.accuracy.value) }
  }

  /// Of these the one whose pictures are nearest to the world.
  package var nearest: Point {
    let equal = equallyAccurate
    return equal.reduce(equal[0]) { $1.frechetDistance < $0.frechetDistance ? $1 : $0 }
  }
}

// MARK: - Measured

extension TradeOff {
  /// How many captions are drawn a second time, from another noise, for the diversity.
  static let repeated = 32

  /// How many pictures an evaluation makes at each scale.
  static func pictures(_ count: Int) -> Int { count + min(count, repeated) }

  /// Draws held-out captions at each scale, always the same captions from the same noises.
  /// - Parameters:
  ///   - settings: of the pictures; the scale is set here.
  ///   - advance: called after each picture.
  /// - Throws: what making pictures throws.
  init(
    _ model: LatentDiffusionModel, scales: [Double], settings: TrialSettings,
    evaluator: SceneClassifier, perceptual: SceneClassifier, advance: () -> Void
  ) throws {
    let judge = CaptionJudge(evaluator)
    let diversity = PictureDiversity(perceptual)
    self.init(
      try scales.map { scale in
        var settings = settings
        settings.guidanceScale = scale
        let evaluation = try CaptionEvaluation(model, judge.reader, settings, advance: advance)
        let trials = evaluation.trials
        let pictures = trials.map { $0.picture.tensor }
        // Beyond the seeds of all captions.
        var others = settings
        others.seed = settings.seed &+ UInt64(settings.count)
        others.count = min(settings.count, Self.repeated)
        var distance = 0.0
        for indices in others.batches {
          let again = try others.pictures(
            of: indices.map { trials[$0].caption }, indices, by: model)
          for (row, index) in indices.enumerated() {
            distance += diversity.meanDistance(
              among: .concatenated([pictures[index], again.rows(row..<row + 1)], along: 0))
            advance()
          }
        }
        let saturation = PictureSaturation(of: .concatenated(pictures, along: 0))
        return Point(
          scale: scale, right: evaluation.scores.whole.right, pictures: trials.count,
          frechetDistance: judge.frechetDistance(of: evaluation.sheet),
          saturation: saturation.clipped, colourfulness: saturation.colourfulness,
          diversity: distance / Double(others.count))
      })
  }
}

// MARK: - Written and read

extension TradeOff {
  /// Of `trade_off.csv`, of the bundled `guidance.csv`, and of the page.
  var columns: [Column<Point>] {
    let best = best
    return [
      Column("guidance_scale", \.scale).shown(as: "s") { .typed($0.scale) },
      Column("w") { $0.scale - 1 }.shown(as: "w = s − 1") { .typed($0.scale - 1) },
      Column("pictures", \.pictures).shown(as: "captions"), Column("right", \.right),
      Column("caption_accuracy", \.accuracy.value).shown(as: "whole caption right", .percent(1)),
      Column("low_95", \.accuracy.interval.lowerBound).shown(as: "at least", .percent(1)),
      Column("high_95", \.accuracy.interval.upperBound).shown(as: "at most", .percent(1)),
      Column("frechet_distance", \.frechetDistance).shown(as: "Fréchet distance", .decimals(3)),
      Column("saturation", \.saturation).shown(as: "clipped", .percent(1)),
      Column("colourfulness", \.colourfulness).shown(as: "colourfulness", .decimals(1)),
      Column("diversity", \.diversity).shown(as: "diversity", .decimals(3)),
      Column("best") { $0 == best ? 1 : 0 }.shown(as: "") { $0 == best ? "best" : "" },
    ]
  }

  package var table: CSVTable { CSVTable(points, columns) }

  /// What was measured on the bundled model, `fixtures/model/report/guidance.csv`.
  /// - Throws: `ShippedFileError`, `FileError` or `TableError`.
  package static func shipped() throws -> TradeOff {
    try TradeOff(readingFrom: Shipped.path("fixtures/model/report/guidance.csv"))
  }

  /// - Throws: `FileError` or `TableError`.
  package init(readingFrom path: String) throws {
    let table = try TableFile(path, expecting: "a table of guidance scales")
    guard !table.rows.isEmpty else {
      throw TableError(file: path, expected: "a row for each scale")
    }
    let columns = try [
      "guidance_scale", "right", "pictures", "frechet_distance", "saturation", "colourfulness",
      "diversity",
    ].map { try table.numbers($0) }
    self.init(
      table.rows.map { row in
        Point(
          scale: columns[0][row], right: Int(columns[1][row]), pictures: Int(columns[2][row]),
          frechetDistance: columns[3][row], saturation: columns[4][row],
          colourfulness: columns[5][row], diversity: columns[6][row])
      })
  }
}
