import Commands
import Foundation
import Imaging
import Pages
import Tensors

/// The page of `vae-compression`: everything on it moves with the model that is looked at.
struct VAECompressionPage {
  let report: CompressionReport
  /// What the losses do, as bundled.
  let losses: LossStudy
  let pictures: PagePictures
  let model: Axis
  let t: Axis
  let share: Axis
  /// The small pictures of noising and walk, by model and place.
  let noised: (scaled: [[Picture]], unscaled: [[Picture]])
  let walked: [[Picture]]

  var experiment: CompressionExperiment { report.experiment }
  var found: [Reconstruction] { experiment.reconstructions }
  var rows: [CompressionExperiment.Row] { found.map(experiment.row) }

  init(_ report: CompressionReport, losses: LossStudy) {
    (self.report, self.losses) = (report, losses)
    let found = report.experiment.reconstructions
    let names = found.map(\.model.name)
    model = Axis(
      "model", values: names.indices.map(Double.init), labels: names,
      start: names.firstIndex(of: "kl-f8") ?? names.count / 2)
    t = Axis("timestep t", steps: NoisingWithoutScale.timesteps, start: 2)
    share = Axis(
      "share λ of the second picture", values: WalkExperiment.shares,
      labels: WalkExperiment.shares.map { NumberFormat.percent(0).text($0) },
      start: WalkExperiment.shares.count / 2)
    func encoded(_ images: [Image]) -> [Picture] { images.map { Picture(png: PNG.data(of: $0)) } }
    walked = report.walk.walks.map { encoded($0.images) }
    noised = (
      report.noising.films.map { encoded($0.scaled) },
      report.noising.films.map { encoded($0.unscaled) }
    )
    let studied = [losses.original] + losses.members.map(\.picture)
    let small = (walked + noised.scaled + noised.unscaled + [studied]).flatMap { $0 }
      .reduce(0) { $0 + $1.png.count }
    let budget = Page.pictureLimit * 3 / 4 - small - 500_000
    pictures = PagePictures(report.experiment, budget: max(budget, 1_000_000))
  }

  func page() -> Page {
    Page(
      "Perceptual compression", number: 5,
      question: "What may be thrown away before diffusion begins?",
      residuals: report.residuals,
      next: report.suggestions
    ) {
      instrument
      loupe
      latentSection
      spectrumSection
      planeSection
      lossSection(losses)
      scaleSection
      walkSection
      tableSection
    }
  }

  // MARK: Quantities

  let picture = Quantity("x", "the picture", .signal)
  let reconstruction = Quantity("x̂", "what comes back: 𝒟(ℰ(x))", .prediction)
  let error = Quantity("|x̂ − x|", "what is lost, on one scale for all", .error)
  let latent = Quantity("z", "the latent: its channels side by side")
  let factor = Quantity("f", "pixels along one of the latent's", .signal)
  let channels = Quantity("c", "channels of the latent", .condition)
  let ratio = Quantity("ρ", "values of the picture for one of the latent", .prediction)
  let rate = Quantity("R", "bits for each pixel of the picture", .noise)
  let psnr = Quantity("PSNR", "likeness to the picture", .prediction)
  let ssim = Quantity("SSIM", "structural similarity", .prediction)
  let distance = Quantity("d", "perceptual distance: what a network sees", .error)
  let components = Quantity("PCA", "block PCA with the same number of values", .noise)
  let cosines = Quantity("DCT", "a cosine codec with the same number of bits", .neutral)

  func over(_ values: [Double]) -> Varying<Double> { .over(model, values) }

  /// The PSNR of each model's baseline, nil where there is none.
  func quality(of baseline: (ComparedModel) -> Baseline?) -> Varying<Double?> {
    .over(model, found.map { baseline($0.model)?.quality.psnr })
  }

  // MARK: The instrument

  private var instrument: Section {
    Section {
      Row(widths: [3, 1.25]) {
        Pictures(figures, columns: 3)
        numbers
      }
      if !pictures.isWhole {
        Text(
          """
          The page shows \(pictures.columns.count)×\(pictures.rows.count) pixels from the middle, \
          pixel by pixel; all numbers are of the whole picture, \
          \(experiment.width)×\(experiment.height), which is in \(code: "images/").
          """)
      }
      Timeline(model)
      LiveFormula(
        """
        \(Math.fraction("3 H W", "c h w")) = \(Math.fraction("3 \(factorTerm)^2", "\(channelsTerm)")) \
        = \(term: ratio, value: over(rows.map(\.valueRatio)))
        """,
        reading: """
          So many values of the picture come to one of the latent, when H and W are multiples of f. A \
          U-Net that works on latents has that much less to do, and attention, whose cost grows with \
          the square of the number of places, can be afforded at all. LDM, section 3.1.
          """)
    }
  }

