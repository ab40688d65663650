import Foundation
import Imaging
import Tensors
import Tracing

// What a latent holds, which frequencies go, rate and distortion.

extension VAECompressionPage {
  // MARK: Latents

  var latentSection: Section {
    let deviation = Quantity("σ", "KL: how sure each value is", .noise)
    let regularizer = Quantity(
      "σ \" or \" k", "KL: σ of the posterior; VQ: which code stands where")
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
      Row {
        Pictures([
          Figure(of: latent, .over(model, found.map(pictures.latent))),
          Figure(
            of: regularizer,
            .over(model, found.map { pictures.regularizer($0) ?? pictures.latent($0) }),
            note: .over(model, found.map(regularizerNote))),
        ])
      }
      Row {
        Chart(
          "Bits of each channel (KL)", x: .linear("channel", in: channelRange),
          y: .linear("bits at one place", in: 0...max(1, mostChannelBits)),
          curves: [
            Curve(
              of: bits, x: .over(model, padded(found.map { channelNumbers($0) })),
              y: .over(model, padded(found.map(\.rate.bitsOfChannels))), style: .bars)
          ])
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

  private var rateFormula: Math {
    let bits = Quantity("R", "bits for each pixel of the picture", .noise)
    return """
      KL ( q(z|x) ‖ N(0, I) ) / ln 2 \"  or  \" − \(Math.under("∑", "k")) n_k log_2 (n_k / n) \
      = \(term: bits, value: over(rows.map(\.bitsPerPixel))) H W
      """
  }

  private var rateReading: Prose {
    "In all \(live: .over(model, found.map { "\(Int($0.rate.bits.rounded())) bits" }))."
  }

  private func regularizerNote(_ found: Reconstruction) -> String {
    switch found.model.regularization {
    case .none: return "pixel space: nothing keeps it in order"
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
    let cutoff = Quantity("f_½", "from here on more than half is lost", .error)
    let frequencies = found.first?.spectrum.frequencies ?? []
    let top = found.flatMap(\.spectrum.original).max() ?? 1
    return Section("Which frequencies go") {
      Text(
        """
        Each f has a frequency up to which it follows the picture, and beyond which it makes up what \
        looks right, or nothing. Where the power of the error reaches that of the picture, leaving \
        the frequency out would have been as good. For this model more than half is lost from \
        \(live: cutoffTexts) cycles \
        per pixel on; the highest there is is 0.5.
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
          markers: [.x(over(found.map(\.spectrum.cutoff)), "half is lost", .error)])
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
      Chart(
        "Where half is lost", x: .log("f"), y: .log("cycles per pixel"),
        curves: families.map { family in
          Curve(
            of: Quantity(cutoff.symbol, "\(family.name): \(cutoff.name)", family.idea),
            x: family.members.map { Double($0.model.factor) },
            y: family.members.map(\.spectrum.cutoff))
        })
    }
  }

  private var cutoffTexts: Varying<String> {
    .over(model, found.map { NumberFormat.decimals(3).text($0.spectrum.cutoff) })
  }

  func idea(of model: ComparedModel) -> Idea {
    switch model.regularization {
    case .kl: .prediction
    case .vq: .condition
    case .none: .signal
    }
  }

  /// What belongs together in a chart: the two kinds that came along, and the person's own.
  private var families: [(name: String, idea: Idea, members: [Reconstruction])] {
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
        To the right more bits, upwards more like the picture. In values the learned models are far \
        ahead of PCA. In bits it depends on how they are counted: by its divergence a KL model says its \
        values far more finely than the picture needs, and the cosine codec makes more of as many bits; \
        quantised at a cost of 0.1 dB the same values take a fraction of that. A first stage is not \
        trained to save bits, but to give diffusion few values in a smooth space. The second plane asks \
        what a network sees: first many bits go at little cost, that is perceptual compression; \
        \(bendText)
        """)
      Row {
        plane("Likeness", "PSNR", .linear("PSNR in dB")) { $0.psnr }
        plane("What a network sees", "distance", .log("perceptual distance")) {
          $0.perceptualDistance
        }
      }
    }
  }

  private var bendText: Prose {
    guard let bend = experiment.bend(.kl) else {
      return "behind the bend each bit saved costs more and more."
    }
    return """
      behind the bend, at \(bend.model.name) on this picture, each bit saved costs more and more of \
      what the picture shows, and it is left to the diffusion model to know what belongs there.
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
        y: sorted.map(\.1), style: style)
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
    var markers: [Marker] = [
      .x(over(rows.map(\.bitsPerPixel)), "this model", .signal)
    ]
    if let bend = experiment.bend(.kl) {
      markers.append(.x(.fixed(bend.rate.bits / pixels), "bend", .error))
    }
    return Chart(
      title, x: .log("bits per pixel"), y: scale, curves: curves, markers: markers)
  }
}
