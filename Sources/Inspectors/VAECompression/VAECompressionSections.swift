import Commands
import Evaluation
import Foundation
import Imaging
import Pages
import Tensors

// What a latent holds, which frequencies go, rate and distortion.

extension VAECompressionPage {
  // MARK: Latents

  var latentSection: Section {
    let deviation = Quantity("σ", "KL: how sure each value is", .noise)
    let regularizer = Quantity(
      "σ \"\u{A0}or\u{A0}\" k", "KL: σ of the posterior; VQ: which code stands where")
    let bits = Quantity("R_c", "bits of each channel at one place", .noise)
    let use = Quantity("n_k", "how often each code is used, the most used first", .condition)
    return Section("What a latent holds, and how many bits that is") {
      Text(
        """
        A KL model says of every value how sure it is: \(deviation). What it sends is a draw, and what \
        a draw says beyond the prior is its divergence from it, in bits. A VQ model sends the number \
        of a code at each place; how often each is used gives the entropy, which is at most \
        \(math: "log_2 K") a place. Both are measured on this picture; pixel space takes three bytes \
        a pixel.
        """)
      Choice(model)
      LiveFormula(rateFormula, reading: rateReading)
      Row(widths: [2, 1.5]) {
        Pictures([
          Figure(of: latent, .over(model, found.map(pictures.latent))),
          Figure(
            of: regularizer,
            .over(model, found.map { pictures.regularizer($0) ?? pictures.latent($0) }),
            note: .over(model, found.map(regularizerNote))),
        ])
        ratesTable
      }
      Row {
        if found.contains(where: { $0.model.regularization == .kl }) {
          Chart(
            "Bits of each channel (KL)", x: .linear("channel", in: channelRange),
            y: .linear("bits at one place", in: 0...max(1, mostChannelBits)),
            curves: [
              Curve(
                of: bits, x: .over(model, padded(found.map { channelNumbers($0) })),
                y: .over(model, padded(found.map(\.rate.bitsOfChannels))), style: .bars)
            ])
        }
        if found.contains(where: { $0.model.regularization == .vq }) {
          Chart(
            "Use of the codebook (VQ)", x: .log("rank of the code"), y: .log("times used"),
            curves: [
              Curve(
                of: use, x: .over(model, padded(found.map { usesByRank($0).map(\.rank) })),
                y: .over(model, padded(found.map { usesByRank($0).map(\.count) })))
            ])
        }
      }
    }
  }

  private var ratesTable: Table {
    Table(
      "How many bits this picture takes",
      columns: ["model", "bits", "at most", "a value", "quantised", "codes used"],
      rows: found.map { found in
        func bits(_ value: Double?) -> Table.Cell { value.map { .number($0, .integer) } ?? .none }
        return [
          .prose(Prose(found.model.name)), bits(found.rate.bits), bits(found.rate.upperBound),
          .number(found.rate.bits / Double(found.latent.mean.count), .decimals(2)),
          bits(found.quantizedBits),
          found.model.codebookSize.map { "\(found.rate.codesInUse) of \($0)" } ?? .none,
        ]
      }, follows: model)
  }

  private var rateFormula: Math {
    let bits = Quantity("R", "bits for each pixel of the picture", .noise)
    return """
      KL ( q(z|x) ‖ N(0, I) ) / "ln\u{A0}2" "\u{A0}\u{A0}or\u{A0}\u{A0}" − \(Math.under("∑", "k")) n_k log_2 (n_k / n) \
      = \(term: bits, value: over(rows.map(\.bitsPerPixel))) H W
      """
  }

  private var rateReading: Prose {
    "In all \(live: .over(model, found.map { "\(Int($0.rate.bits.rounded())) bits" }))."
  }

  private func regularizerNote(_ found: Reconstruction) -> String {
    switch found.model.regularization {
    case nil:
      return found.model.isLatent
        ? "it learned to imitate another's latents" : "pixel space: nothing keeps it in order"
    case .kl:
      let sigma = found.latent.posterior?.standardDeviation.moments.mean ?? 0
      return "σ is \(NumberFormat.automatic.text(sigma)) on average; a draw gives "
        + NumberFormat.decimals(2).text(found.psnrOfSample) + " dB"
    case .vq:
      let bound = found.rate.upperBound ?? 0
      return "\(found.rate.codesInUse) of \(found.model.codebookSize ?? 0) codes; at most "
        + "\(Int(bound.rounded())) bits"
    }
  }

  /// From half a bar before the first channel to half a bar behind the last.
  var channelRange: ClosedRange<Double> {
    -0.5...Double(found.map(\.model.channels).max() ?? 1) - 0.5
  }

  private var mostChannelBits: Double { found.flatMap(\.rate.bitsOfChannels).max() ?? 1 }

  private func channelNumbers(_ found: Reconstruction) -> [Double] {
    found.rate.bitsOfChannels.indices.map(Double.init)
  }

