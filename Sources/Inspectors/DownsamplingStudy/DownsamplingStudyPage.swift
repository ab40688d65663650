import Commands
import Foundation
import Imaging
import Pages
import Storybook
import Tensors

/// The page of `downsampling-study`: the same captions from every model as training goes on, quality
/// against time, and what each space costs.
struct DownsamplingStudyPage {
  let study: Study
  /// Whether this run made the study; otherwise it shows one that was made before.
  let isOwn: Bool
  let changed: ChangedFirstStages
  let model: Axis
  let time: Axis

  init(_ study: Study, isOwn: Bool, changed: ChangedFirstStages = .none) {
    (self.study, self.isOwn, self.changed) = (study, isOwn, changed)
    let best = study.models.firstIndex { $0.factor == study.best?.factor } ?? 0
    model = Axis("model", choices: study.models.map(\.name), start: best)
    let milestones = study.settings.milestones
    time = Axis(
      "training, in seconds of one core", values: milestones,
      labels: milestones.map { StudyText.seconds($0) }, start: milestones.count - 1)
  }

  let distance = Quantity("d", "Fréchet distance to drawn scenes", .error)
  let accuracy = Quantity("\"right\"", "attributes drawn as asked", .condition)

  /// Six curves want six colours: on this page they stand for the models.
  func quantity(_ model: StudyModel) -> Quantity {
    let ideas: [Int: Idea] = [
      1: .error, 2: .noise, 4: .condition, 8: .signal, 16: .prediction, 32: .neutral,
    ]
    return Quantity(
      Math("\"" + model.name + "\""),
      model.factor == 1 ? "pixels" : "f = \(model.factor), \(StudyText.shape(model))",
      ideas[model.factor] ?? .neutral)
  }

  func page() -> Page {
    Page(
      "Downsampling study", number: 6,
      question: "Should diffusion run on pixels or on latents, and how small may these be?",
      residuals: residuals, next: suggestions
    ) {
      instrument
      StudySections(page: self).sections
    }
  }

  private var instrument: Section {
    Section {
      Text(Prose(study.headline))
      Pictures([asked] + study.models.map(figure), columns: 2)
      Timeline(time)
      Row {
        chart(
          "How far from drawn scenes", StudyText.distances(study),
          .y(.fixed(study.drawn.distance), "drawn scenes")
        ) { $0.distance }
        chart(
          "How much is drawn as asked", .linear("share of attributes", in: 0...1),
          .y(.fixed(study.chance), "chance")
        ) { $0.accuracy }
      }
      Choice(model)
      Text(
        """
        Every point is \(study.settings.count) captions of combinations that no training met, drawn \
        with \(study.settings.samplerSteps) steps of DDIM at guidance scale \
        \(StudyEvaluation.guidanceScale, .decimals(0)) and read by a classifier that no model learned \
        from. A picture of another caption would read \(study.chance, .percent(0)) right.
        """)
      provenanceNote
      if let warning = changed.warning { Text(warning) }
    }
  }

  /// The scenes that the captions describe.
  private var asked: Figure {
    let scenes = StudyEvaluation.scenes(0..<StudyEvaluation.shown)
    let renderer = SceneRenderer(size: StudyNetwork.imageSize)
    let images = scenes.prefix(study.settings.count).map { Image(renderer.picture(of: $0)) }
    return Figure(
      Prose("The scenes that were asked for"),
      .fixed(Picture(png: PNG.data(of: .grid(images, columns: images.count)))),
      note: .fixed("as drawn: \(StudyText.quality(study.drawn))"))
  }

  private func figure(_ model: StudyModel) -> Figure {
    let shown = study.settings.milestones.indices.map { study.point(of: model, at: $0) }
    let blank = PNG.data(of: Image(width: 1, height: 1, filledWith: .white))
    return Figure(
      of: quantity(model),
      .over(time, shown.map { Picture(png: model.strips[$0] ?? blank) }),
      note: .over(time, shown.map { StudyText.quality(model.points[$0].quality) }))
  }

