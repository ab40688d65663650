import Commands
import Diffusion
import Imaging
import Pages
import Records
import Storybook
import Tensors
import Training

/// What a model is worth by both measures: a row of `report.csv`.
struct BoundReport: Sendable {
  struct Row: Sendable {
    let model: String
    /// The bound, averaged over held-out scenes.
    let bitsPerDimension: Double
    /// Fréchet distance of as many samples to drawn held-out scenes.
    let frechetDistance: Double
    /// How many scenes and samples.
    let pictures: Int
  }

  let rows: [Row]
  /// Some of each model's samples.
  let samples: [(model: String, sheet: Image)]

  static var columns: [Column<Row>] {
    [
      Column("model", \.model).shown(as: "model"),
      Column("bits_per_dim", \.bitsPerDimension).shown(as: "bits per dimension", .decimals(3)),
      Column("frechet_distance", \.frechetDistance).shown(as: "Fréchet distance", .decimals(2)),
      Column("pictures", \.pictures).shown(as: "pictures"),
    ]
  }

  static func sheetName(_ model: String) -> String { "samples-\(model).png" }
}

extension BoundReport {
  /// A report that was just made.
  init(_ models: [(row: Row, sheet: Image)]) {
    rows = models.map(\.row)
    samples = models.map { ($0.row.model, $0.sheet) }
  }

  /// The bundled report with the samples beside it.
  /// - Throws: `ShippedFileError`, `FileError` or `TableError`.
  init(readingFrom folder: String) throws {
    let table = try TableFile(folder + "/report.csv", expecting: "a table of models")
    let names = try table.texts("model")
    let (bits, distances, counts) = try (
      table.numbers("bits_per_dim"), table.numbers("frechet_distance"), table.numbers("pictures")
    )
    rows = table.rows.map {
      Row(
        model: names[$0], bitsPerDimension: bits[$0], frechetDistance: distances[$0],
        pictures: Int(counts[$0]))
    }
    samples = try names.map { name in
      let path = folder + "/" + Self.sheetName(name)
      return (name, Image(try PictureFile.read(path).tensor(.overWhite)))
    }
  }
}

/// Measures models on held-out scenes and by their samples.
struct BoundEvaluation {
  let count: Int
  /// Of the ancestral walk that draws a sample.
  let steps: Int
  let variance: FixedVariance
  let clips: Bool
  let timesteps: Int
  let seed: UInt64

  private static let shown = 32
  private static let batch = 32
  private static let referenceCount = 1000
  private static let referenceSeed: UInt64 = 0xF1D

  /// How often `advance` is called for one model.
  var parts: Int {
    BoundExperiment.batches(pictures: count, timesteps: timesteps) + (count + Self.batch - 1)
      / Self.batch
  }

  /// Scenes whose combinations training never met.
  static func scenes(_ count: Int, height: Int, width: Int) -> Tensor {
    SceneBatches(seed: 0xB0D, split: .heldOut, size: max(height, width)).batch(0..<count).pictures
      .covering(height: height, width: width).roundedToBytes
  }

  /// Drawn held-out scenes of a model's size, which its samples are compared with.
  static func reference(for model: PixelModel, _ reader: PictureReader) -> FeatureStatistics {
    let size = max(model.size.height, model.size.width)
    return reader.read(
      SceneBatches(seed: referenceSeed, split: .heldOut, size: size), count: referenceCount
    ).statistics
  }

  /// - Throws: `SamplerError` for steps that the schedule has not.
  func row(
    of model: PixelModel, _ reader: PictureReader, reference: FeatureStatistics,
    advance: () -> Void
  ) throws -> (row: BoundReport.Row, sheet: Image) {
    let (height, width) = model.size
    let bound = LikelihoodBound(model.scheduler.schedule, variance: variance)
    let experiment = BoundExperiment(
      bound, originals: Self.scenes(count, height: height, width: width),
      timesteps: BoundExperiment.timesteps(timesteps, of: bound.schedule.count), clips: clips,
      seed: seed, predictor: model, advance: advance)
    let samples = try samples(of: model, advance: advance)
    let row = BoundReport.Row(
      model: model.name, bitsPerDimension: experiment.profile.total,
      frechetDistance: reader.sheet(samples).statistics.frechetDistance(to: reference),
      pictures: count)
    let images = Image.batch(samples.rows(0..<min(Self.shown, count)))
    return (row, .grid(images, columns: 8))
  }

  /// Drawn by DDPM's ancestral walk, x̂_0 held to the range of pixels as DDPM does.
  private func samples(of model: PixelModel, advance: () -> Void) throws -> Tensor {
    let (height, width) = model.size
    let sampler = try DDPMSampler(model.scheduler.schedule, steps: steps, variance: variance)
    let generator = TorchGenerator(seed: seed)
    let parts = Array(0..<count).split(by: Self.batch).map { rows in
      var x = generator.normal([rows.count, 3, height, width])
      for step in DenoisingTrajectory(
        from: x, sampler: sampler, predictor: model, generator: generator)
      {
        x = step.next
      }
      advance()
      return x.clamped(to: -1...1)
    }
    return .concatenated(parts, along: 0)
  }
}