  private var factorTerm: Math {
    .term(factor, value: over(rows.map { Double($0.factor) }), format: .integer)
  }

  private var channelsTerm: Math {
    .term(channels, value: over(rows.map { Double($0.latentShape[0]) }), format: .integer)
  }

  private var figures: [Figure] {
    let whole = pictures.original
    func baseline(_ find: (ComparedModel) -> Baseline?) -> [Picture] {
      found.map { find($0.model).flatMap { pictures.baselines[$0.name] } ?? whole }
    }
    func note(_ find: (ComparedModel) -> Baseline?, _ unit: (Baseline) -> String) -> Varying<String>
    {
      .over(
        model,
        found.map { found in
          guard let baseline = find(found.model) else { return "the picture itself" }
          return NumberFormat.decimals(2).text(baseline.quality.psnr) + " dB, " + unit(baseline)
        })
    }
    return [
      Figure(of: picture, .fixed(whole)),
      Figure(
        of: reconstruction, .over(model, pictures.reconstructions),
        note: .over(model, rows.map { NumberFormat.decimals(2).text($0.quality.psnr) + " dB" })),
      Figure(
        of: error, .over(model, pictures.errors),
        note: .fixed(
          "brightest: off by \(Int((127.5 * experiment.errorRange.upperBound).rounded())) of 255")),
      Figure(
        of: latent, .over(model, found.map(pictures.latent)),
        note: .over(model, rows.map { $0.latentShape.map(String.init).joined(separator: "×") })),
      Figure(
        of: components, .over(model, baseline(experiment.component)),
        note: note(experiment.component) { "\($0.values) values" }),
      Figure(
        of: cosines, .over(model, baseline(experiment.cosine)),
        note: note(experiment.cosine) { "\(Int($0.bits.rounded())) bits" }),
    ]
  }

  private var numbers: Numbers {
    let rows = rows
    return Numbers(
      "This model",
      [
        Number(of: factor, over(rows.map { Double($0.factor) }), .integer),
        Number(of: ratio, over(rows.map(\.valueRatio))),
        Number(of: rate, over(rows.map(\.bitsPerPixel)), unit: "bits"),
        Number(of: psnr, over(rows.map(\.quality.psnr)), .decimals(2), unit: "dB"),
        Number(of: ssim, .over(model, rows.map(\.quality.ssim)), .decimals(3)),
        Number(of: distance, over(rows.map(\.quality.perceptualDistance)), .decimals(3)),
        Number(of: components, quality(of: experiment.component), .decimals(2), unit: "dB"),
        Number(of: cosines, quality(of: experiment.cosine), .decimals(2), unit: "dB"),
        Number(of: Quantity("t_ℰ", "to encode"), over(rows.map(\.encodeSeconds)), unit: "s"),
        Number(of: Quantity("t_𝒟", "to decode"), over(rows.map(\.decodeSeconds)), unit: "s"),
        Number(
          of: Quantity("MB", "of memory at its worst"), over(rows.map(\.peakMegabytes)),
          .decimals(0)),
      ])
  }

  // MARK: The loupe

  private var loupe: Section {
    Section("The same place in all of them") {
      Text(
        """
        Move over the picture: every reconstruction shows the square under the lens, pixel by pixel, \
        and its PSNR there beside that of the whole picture. Columns are of one f.
        """)
      LoupePanel(
        original: pictures.original, groups: modelGroups + baselineGroups, model: model)
    }
  }

  private var modelGroups: [LoupePanel.Group] {
    families.map { family in
      LoupePanel.Group(
        title: family.name,
        items: found.indices.filter { index in
          family.members.contains { $0.model.name == found[index].model.name }
        }.map { index in
          LoupePanel.Item(
            name: found[index].model.name, column: found[index].model.factor,
            psnr: found[index].quality.psnr, picture: pictures.reconstructions[index],
            position: index)
        })
    }
  }

  private var baselineGroups: [LoupePanel.Group] {
    func items(_ baselines: [(baseline: Baseline, factor: Int)]) -> [LoupePanel.Item] {
      baselines.compactMap { baseline, factor in
        pictures.baselines[baseline.name].map {
          LoupePanel.Item(
            name: baseline.name, column: factor, psnr: baseline.quality.psnr, picture: $0)
        }
      }
    }
    let pca = LoupePanel.Group(
      title: "Block PCA, as many values",
      items: items(experiment.components.map { ($0, $0.factor) }))
    let dct = families.map { family in
      LoupePanel.Group(
        title: "Cosine codec, as many bits as \(family.name)",
        items: items(
          family.members.compactMap { found in
            experiment.cosine(for: found.model).map { ($0, found.model.factor) }
          }))
    }
    return ([pca] + dct).filter { !$0.items.isEmpty }
  }
}
