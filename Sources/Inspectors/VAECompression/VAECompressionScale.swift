import Evaluation
import Foundation
import Imaging
import Pages
import Tensors

// The scale of latents, walks between them, and everything in numbers.

extension VAECompressionPage {
  // MARK: Scale

  var scaleSection: Section {
    let scaled = Quantity("s z", "noised with the scale, decoded", .signal)
    let unscaled = Quantity("z", "noised without it, decoded", .noise)
    let spread = report.scenes.rows.map(\.scale.std)
    let schedule = report.noising.schedule
    let everyT = (0..<schedule.count).map(Double.init)
    return Section("Why latents are scaled") {
      Text(
        """
        A noise schedule is made for data of variance 1. The encoder knows nothing of that: its latents \
        are as large as they happen to be. So they are multiplied by \(math: "s = 1 / std(z)"), \
        measured once over many pictures (LDM, section G); Stable Diffusion's 0.18215 is such a number. \
        Without it the schedule says one thing and does another: latents that are too large still show \
        the picture where all should be noise, and latents that are too small are gone near the \
        beginning.
        """)
      Choice(model)
      Row(widths: [2, 1.5]) {
        Pictures([
          Figure(of: scaled, .over(model, t, noised.scaled)),
          Figure(of: unscaled, .over(model, t, noised.unscaled)),
        ])
        Numbers(
          "At this step",
          [
            Number(of: Quantity("std(z)", "of the latents"), over(spread)),
            Number(of: Quantity("s", "the scale", .signal), over(spread.map { 1 / $0 })),
            Number(
              of: Quantity("SNR", "with the scale", .signal),
              .over(t, NoisingWithoutScale.timesteps.map { report.noising.snr(std: 1, at: $0) })),
            Number(
              of: Quantity("SNR_z", "without it", .noise),
              .over(
                model, t,
                spread.map { std in
                  NoisingWithoutScale.timesteps.map { report.noising.snr(std: std, at: $0) }
                })),
          ])
      }
      Timeline(t)
      LiveFormula(
        "z_t = √{ᾱ_t} \(term: Quantity("s", "the scale", .signal), value: over(spread.map { 1 / $0 })) z + √{1 − ᾱ_t} ε"
      )
      Row {
        Chart(
          "Signal to noise along the schedule", x: .linear("timestep t"),
          y: .log("SNR", in: 1e-4...1e5),
          curves: [
            Curve(
              of: Quantity("SNR", "with the scale", .signal), x: everyT, y: schedule.snr),
            Curve(
              of: Quantity("SNR_z", "without it", .noise),
              x: .over(model, found.map { _ in everyT }),
              y: .over(model, spread.map { std in schedule.snr.map { $0 * std * std } })),
          ], markers: [.y(.fixed(1), "as much noise as signal")], cursor: t)
        Chart(
          "Standard deviation of each channel", x: .linear("channel", in: channelRange),
          y: .linear("std", in: 0...max(1, spread.max() ?? 1, mostSpread)),
          curves: [
            Curve(
              of: Quantity("std(z_c)", "of each channel", .noise),
              x: .over(model, channelLists { channels in channels.indices.map(Double.init) }),
              y: .over(model, channelLists { channels in channels.map(\.std) }), style: .bars)
          ])
      }
      scaleTable
    }
  }

  private func channelLists(_ list: ([LatentScale.Channel]) -> [Double]) -> [[Double]] {
    let lists = report.scenes.rows.map { list($0.scale.channels) }
    let length = lists.map(\.count).max() ?? 0
    return lists.map { $0 + Array(repeating: .nan, count: length - $0.count) }
  }

  private var mostSpread: Double {
    report.scenes.rows.flatMap(\.scale.channels).map(\.std).max() ?? 1
  }

  private var scaleTable: Table {
    let noising = report.noising
    let last = noising.schedule.count - 1
    return Table(
      """
      Over \(FirstStageEvaluation.sceneCount) scenes and \(FirstStageEvaluation.textureCount) textures that no \
      training met
      """,
      columns: [
        "model", "std(z)", "s = 1/std", "s in its file", "SNR at t = 0", "without s",
        "SNR at t = \(last)", "without s", "noise wins from t", "without s",
      ],
      rows: report.scenes.rows.map { row in
        let std = row.scale.std
        return [
          .prose(Prose(row.model.name)), .number(std), .number(row.scale.scale),
          .number(row.scale.stated), .number(noising.snr(std: 1, at: 0)),
          .number(noising.snr(std: std, at: 0)), .number(noising.snr(std: 1, at: last)),
          .number(noising.snr(std: std, at: last)), .number(Double(noising.crossing(std: 1))),
          .number(Double(noising.crossing(std: std))),
        ]
      })
  }

  // MARK: Walks

  var walkSection: Section {
    let latentWalk = Quantity("𝒟((1 − λ) z_A + λ z_B)", "through latents", .prediction)
    let pixelWalk = Quantity("(1 − λ) x_A + λ x_B", "through pixels: two pictures shine", .signal)
    let pixels = report.walk.walks.first { !$0.model.isLatent }
    let edges = Quantity("edges", "through latents", .prediction)
    return Section("Walking from one picture to another") {
      Text(
        """
        Halfway between two pictures lie both, at half their contrast. Halfway between two latents the \
        decoder makes what it can of a point that no picture led to. \(live: edgeTexts) What no first \
        stage promises is that every point between is a picture: that is the diffusion model's part.
        """)
      Choice(model)
      Row(widths: [2, 1.5]) {
        Pictures(
          [Figure(of: latentWalk, .over(model, share, walked))]
            + pixelFigure(pixelWalk))
        Chart(
          "Edges on the way, beside a straight line", x: .linear("λ"),
          y: .linear("relative", in: 0...1.6),
          curves: [
            Curve(
              of: edges, x: .over(model, report.walk.walks.map { _ in WalkExperiment.shares }),
              y: .over(model, report.walk.walks.map(\.relativeEdges)))
          ]
            + (pixels.map {
              [
                Curve(
                  of: Quantity("fade", "through pixels", .signal), x: WalkExperiment.shares,
                  y: $0.relativeEdges, style: .dashed)
              ]
            } ?? []), cursor: share)
      }
      Timeline(share)
    }
  }