  private func chart(
    _ title: Prose, _ y: Pages.Scale, _ marker: Marker, value: (StudyQuality) -> Double
  ) -> Chart {
    let steps = study.settings.samplerSteps
    return Chart(
      title, x: .log("seconds of training on one core"), y: y,
      curves: study.models.enumerated().map { position, model in
        let points = model.training(samplerSteps: steps)
        return Curve(
          of: quantity(model), x: points.map(\.trainSeconds), y: points.map { value($0.quality) },
          style: points.count > 1 ? .line : .points, choice: (self.model, position))
      },
      markers: [marker], cursor: time)
  }

  private var provenanceNote: Text {
    let settings = study.settings
    let made: Prose =
      isOwn
      ? "This run made everything on this page"
      : "This page shows a run that was made before, with \(code: study.command)"
    return Text(
      """
      \(made): \(study.models.count == 1 ? "1 U-Net" : "\(study.models.count) U-Nets") of one family, \
      \(StudyText.seconds(settings.share)) of one core each, \(settings.scenes) scenes. Evaluation, \
      encoding and the autoencoders' own training are not counted. The text encoder is the shipped \
      model's, held still; it once learned with a U-Net on f = 8.
      """)
  }

  // MARK: Is it true?

  private var residuals: [Residual] {
    let sizes = study.models.map { Double($0.parameters) }
    guard let most = sizes.max(), let least = sizes.min(), study.models.count > 1 else { return [] }
    return [
      Residual(
        "Equal size: by how much the largest U-Net has more parameters than the smallest",
        measured: most / least - 1, bound: 0.02),
      Residual(
        """
        Equal time: the longest training beyond its share, in that model's own median steps (nobody \
        stops within a step)
        """,
        measured: study.models.map { ($0.trainSeconds - study.settings.share) / $0.stepSeconds }
          .max() ?? .nan, bound: 4, kind: .finding),
    ]
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "downsampling-study", ["--budget", "60s"],
        because: "train all of them now, a few seconds each: costs as they are on this machine"),
      Suggestion(
        "downsampling-study", ["--budget", "20m", "--factor", "1", "--factor", "8"],
        because: "only pixels against f = 8, ten minutes each"),
      Suggestion(
        "model-report", ["--part", "reconstruction"],
        because: "what the autoencoders lose before any diffusion begins"),
    ]
  }

  var summary: Summary {
    Summary(
      columns: [
        "model", "training steps", "distance", "right", "images/s training", "s per picture",
      ],
      rows: study.models.map { model in
        let last = study.final(of: model)
        return [
          model.name, "\(model.trainSteps)",
          NumberFormat.decimals(2).text(last.quality.distance),
          NumberFormat.percent(1).text(last.quality.accuracy),
          NumberFormat.decimals(1).text(model.trainPicturesPerSecond),
          NumberFormat.decimals(3).text(last.sampleSeconds),
        ]
      })
  }
}

/// Numbers of the study as text, and the scale of its distances.
enum StudyText {
  /// Whole powers of ten around all distances, so that the axis has numbers.
  static func distances(_ study: Study) -> Pages.Scale {
    .log(
      "Fréchet distance",
      in: decades(study.models.flatMap(\.points).map(\.quality.distance) + [study.drawn.distance]))
  }

  static func decades(_ values: [Double]) -> ClosedRange<Double>? {
    let powers = values.filter { $0 > 0 && $0.isFinite }.map(log10)
    guard let low = powers.min()?.rounded(.down), let high = powers.max()?.rounded(.up),
      low < high
    else { return nil }
    return pow(10, low)...pow(10, high)
  }

  /// A name that stays on one line.
  static func unbroken(_ name: String) -> String {
    name.replacingOccurrences(of: "-", with: "\u{2011}")
  }

  static func seconds(_ value: Double) -> String {
    (value < 10 ? NumberFormat.decimals(1) : .integer).text(value) + " s"
  }

  static func quality(_ quality: StudyQuality) -> String {
    "\(NumberFormat.decimals(1).text(quality.distance)) away, "
      + "\(NumberFormat.percent(0).text(quality.accuracy)) right"
  }

  static func shape(_ model: StudyModel) -> String {
    model.latentShape.dropFirst().map(String.init).joined(separator: "×")
      + "×\(model.latentShape[0])"
  }
}
