import Foundation
import Pages

/// What stands below the instrument: costs, sampling, ceilings, and the paper.
struct StudySections {
  let page: DownsamplingStudyPage

  var study: Study { page.study }
  private var models: [StudyModel] { study.models }

  var sections: [Section] {
    var sections = [costs, sampling, ceilings]
    if !study.claims.isEmpty { sections.insert(paper, at: 0) }
    if models.contains(where: { $0.losses.count > 1 }) { sections.append(losses) }
    return sections
  }

  // MARK: The paper

  private var paper: Section {
    Section("The paper's Figure 6, and this one") {
      Table(
        "What the paper reports, and what this study measured",
        columns: ["the paper (ImageNet, 2 M steps)", "here", ""],
        rows: study.verdicts.map { claim, agreeing in
          [
            .prose(Prose(claim.paper)), .prose(Prose(claim.here)),
            .prose(Prose(verdict(claim, agreeing))),
          ]
        })
      if !study.repeats.isEmpty {
        spread
        spreadText
      }
      Text(
        """
        Paper: arXiv:2112.10752, §4.1, Figures 6 and 7: 396 million parameters, 256×256 pictures of \
        a thousand classes, equal numbers of steps. Here: \
        \(Double(models.map(\.parameters).max() ?? 0) / 1e6, .decimals(1)) million parameters, \
        128×128 scenes, equal time. A distance is over this house's classifier, not Inception: \
        compare the order, not the numbers.
        """)
    }
  }

  private func verdict(_ claim: Study.Claim, _ agreeing: Int) -> String {
    let verdict =
      claim.agrees
      ? "✓\u{A0}agrees" : claim.agreesInPart ? "◐\u{A0}in part" : "✗\u{A0}differs"
    guard !study.repeats.isEmpty else { return verdict }
    return verdict + "; agrees with \(agreeing) of \(study.seeds.count) seeds"
  }

  // MARK: Costs

  private let step = Quantity("\"training\"", "seconds of one core for one picture", .prediction)
  private let draw = Quantity("\"drawing\"", "seconds of one core for one picture", .signal)
  private let memory = Quantity("\"memory\"", "for each picture of a training step", .noise)

  private var costs: Section {
    let f = models.map { Double($0.factor) }
    let training = models.map { $0.stepSeconds / Double($0.batch) }
    let drawing = models.map { study.final(of: $0).sampleSeconds }
    let megabytes = models.map { Double($0.costs.pictureBytes) / 1e6 }
    return Section("What a picture costs") {
      Row {
        Chart(
          "Time", x: .log2("downsampling factor f"),
          y: .log("seconds of one core", in: StudyText.decades(training + drawing)),
          curves: [
            Curve(of: step, x: f, y: training), Curve(of: draw, x: f, y: drawing),
          ])
        Chart(
          "Memory", x: .log2("downsampling factor f"),
          y: .log("MB for one picture of a step", in: StudyText.decades(megabytes)),
          curves: [Curve(of: memory, x: f, y: megabytes)])
      }
      trainingTable
      drawingTable
      Text(
        """
        FLOPs are counted from the shapes of convolutions, matrix products and attention; training \
        takes three times the pass: forward, and back to the activations and to the weights. A \
        guided step of sampling is two passes. Memory is what a step needs beyond what stood before: \
        weights, optimiser, activations, gradients.
        """)
    }
  }

  private var trainingTable: Table {
    Table(
      "Training",
      columns: [
        "", "space", "million parameters", "GFLOP per picture", "batch", "seconds per step",
        "pictures per second", "against pixels", "MB per step", "MB per picture",
      ],
      rows: models.map { model in
        [
          .prose(Prose(StudyText.unbroken(model.name))), .prose(Prose(StudyText.shape(model))),
          .number(Double(model.parameters) / 1e6, .decimals(2)),
          .number(Double(model.trainFlops) / 1e9, .decimals(2)),
          .number(Double(model.batch), .integer), .number(model.stepSeconds, .decimals(3)),
          .number(model.trainPicturesPerSecond, .decimals(1)),
          ratio(of: model) { $0.trainPicturesPerSecond },
          .number(Double(model.costs.batchBytes) / 1e6, .decimals(0)),
          .number(Double(model.costs.pictureBytes) / 1e6, .decimals(1)),
        ]
      }, follows: page.model)
  }