  /// How much edge there is halfway, in the words of one sentence.
  private var edgeTexts: Varying<String> {
    let middle = WalkExperiment.shares.count / 2
    return .over(
      model,
      report.walk.walks.map { walk in
        "Halfway, \(walk.model.name) shows "
          + NumberFormat.percent(0).text(walk.relativeEdges[middle])
          + " of the edges that a straight line between the ends would have."
      })
  }

  private func pixelFigure(_ quantity: Quantity) -> [Figure] {
    guard let index = report.walk.walks.firstIndex(where: { !$0.model.isLatent }) else { return [] }
    return [Figure(of: quantity, .over(share, walked[index]))]
  }

  // MARK: Numbers

  var tableSection: Section {
    Section("Everything in numbers") {
      Table(
        "This picture",
        columns: [
          "model", "f", "latent", "bits/pixel", "PSNR", "SSIM", "perceptual", "PCA", "DCT",
          "encode s", "decode s", "MB",
        ],
        rows: found.map { found in
          let row = experiment.row(found)
          return [
            .prose(Prose(row.name)), .number(Double(row.factor), .integer),
            .prose(Prose(row.latentShape.map(String.init).joined(separator: "×"))),
            .number(row.bitsPerPixel, .decimals(3)), .number(row.quality.psnr, .decimals(2)),
            row.quality.ssim.map { .number($0, .decimals(3)) } ?? .none,
            .number(row.quality.perceptualDistance, .decimals(3)),
            decibels(experiment.component(for: found.model)),
            decibels(experiment.cosine(for: found.model)),
            .number(row.encodeSeconds, .decimals(3)), .number(row.decodeSeconds, .decimals(3)),
            .number(row.peakMegabytes, .decimals(0)),
          ]
        }, follows: model)
      if !report.scenes.latentRows.isEmpty {
        Table(
          """
          \(FirstStageEvaluation.sceneCount) scenes that no training met, mean PSNR in dB\
          \(report.scenes.remembers ? "; the bundled models as measured when they were made" : "")
          """,
          report.scenes.latentRows, VAECompressionFiles.sceneColumns)
      }
      if let folder = report.folder {
        Table(
          """
          The \(folder.pictureCount) pictures of the folder, means over all, each cut and shrunk to \
          \(FolderExperiment.size)×\(FolderExperiment.size)
          """, folder.latentRows, VAECompressionFiles.folderColumns)
      }
      publishedTable
      tilingPanels
      Text(
        """
        How it is measured: PSNR and SSIM on the picture as its PNG holds it, 8 bits a channel, over \
        all channels, SSIM in Gaussian windows of 11×11 pixels inside the picture (torchmetrics 1.9 \
        also counts windows over a mirrored border, and piq 0.8 averages squares of pixels first where \
        the shorter side has 384 or more: both say something else); the perceptual distance between \
        features of a small classifier, each pixel's made a unit vector, summed over five layers. The \
        bits of KL are those of bits-back coding, \
        with the mean decoded; a draw costs what is said beside σ. The entropies of VQ, PCA and DCT \
        take the table of the code as free, which favours them where a picture is small. PCA is learned \
        from the pictures that the bundled autoencoders learn from, its values quantised for the rate \
        at a cost of at most 0.1 dB. A JPEG counts with all its bytes, tables included. Seconds are of \
        this run on this machine; megabytes are the most that the tensors of one way there and back \
        held at once, beyond the weights.
        """)
    }
  }

  private var publishedTable: Table {
    Table(
      """
      For comparison, the paper's own first stages (Table 8): tens of millions of parameters, \
      trained on millions of photographs, measured on ImageNet's at 256×256
      """,
      columns: ["f", "kind", "c", "PSNR", "SSIM", "PSIM", "R-FID"],
      rows: PublishedModel.all.map { model in
        [
          .number(Double(model.factor), .integer), .prose(Prose(model.kind)),
          .number(Double(model.channels), .integer), .number(model.psnr, .decimals(2)),
          .number(model.ssim, .decimals(2)), .number(model.psim, .decimals(2)),
          .number(model.fid, .decimals(2)),
        ]
      })
  }

  private func decibels(_ baseline: Baseline?) -> Table.Cell {
    baseline.map { .number($0.quality.psnr, .decimals(2)) } ?? .none
  }

  private var tilingPanels: [any Panel] {
    guard !experiment.tilings.isEmpty else {
      return [Text("Every model worked on the whole picture: nothing is tiled.")]
    }
    return [
      Table(
        "Worked on in tiles, which overlap by a quarter and are blended", experiment.tilings,
        VAECompressionFiles.tileColumns),
      Text(
        """
        A tile's group norms and attention see the tile alone, so tiles are not parts of the whole. The \
        difference is measured where both could be made.
        """),
    ]
  }
}
