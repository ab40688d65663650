import Commands
import Imaging
import Pages
import Records
import Tensors

/// The tables, pictures and arrays of `vae-compression`.
struct VAECompressionFiles {
  private let report: CompressionReport
  private var experiment: CompressionExperiment { report.experiment }

  init(_ report: CompressionReport) { self.report = report }

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(compression, as: "compression.csv")
    try output.write(rates, as: "rates.csv")
    try output.write(latents, as: "latents.csv")
    try output.write(codebook, as: "codebook.csv")
    try output.write(spectrum, as: "spectrum.csv")
    try output.write(cosineCurve, as: "cosine-codec.csv")
    try output.write(jpegCurve, as: "jpeg.csv")
    try output.write(CSVTable(report.scenes.rows, Self.sceneColumns), as: "scenes.csv")
    if let folder = report.folder {
      try output.write(CSVTable(folder.rows, Self.folderColumns), as: "images.csv")
      try output.write(CSVTable(folder.measurements, Self.measurementColumns), as: "pictures.csv")
    }
    try output.write(noising, as: "latent-scale.csv")
    try output.write(walk, as: "walk.csv")
    if !experiment.tilings.isEmpty {
      try output.write(CSVTable(experiment.tilings, Self.tileColumns), as: "tiles.csv")
    }
    try writePictures(to: output)
    if tensors {
      try output.write(arrays)
    }
  }

  // MARK: Tables

  /// One row for each model and baseline.
  private var compression: CSVTable {
    CSVTable(
      experiment.rows,
      [
        Column("model", \.name), Column("regularization", \.regularization), Column("f", \.factor),
        Column("latent_channels", \.latentShape[0]), Column("latent_height", \.latentShape[1]),
        Column("latent_width", \.latentShape[2]), Column("latent_values", \.values),
        Column("value_ratio", \.valueRatio), Column("rate_bits_per_pixel", \.bitsPerPixel),
        Column("psnr", \.quality.psnr), Column("ssim") { $0.quality.ssim ?? .nan },
        Column("perceptual_distance", \.quality.perceptualDistance),
        Column("encode_seconds", \.encodeSeconds), Column("decode_seconds", \.decodeSeconds),
        Column("peak_megabytes", \.peakMegabytes),
      ])
  }

  /// How the rates come about, one row for each model.
  private var rates: CSVTable {
    CSVTable(
      experiment.reconstructions,
      [
        Column("model", \.model.name), Column("bits", \.rate.bits),
        Column("bits_per_pixel") { $0.rate.bits / experiment.pixels },
        Column("bits_per_value") { $0.rate.bits / Double($0.latent.mean.count) },
        Column("upper_bound_bits") { $0.rate.upperBound ?? .nan },
        Column("codebook_size") { $0.model.codebookSize ?? 0 },
        Column("codes_used", \.rate.codesInUse), Column("psnr_of_sample", \.psnrOfSample),
        Column("quantized_bits") { $0.quantizedBits ?? .nan },
      ])
  }

  /// One row for each channel: of this picture, and over many pictures.
  private var latents: CSVTable {
    let rows = experiment.reconstructions.flatMap { found in
      let scale = report.scenes.row(of: found.model)?.scale
      let sigma = found.latent.posterior?.standardDeviation
      return (0..<found.latent.mean.shape[1]).map { channel in
        let range = channel..<channel + 1
        return (
          found: found, channel: channel,
          moments: found.latent.mean.slice(range, along: 1).moments,
          sigma: sigma?.slice(range, along: 1).moments.mean, batch: scale?.channels[channel]
        )
      }
    }
    return CSVTable(
      rows,
      [
        Column("model", \.found.model.name), Column("channel", \.channel),
        Column("mean", \.moments.mean), Column("std", \.moments.std),
        Column("sigma_mean") { $0.sigma ?? 0 },
        Column("bits_per_position") {
          $0.found.rate.bitsOfChannels.isEmpty ? .nan : $0.found.rate.bitsOfChannels[$0.channel]
        },
        Column("batch_mean") { $0.batch?.mean ?? .nan },
        Column("batch_std") { $0.batch?.std ?? .nan },
        Column("batch_scale") { row in row.batch.map { 1 / $0.std } ?? .nan },
      ])
  }

  /// One row for each code that the picture uses.
  private var codebook: CSVTable {
    CSVTable(
      experiment.reconstructions.flatMap { found in
        found.rate.codeCounts.enumerated().filter { $0.element > 0 }
          .map { (model: found.model.name, code: $0.offset, count: $0.element) }
      }, [Column("model", \.model), Column("code", \.code), Column("count", \.count)])
  }

  private var spectrum: CSVTable {
    let spectra =
      experiment.reconstructions.map { (name: $0.model.name, $0.spectrum) }
      + (experiment.components + experiment.cosines).map { (name: $0.name, $0.spectrum) }
    return CSVTable(
      spectra.flatMap { name, spectrum in
        spectrum.frequencies.indices.map { (model: name, spectrum: spectrum, i: $0) }
      },
      [
        Column("model", \.model), Column("frequency") { $0.spectrum.frequencies[$0.i] },
        Column("original_power") { $0.spectrum.original[$0.i] },
        Column("reconstruction_power") { $0.spectrum.reconstruction[$0.i] },
        Column("error_power") { $0.spectrum.error[$0.i] },
      ])
  }

  private var cosineCurve: CSVTable {
    CSVTable(
      experiment.cosineCurve,
      [
        Column("rate_bits_per_pixel", \.bitsPerPixel), Column("psnr", \.psnr),
        Column("perceptual_distance", \.perceptualDistance),
      ])
  }

  private var jpegCurve: CSVTable {
    CSVTable(
      experiment.jpegCurve.points,
      [
        Column("quality", \.quality), Column("rate_bits_per_pixel", \.bitsPerPixel),
        Column("psnr", \.measured.psnr),
        Column("perceptual_distance", \.measured.perceptualDistance),
      ])
  }

  /// Of `scenes.csv` and of the page.
  static var sceneColumns: [Column<ScenesExperiment.Row>] {
    [
      Column("model", \.model.name).shown(as: "model"),
      Column("regularization", \.model.kind), Column("f", \.model.factor),
      Column("psnr", \.psnr).shown(as: "PSNR", .decimals(2)),
      Column("pca_psnr", \.componentPSNR).shown(as: "PCA with as many values", .decimals(2)),
      Column("lead_over_pca", \.gain).shown(as: "ahead by", .decimals(2)),
      Column("latent_std", \.scale.std),
      Column("channel_means") { Self.list($0.scale.channels.map(\.mean)) },
      Column("channel_stds") { Self.list($0.scale.channels.map(\.std)) },
      Column("weights_sha256", \.model.weightsDigest),
    ]
  }

  private static func list(_ numbers: [Double]) -> String {
    numbers.map { "\($0)" }.joined(separator: " ")
  }

  /// Of `images.csv` and of the page.
  static var folderColumns: [Column<FolderExperiment.Row>] {
    [
      Column("model", \.model.name).shown(as: "model"),
      Column("regularization", \.model.kind), Column("f", \.model.factor),
      Column("psnr", \.psnr).shown(as: "PSNR", .decimals(2)),
      Column("ssim", \.ssim).shown(as: "SSIM", .decimals(3)),
      Column("perceptual_distance", \.perceptualDistance).shown(as: "perceptual", .decimals(3)),
      Column("pca_psnr", \.componentPSNR).shown(as: "PCA with as many values", .decimals(2)),
      Column("lead_over_pca", \.gain).shown(as: "ahead by", .decimals(2)),
      Column("pca_perceptual_distance", \.componentDistance)
        .shown(as: "PCA, perceptual", .decimals(3)),
      Column("pca_is_ahead_on", \.lost).shown(as: "PCA is ahead on"),
    ]
  }

  /// Of `pictures.csv`.
  private static var measurementColumns: [Column<FolderExperiment.Measurement>] {
    [
      Column("picture", \.picture), Column("model", \.model.name), Column("f", \.model.factor),
      Column("psnr", \.quality.psnr), Column("ssim") { $0.quality.ssim ?? .nan },
      Column("perceptual_distance", \.quality.perceptualDistance),
      Column("pca_psnr") { $0.component?.psnr ?? .nan },
      Column("pca_perceptual_distance") { $0.component?.perceptualDistance ?? .nan },
    ]
  }

  /// What the schedule does to latents with their scale and without, at the timesteps of the pictures.
  private var noising: CSVTable {
    let noising = report.noising
    return CSVTable(
      noising.films.flatMap { film in
        NoisingWithoutScale.timesteps.map { (model: film.model.name, scale: film.scale, t: $0) }
      },
      [
        Column("model", \.model), Column("std", \.scale.std), Column("scale", \.scale.scale),
        Column("stated_scale", \.scale.stated), Column("t", \.t),
        Column("snr_scaled") { noising.snr(std: 1, at: $0.t) },
        Column("snr_unscaled") { noising.snr(std: $0.scale.std, at: $0.t) },
      ])
  }

  private var walk: CSVTable {
    CSVTable(
      report.walk.walks.flatMap { walk in
        WalkExperiment.shares.enumerated().map { (walk: walk, i: $0, share: $1) }
      },
      [
        Column("model", \.walk.model.name), Column("share", \.share),
        Column("edges") { $0.walk.edges[$0.i] },
        Column("relative_edges") { $0.walk.relativeEdges[$0.i] },
      ])
  }

  /// Of `tiles.csv` and of the page.
  static var tileColumns: [Column<TilingDifference>] {
    [
      Column("model", \.model).shown(as: "model"),
      Column("tile_side") { $0.tiling.side ?? 0 }.shown(as: "side"),
      Column("tiles", \.tiles).shown(as: "tiles"),
      Column("compared_height", \.height).shown(as: "compared on") {
        .prose("\($0.width)×\($0.height)")
      },
      Column("compared_width", \.width),
      Column("rms_difference", \.rootMeanSquare).shown(as: "RMS difference of 255", .decimals(3)),
      Column("largest_difference", \.largest).shown(as: "largest", .decimals(1)),
      Column("psnr_between", \.psnr).shown(as: "PSNR between", .decimals(2)),
    ]
  }

  // MARK: Pictures

  private func writePictures(to output: RunOutput) throws {
    var pictures: [RunOutput.NamedPicture] = []
    func add(_ image: Image?, _ name: String, of model: ComparedModel? = nil) {
      guard let image else { return }
      let isTrained = model?.isTrained ?? true
      pictures.append(
        .init(image, as: "images/\(name).png", madeBy: isTrained ? .trained : .untrained))
    }
    add(Image(experiment.original), "original")
    let range = experiment.errorRange
    for found in experiment.reconstructions where found.model.isLatent {
      let (model, name) = (found.model, found.model.name)
      add(found.image, "reconstruction-\(name)", of: model)
      let error = ErrorMap.image(found.image.tensor, experiment.original, range: range)
      add(error, "error-\(name)", of: model)
      add(LatentMaps.channels(of: found.latent), "latent-\(name)", of: model)
      add(LatentMaps.sigma(of: found.latent), "sigma-\(name)", of: model)
      add(LatentMaps.codes(of: found), "codes-\(name)", of: model)
    }
    for baseline in experiment.components + experiment.cosines {
      add(baseline.image, "reconstruction-\(baseline.name)")
    }
    for film in report.noising.films {
      let sheet = Image.grid(
        film.scaled + film.unscaled, columns: NoisingWithoutScale.timesteps.count)
      add(sheet, "noised-\(film.model.name)", of: film.model)
    }
    for walk in report.walk.walks {
      let sheet = Image.grid(walk.images, columns: walk.images.count)
      add(sheet, "walk-\(walk.model.name)", of: walk.model)
    }
    try output.write(pictures) { $0 }
  }

  private var arrays: [String: Tensor] {
    var arrays = ["original": experiment.original]
    for found in experiment.reconstructions where found.model.isLatent {
      let name = found.model.name
      arrays["\(name).latent"] = found.latent.mean
      arrays["\(name).reconstruction"] = found.image.tensor
      if let logVariance = found.latent.posterior?.logVariance {
        arrays["\(name).log_variance"] = logVariance
      }
      if !found.codes.isEmpty {
        arrays["\(name).codes"] = Tensor(
          Array(found.latent.mean.shape.suffix(2)), found.codes.map(Float.init))
      }
    }
    for baseline in experiment.components + experiment.cosines {
      arrays["\(baseline.name).reconstruction"] = baseline.image.tensor
    }
    return arrays
  }
}