  /// The uses of codes in falling order, thinned where the ranks are many.
  private func usesByRank(_ found: Reconstruction) -> [(rank: Double, count: Double)] {
    let counts = found.rate.codeCounts.filter { $0 > 0 }.sorted(by: >)
    let shown = (0..<160).map { Int(exp(Double($0) / 159 * log(Double(max(counts.count, 1))))) - 1 }
    return Array(Set(shown)).sorted().filter { counts.indices.contains($0) }.map {
      (Double($0 + 1), Double(counts[$0]))
    }
  }

  /// Lists of one length, NaN where there is nothing.
  private func padded(_ lists: [[Double]]) -> [[Double]] {
    let length = lists.map(\.count).max() ?? 0
    return lists.map { $0 + Array(repeating: .nan, count: length - $0.count) }
  }

  // MARK: Frequencies

  var spectrumSection: Section {
    let before = Quantity("S", "power of the picture", .signal)
    let after = Quantity("Ŝ", "power of the reconstruction", .prediction)
    let lost = Quantity("E", "power of the error", .error)
    let frequencies = found.first?.spectrum.frequencies ?? []
    let top = found.flatMap(\.spectrum.original).max() ?? 1
    return Section("Which frequencies go") {
      Text(
        """
        Where the power of the error reaches that of the picture, leaving the frequency out would have \
        been as good. \(live: cutoffTexts) A latent with f has a place every f pixels: a picture made \
        that small could hold frequencies up to \(math: "1/(2 f)"), and what channels and decoder \
        know of edges goes beyond.
        """)
      Row {
        Chart(
          "Power at each frequency, in grey", x: .log("frequency in cycles per pixel"),
          y: .log("power", in: max(top, 1e-3) * 1e-7...max(top, 1e-3) * 2),
          curves: [
            Curve(of: before, x: frequencies, y: found.first?.spectrum.original ?? []),
            Curve(
              of: after, x: .over(model, found.map { _ in frequencies }),
              y: .over(model, found.map(\.spectrum.reconstruction))),
            Curve(
              of: lost, x: .over(model, found.map { _ in frequencies }),
              y: .over(model, found.map(\.spectrum.error))),
          ],
          markers: [.x(over(found.map { $0.spectrum.cutoff ?? .nan }), "half is lost", .error)])
        Chart(
          "How much of each frequency is lost", x: .linear("frequency in cycles per pixel"),
          y: .linear("power of the error over that of the picture", in: 0...1.5),
          curves: found.enumerated().filter(\.element.model.isLatent).map { position, found in
            Curve(
              of: Quantity(
                Math("\"" + found.model.name + "\""), found.model.name, idea(of: found.model)),
              x: frequencies, y: found.spectrum.lost.map { min($0, 2) },
              choice: (model, position))
          })
      }
      Row {
        Chart(
          "Where half is lost", x: .log2("downsampling factor f", in: 1...32),
          y: .log("cycles per pixel", in: (frequencies.first ?? 0.01)...0.5),
          curves: families.map { family in
            Curve(
              of: Quantity(
                Math("\"" + family.name + "\""),
                "\(family.name): from here on more than half is lost",
                family.idea),
              x: family.members.map { Double($0.model.factor) },
              y: family.members.map { $0.spectrum.cutoff ?? .nan },
              style: family.members.count > 1 ? .line : .points)
          } + [
            Curve(
              of: Quantity("1/(2 f)", "the highest frequency of a picture made f times smaller"),
              x: (0...5).map { Double(1 << $0) }, y: (0...5).map { 0.5 / Double(1 << $0) },
              style: .dashed)
          ])
        cutoffTable
      }
    }
  }

  private var cutoffTable: Table {
    Table(
      "In cycles per pixel; the highest there is is 0.5",
      columns: ["model", "half is lost from", math("1/(2 f)")],
      rows: found.map { found in
        [
          .prose(Prose(found.model.name)),
          found.spectrum.cutoff.map { .number($0, .decimals(3)) } ?? .none,
          .number(0.5 / Double(found.model.factor), .decimals(3)),
        ]
      }, follows: model)
  }

  private func math(_ formula: Math) -> Prose { "\(math: formula)" }

  private var cutoffTexts: Varying<String> {
    .over(
      model,
      found.map { found in
        guard let cutoff = found.spectrum.cutoff else {
          return "With \(found.model.name), of no frequency more than half is lost."
        }
        return "With \(found.model.name), more than half is lost from "
          + NumberFormat.decimals(3).text(cutoff) + " cycles per pixel on."
      })
  }

  func idea(of model: ComparedModel) -> Idea {
    switch model.regularization {
    case .kl: .prediction
    case .vq: .condition
    case nil: model.isLatent ? .error : .signal
    }
  }