  private var drawingTable: Table {
    let steps = study.settings.samplerSteps
    return Table(
      "Drawing, \(steps) guided steps",
      columns: [
        "", "GFLOP per pass", "GFLOP of the decoder", "GFLOP per picture", "seconds per picture",
        "against pixels", "seconds to encode one",
      ],
      rows: models.map { model in
        let whole = 2 * steps * model.costs.passFlops + model.costs.decodeFlops
        return [
          .prose(Prose(StudyText.unbroken(model.name))),
          .number(Double(model.costs.passFlops) / 1e9, .decimals(3)),
          .number(Double(model.costs.decodeFlops) / 1e9, .decimals(2)),
          .number(Double(whole) / 1e9, .decimals(1)),
          .number(study.final(of: model).sampleSeconds, .decimals(3)),
          ratio(of: model) { 1 / study.final(of: $0).sampleSeconds },
          .number(model.costs.encodeSeconds, .decimals(3)),
        ]
      }, follows: page.model)
  }

  private func ratio(of model: StudyModel, _ value: (StudyModel) -> Double) -> Table.Cell {
    guard let pixels = models.first(where: { $0.factor == 1 }) else { return .none }
    let ratio = value(model) / value(pixels)
    return .prose(Prose((ratio < 10 ? NumberFormat.decimals(1) : .integer).text(ratio) + "×"))
  }

  // MARK: Sampling

  private var sampling: Section {
    Section("Quality against the time to draw") {
      Text(
        """
        Each finished model with \(StudySettings.sweep.map(String.init).joined(separator: ", ")) \
        steps of DDIM, as in the paper's Figure 7. Further left is faster in both; further down is \
        better in the first, where it is nearer to drawn scenes, and further up in the second, where \
        more is drawn as asked.
        """)
      Row {
        sweep(
          "Distance: less is better", .log("Fréchet distance"),
          [.y(.fixed(study.drawn.distance), "drawn scenes")]
        ) { $0.distance }
        sweep("Attributes: more is better", .linear("share drawn as asked", in: 0...1), []) {
          $0.accuracy
        }
      }
    }
  }

  private func sweep(
    _ title: Prose, _ y: Pages.Scale, _ markers: [Marker], value: (StudyQuality) -> Double
  ) -> Chart {
    Chart(
      title, x: .log("seconds of one core for one picture"), y: y,
      curves: models.enumerated().map { position, model in
        let points = model.sampling
        return Curve(
          of: page.quantity(model), x: points.map(\.sampleSeconds),
          y: points.map { value($0.quality) }, style: points.count > 1 ? .line : .points,
          choice: (page.model, position))
      }, markers: markers)
  }

  // MARK: Ceilings

  private var ceilings: Section {
    Section("What the first stage allows") {
      Text(
        """
        No model can draw better than its decoder: the same scenes through each autoencoder and \
        back, read in the same way. The more a code leaves out, the less there is for diffusion to \
        do, and the less it can do.
        """)
      Table(
        "Scenes through the first stage and back, and what the model made of it",
        columns: [
          "", "PSNR in dB", "distance of decoded scenes", "distance of the model's pictures",
          "decoded read right", "model's read right",
        ],
        rows: models.map { model in
          let end = study.final(of: model).quality
          return [
            .prose(Prose(StudyText.unbroken(model.name))),
            model.ceilingPSNR.isFinite ? .number(model.ceilingPSNR, .decimals(1)) : .none,
            .number(model.ceiling.distance, .decimals(1)), .number(end.distance, .decimals(1)),
            .number(model.ceiling.accuracy, .percent(0)), .number(end.accuracy, .percent(0)),
          ]
        }, follows: page.model)
    }
  }

  // MARK: Loss

  private var losses: Section {
    Section("The loss does not tell") {
      Text(
        """
        Pixels are smooth: noise on them is easy to tell from picture, and the loss is low at once. \
        A dense code looks like noise itself. So losses of different spaces cannot be compared, and \
        pictures must be.
        """)
      Chart(
        "Training loss", x: .log("seconds of training on one core"), y: .log("squared error"),
        curves: models.enumerated().filter { $0.element.losses.count > 1 }.map { position, model in
          Curve(
            of: page.quantity(model), x: model.losses.map(\.seconds), y: model.losses.map(\.value),
            choice: (page.model, position))
        }, cursor: page.time)
    }
  }
}
