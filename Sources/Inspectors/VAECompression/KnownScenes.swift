import Commands
import Records

extension ScenesExperiment.Row {
  /// What the bundled models among `models` were measured at: fixtures/autoencoders/scenes.csv, which is
  /// `scenes.csv` of a run with `--measure-scenes`. A model whose weights are others since has none.
  /// - Throws: `FileError` or `TableError`.
  static func shipped(_ models: [ComparedModel]) throws -> [ScenesExperiment.Row] {
    guard let path = try? Shipped.path("fixtures/autoencoders/scenes.csv") else { return [] }
    let table = try TableFile(path, expecting: "a table of measures")
    let (names, digests) = try (table.texts("model"), table.texts("weights_sha256"))
    let (means, stds) = try (numbers(table, "channel_means"), numbers(table, "channel_stds"))
    let std = try table.numbers("latent_std")
    let psnr = try table.numbers("psnr", allowing: \.isInfinite)
    let components = try table.numbers("pca_psnr", allowing: \.isNaN)
    return try models.filter(\.isShipped).compactMap { model in
      let row = table.rows.first {
        names[$0] == model.name && digests[$0] == model.weightsDigest
      }
      return try row.map {
        guard means[$0].count == model.channels, stds[$0].count == model.channels,
          (stds[$0] + [std[$0]]).allSatisfy({ $0 > 0 })
        else {
          throw TableError(
            file: path,
            expected: "\(model.channels) means and positive deviations of \(model.name)")
        }
        return ScenesExperiment.Row(
          model: model, psnr: psnr[$0], componentPSNR: components[$0],
          scale: LatentScale(model, means: means[$0], stds: stds[$0], std: std[$0]))
      }
    }
  }

  /// A column that has several numbers in each row.
  private static func numbers(_ table: TableFile, _ column: String) throws -> [[Double]] {
    try table.texts(column).map { text in
      let numbers = text.split(separator: " ").map { Double($0) }
      guard !numbers.contains(where: { $0?.isFinite != true }) else {
        throw TableError(file: table.path, expected: "numbers in a column '\(column)'")
      }
      return numbers.compactMap(\.self)
    }
  }
}