  /// What belongs together in a chart: the two kinds that came along, and the person's own.
  var families: [(name: String, idea: Idea, members: [Reconstruction])] {
    let latent = found.filter(\.model.isLatent)
    let shipped = latent.filter(\.model.isShipped)
    return [
      ("KL", .prediction, shipped.filter { $0.model.regularization == .kl }),
      ("VQ", .condition, shipped.filter { $0.model.regularization == .vq }),
      ("yours", .error, latent.filter { !$0.model.isShipped }),
    ].filter { !$0.2.isEmpty }
  }

  // MARK: Rate and distortion

  var planeSection: Section {
    Section("Rate and distortion: where perceptual compression ends") {
      Text(
        """
        To the right more bits; in the first plane upwards is more like the picture, in the second \
        downwards. \(aheadText) A first stage is not trained to save bits, but to give diffusion few \
        values in a smooth space. \(bendText)
        """)
      Row {
        plane("Likeness", "PSNR", .linear("PSNR in dB")) { $0.psnr }
        plane("What a network sees", "distance", .log("perceptual distance")) {
          $0.perceptualDistance
        }
      }
    }
  }

  /// How the models of this run stand beside the baselines.
  private var aheadText: Prose {
    let latent = found.filter(\.model.isLatent)
    guard !latent.isEmpty else { return "" }
    func ahead(_ baseline: (ComparedModel) -> Baseline?) -> Int {
      latent.count { $0.quality.psnr > baseline($0.model)?.quality.psnr ?? .infinity }
    }
    return """
      Of \(latent.count) models \(ahead(experiment.component)) come nearer to this picture than block \
      PCA with as many values, and \(ahead(experiment.cosine)) nearer than the cosine codec with as \
      many bits. \(quantizedText)
      """
  }

  private var quantizedText: Prose {
    let shares = found.compactMap { found in found.quantizedBits.map { $0 / found.rate.bits } }
    guard let least = shares.min(), let most = shares.max() else { return "" }
    let percent = NumberFormat.percent(0)
    let range = [least, most].map(percent.text).prefix(shares.count).joined(separator: " to ")
    return """
      It depends on how bits are counted: quantised at a cost of 0.1 dB, the values of KL models take \
      \(Prose(range)) of what their divergence from the prior says.
      """
  }

  /// Where the curve of what a network sees bends, when there are enough models to see it.
  private var bendText: Prose {
    guard let bend = experiment.bend(.kl) else { return "" }
    let family = experiment.family(.kl).filter(\.model.isLatent)
    let last = family.last ?? bend
    return """
      What a network sees bends at \(bend.model.name): up to there, compression to \
      \(bend.rate.bits / experiment.pixels, .decimals(3)) bits a pixel leaves a distance of \
      \(bend.quality.perceptualDistance, .decimals(3)), that is perceptual compression; \
      \(last.model.name) takes \(last.rate.bits / experiment.pixels, .decimals(3)) bits and leaves \
      \(last.quality.perceptualDistance, .decimals(3)). What is lost there, the diffusion model would \
      have to know.
      """
  }

  private func plane(
    _ title: Prose, _ name: String, _ scale: Scale, _ value: @escaping (Quality) -> Double
  ) -> Chart {
    let pixels = experiment.pixels
    func points(_ label: String, _ idea: Idea, _ pairs: [(Double, Double)], _ style: Curve.Style)
      -> Curve
    {
      let sorted = pairs.filter { $0.0 > 0 }.sorted { $0.0 < $1.0 }
      return Curve(
        of: Quantity(Math("\"" + label + "\""), "\(label): \(name)", idea), x: sorted.map(\.0),
        y: sorted.map(\.1), style: sorted.count > 1 ? style : .points)
    }
    var curves = families.map { family in
      points(
        family.name, family.idea,
        family.members.map { ($0.rate.bits / pixels, value($0.quality)) },
        family.name == "yours" ? .points : .line)
    }
    let quantized = families.flatMap(\.members).compactMap { found in
      found.quantizedBits.map { ($0 / pixels, value(found.quality)) }
    }
    if !quantized.isEmpty {
      curves.append(points("KL quantised", .prediction, quantized, .points))
    }
    curves.append(
      points(
        "PCA", .noise, experiment.components.map { ($0.bits / pixels, value($0.quality)) }, .line))
    let curve = experiment.cosineCurve.map {
      (
        $0.bitsPerPixel,
        value(Quality(psnr: $0.psnr, ssim: nil, perceptualDistance: $0.perceptualDistance))
      )
    }
    curves.append(points("DCT", .neutral, curve, .dashed))
    let files = experiment.jpegCurve.points.map { ($0.bitsPerPixel, value($0.measured)) }
    curves.append(points("JPEG", .signal, files, .dashed))
    if let bend = experiment.bend(.kl) {
      curves.append(
        points("bend", .error, [(bend.rate.bits / pixels, value(bend.quality))], .points))
    }
    return Chart(
      title, x: .log("bits per pixel"), y: scale, curves: curves,
      markers: [.x(over(rows.map(\.bitsPerPixel)), "this model", .signal)])
  }
}
