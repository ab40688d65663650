import Checkpoints
import Commands
import Imaging
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
    try output.write(scenes, as: "scenes.csv")
    try output.write(noising, as: "latent-scale.csv")
    try output.write(walk, as: "walk.csv")
    if !experiment.tilings.isEmpty { try output.write(tiles, as: "tiles.csv") }
    try writePictures(to: output)
    if tensors {
      try output.write(arrays)
    }
  }

  // MARK: Tables

  /// One row for each model and baseline.
  private var compression: CSVTable {
    var table = CSVTable(columns: [
      "model", "regularization", "f", "latent_channels", "latent_height", "latent_width",
      "latent_values", "value_ratio", "rate_bits_per_pixel", "psnr", "ssim", "perceptual_distance",
      "encode_seconds", "decode_seconds", "peak_megabytes",
    ])
    for row in experiment.rows {
      let cells: [CSVTable.Cell] = [
        .text(row.name), .text(row.regularization), .integer(row.factor),
        .integer(row.latentShape[0]), .integer(row.latentShape[1]), .integer(row.latentShape[2]),
        .integer(row.values), .double(row.valueRatio), .double(row.bitsPerPixel),
        .double(row.quality.psnr), .double(row.quality.ssim ?? .nan),
        .double(row.quality.perceptualDistance), .double(row.encodeSeconds),
        .double(row.decodeSeconds), .double(row.peakMegabytes),
      ]
      table.append(cells)
    }
    return table
  }

  /// How the rates come about, one row for each model.
  private var rates: CSVTable {
    var table = CSVTable(columns: [
      "model", "bits", "bits_per_pixel", "bits_per_value", "upper_bound_bits", "codebook_size",
      "codes_used", "psnr_of_sample", "quantized_bits",
    ])
    for found in experiment.reconstructions {
      let size = found.model.codebookSize
      table.append([
        .text(found.model.name), .double(found.rate.bits),
        .double(found.rate.bits / experiment.pixels),
        .double(found.rate.bits / Double(found.latent.values.count)),
        .double(found.rate.upperBound ?? .nan), .integer(size ?? 0),
        .integer(found.rate.codesInUse), .double(found.psnrOfSample),
        .double(found.quantizedBits ?? .nan),
      ])
    }
    return table
  }

  /// One row for each channel: of this picture, and over many pictures.
  private var latents: CSVTable {
    var table = CSVTable(columns: [
      "model", "channel", "mean", "std", "sigma_mean", "bits_per_position", "batch_mean",
      "batch_std", "batch_scale",
    ])
    for found in experiment.reconstructions {
      let scale = report.scenes.row(of: found.model)?.scale
      for channel in 0..<found.latent.values.shape[1] {
        let range = channel..<channel + 1
        let moments = found.latent.values.slice(range, along: 1).moments
        let sigma = found.latent.posterior.map {
          $0.standardDeviation.slice(range, along: 1).moments.mean
        }
        let batch = scale?.channels[channel]
        table.append([
          .text(found.model.name), .integer(channel), .double(moments.mean), .double(moments.std),
          .double(sigma ?? 0),
          .double(
            found.rate.bitsOfChannels.isEmpty ? .nan : found.rate.bitsOfChannels[channel]),
          .double(batch?.mean ?? .nan), .double(batch?.std ?? .nan),
          .double(batch.map { 1 / $0.std } ?? .nan),
        ])
      }
    }
    return table
  }

  /// One row for each code that the picture uses.
  private var codebook: CSVTable {
    var table = CSVTable(columns: ["model", "code", "count"])
    for found in experiment.reconstructions {
      for (code, count) in found.rate.codeCounts.enumerated() where count > 0 {
        table.append([.text(found.model.name), .integer(code), .integer(count)])
      }
    }
    return table
  }

  private var spectrum: CSVTable {
    var table = CSVTable(columns: [
      "model", "frequency", "original_power", "reconstruction_power", "error_power",
    ])
    let spectra =
      experiment.reconstructions.map { ($0.model.name, $0.spectrum) }
      + (experiment.components + experiment.cosines).map { ($0.name, $0.spectrum) }
    for (name, spectrum) in spectra {
      for i in spectrum.frequencies.indices {
        table.append([
          .text(name), .double(spectrum.frequencies[i]), .double(spectrum.original[i]),
          .double(spectrum.reconstruction[i]), .double(spectrum.error[i]),
        ])
      }
    }
    return table
  }

  private var cosineCurve: CSVTable {
    var table = CSVTable(columns: ["rate_bits_per_pixel", "psnr", "perceptual_distance"])
    for point in experiment.cosineCurve {
      table.append([
        .double(point.bitsPerPixel), .double(point.psnr), .double(point.perceptualDistance),
      ])
    }
    return table
  }

  private var scenes: CSVTable {
    var table = CSVTable(columns: [
      "model", "regularization", "f", "psnr", "pca_psnr", "lead_over_pca", "latent_std",
    ])
    for row in report.scenes.rows {
      table.append([
        .text(row.model.name), .text(row.model.regularization.rawValue),
        .integer(row.model.factor), .double(row.psnr), .double(row.componentPSNR),
        .double(row.gain), .double(row.scale.std),
      ])
    }
    return table
  }

  /// What the schedule does to latents with their scale and without, at the timesteps of the pictures.
  private var noising: CSVTable {
    var table = CSVTable(columns: [
      "model", "std", "scale", "stated_scale", "t", "snr_scaled", "snr_unscaled",
    ])
    for film in report.noising.films {
      for t in NoisingWithoutScale.timesteps {
        table.append([
          .text(film.model.name), .double(film.scale.std), .double(film.scale.scale),
          .double(film.scale.stated), .integer(t), .double(report.noising.snr(std: 1, at: t)),
          .double(report.noising.snr(std: film.scale.std, at: t)),
        ])
      }
    }
    return table
  }

  private var walk: CSVTable {
    var table = CSVTable(columns: ["model", "share", "edges", "relative_edges"])
    for walk in report.walk.walks {
      for (i, share) in WalkExperiment.shares.enumerated() {
        table.append([
          .text(walk.model.name), .double(share), .double(walk.edges[i]),
          .double(walk.relativeEdges[i]),
        ])
      }
    }
    return table
  }

  private var tiles: CSVTable {
    var table = CSVTable(columns: [
      "model", "tile_side", "tiles", "compared_height", "compared_width", "rms_difference",
      "largest_difference", "psnr_between",
    ])
    for found in experiment.tilings {
      table.append([
        .text(found.model), .integer(found.tiling.side ?? 0), .integer(found.tiles),
        .integer(found.height), .integer(found.width), .double(found.rootMeanSquare),
        .double(found.largest), .double(found.psnr),
      ])
    }
    return table
  }

  // MARK: Pictures

  private func writePictures(to output: RunOutput) throws {
    func write(_ image: Image, _ name: String, of model: ComparedModel? = nil) throws {
      let isTrained = model?.isTrained ?? true
      try output.write(
        image, as: "images/\(name).png", madeBy: isTrained ? .trained : .untrained)
    }
    try write(Image(experiment.original), "original")
    let range = experiment.errorRange
    for found in experiment.reconstructions where found.model.isLatent {
      let name = found.model.name
      try write(found.image, "reconstruction-\(name)", of: found.model)
      try write(
        ErrorMap.image(found.image.tensor, experiment.original, range: range), "error-\(name)",
        of: found.model)
      try write(LatentMaps.channels(of: found.latent), "latent-\(name)", of: found.model)
      if let sigma = LatentMaps.sigma(of: found.latent) {
        try write(sigma, "sigma-\(name)", of: found.model)
      }
      if let codes = LatentMaps.codes(of: found) {
        try write(codes, "codes-\(name)", of: found.model)
      }
    }
    for baseline in experiment.components + experiment.cosines {
      try write(baseline.image, "reconstruction-\(baseline.name)")
    }
    for film in report.noising.films {
      let sheet = Image.grid(
        film.scaled + film.unscaled, columns: NoisingWithoutScale.timesteps.count)
      try write(sheet, "noised-\(film.model.name)", of: film.model)
    }
    for walk in report.walk.walks {
      try write(
        Image.grid(walk.images, columns: walk.images.count), "walk-\(walk.model.name)",
        of: walk.model)
    }
  }

  private var arrays: [String: Tensor] {
    var arrays = ["original": experiment.original]
    for found in experiment.reconstructions where found.model.isLatent {
      let name = found.model.name
      arrays["\(name).latent"] = found.latent.values
      arrays["\(name).reconstruction"] = found.image.tensor
      if let logVariance = found.latent.logVariance {
        arrays["\(name).log_variance"] = logVariance
      }
      if !found.codes.isEmpty {
        arrays["\(name).codes"] = Tensor(
          Array(found.latent.values.shape.suffix(2)), found.codes.map(Float.init))
      }
    }
    for baseline in experiment.components + experiment.cosines {
      arrays["\(baseline.name).reconstruction"] = baseline.image.tensor
    }
    return arrays
  }
}
