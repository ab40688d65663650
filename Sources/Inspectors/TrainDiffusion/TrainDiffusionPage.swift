import Commands
import Foundation
import Imaging
import Pages
import Training

/// The page of `train-diffusion`: the loss, and pictures from the same noise as they get better.
struct TrainDiffusionPage {
  private let experiment: TrainingExperiment
  private let state: TrainingState
  /// The folder with the model; nil while it is not written.
  private let folder: String?
  private let sheets: [(step: Int, sheet: Image)]

  init(_ experiment: TrainingExperiment, state: TrainingState, modelIn folder: String?) {
    (self.experiment, self.state, self.folder) = (experiment, state, folder)
    sheets = experiment.sheets()
  }

  private var loss: Quantity { Quantity("L", "squared error of the predicted \(said)", .error) }
  private let rate = Quantity("η", "learning rate", .condition)
  private let norm = Quantity("‖∇L‖", "norm of the gradient", .neutral)

  func page() -> Page {
    Page(
      "Training: the diffusion model", number: 13,
      question: "How does a network learn to make pictures of words?",
      next: suggestions
    ) {
      instrument
      Section("Where the loss is") {
        Text(
          """
          The same network learns all timesteps at once. Little noise hides behind the detail of the \
          picture and is hard to tell; much noise is nearly all there is to see, and easy.
          """)
        Chart(
          "Loss by timestep, the last tenth of the run", x: .linear("timestep t"),
          y: .log("squared error"), curves: [binCurve])
      }
      Section("How it goes") {
        Chart(
          "Learning rate", x: .linear("step"), y: .linear("learning rate"),
          curves: [curve(of: rate, "learning_rate")])
        Chart(
          "Gradient", x: .linear("step"), y: .log("norm before clipping"),
          curves: [curve(of: norm, "gradient_norm")])
      }
    }
  }

  private var model: TrainingModel { experiment.model }
  private var isLatent: Bool { model.firstStage.isLatent }

  /// What the U-Net is asked for.
  private var said: String {
    switch model.scheduler.predictionType {
    case .noise: "noise"
    case .original: "picture behind it"
    case .velocity: "mixture v of noise and picture"
    }
  }

  /// What it is told, and what learns with it.
  private var help: String {
    let told =
      switch model.condition {
      case .nothing: ""
      case .caption: ", with the caption to help"
      case .classLabel: ", with the kind of the first object to help"
      case .layout: ", with boxes and what they hold to help"
      case .mask: ", with the caption and the picture around a hole to help"
      case .lowResolution: ", with the caption and the small picture to help"
      case .semanticMap: ", with the caption and what each place shows to help"
      }
    guard model.condition != .nothing else { return told }
    return told
      + (model.layoutEncoder != nil
        ? ". The transformer that reads the boxes learns with it"
        : model.trainsText ? ". The text encoder learns with it" : "")
  }

  private var instrument: Section {
    let axis =
      sheets.isEmpty ? nil : Axis("step", steps: sheets.map(\.step), start: sheets.count - 1)
    return Section {
      Text(
        """
        Each step takes \(experiment.trainee.settings.batch) scenes, adds noise to their \
        \(isLatent ? "latents" : "pixels"), and asks the U-Net for the \(said)\(help).
        """)
      if let axis {
        Pictures([
          Figure(
            "held-out captions from the same noise",
            .over(axis, sheets.map { Picture(png: PNG.data(of: $0.sheet)) }))
        ])
        Timeline(axis)
        Table(
          "What was asked for, left to right and top to bottom", columns: ["", "caption"],
          rows: experiment.history.captions.enumerated().map { ["\($0 + 1)", .prose(Prose($1))] })
      }
      Chart(
        "Loss", x: .linear("step"), y: .log("squared error"), curves: [curve(of: loss, "loss")],
        cursor: axis)
      Numbers("This run", numbers)
    }
  }

  private func curve(of quantity: Quantity, _ column: String) -> Curve {
    let points = state.trace.smoothed(column)
    return Curve(of: quantity, x: points.map(\.step), y: points.map(\.value))
  }

  private var binCurve: Curve {
    let count = state.trace.rows.count
    let schedule = experiment.model.scheduler.schedule.count
    let means = (0..<DiffusionTrainee.bins).map { bin -> Double in
      let values = state.trace.series("loss_bin_\(bin)").filter { $0.step >= count * 9 / 10 }
      return values.reduce(0) { $0 + $1.value } / Double(values.count)
    }
    let width = Double(schedule) / Double(DiffusionTrainee.bins)
    return Curve(
      of: loss, x: means.indices.map { (Double($0) + 0.5) * width }, y: means, style: .bars)
  }

  private var recentLoss: Double {
    let values = state.trace.series("loss").suffix(100)
    return values.reduce(0) { $0 + $1.value } / Double(max(values.count, 1))
  }

  private var numbers: [Number] {
    let left =
      state.step > 0
      ? state.seconds / Double(state.step) * Double(experiment.steps - state.step) : 0
    return [
      Number(
        of: Quantity("n", "steps done, of \(experiment.steps)"), .fixed(Double(state.step))),
      Number(of: loss, .fixed(recentLoss)),
      Number(of: Quantity("", "minutes so far"), .fixed(state.seconds / 60)),
      Number(of: Quantity("", "minutes left"), .fixed(left / 60)),
      Number(
        of: Quantity(
          isLatent ? "std z" : "std x",
          isLatent ? "of the scaled latents: 1 is right" : "of the pixels, from −1 to 1", .signal),
        .fixed(experiment.latentDeviation)),
    ]
  }

  private var suggestions: [Suggestion] {
    [
      folder.flatMap(use),
      isLatent
        ? Suggestion(
          "train-diffusion", ["--pixels", "--size", "32"],
          because: "leave the autoencoder out, and see what its latents are worth")
        : Suggestion(
          "train-diffusion", [],
          because: "learn on an autoencoder's latents, where pictures of 128 pixels have 16 a side"),
    ].compactMap(\.self)
  }

  /// What to do with the model that was trained; nil where it is told nothing.
  private func use(_ folder: String) -> Suggestion? {
    let way: String
    switch model.condition {
    case .nothing: return nil
    case .caption:
      return Suggestion(
        "text-to-image", ["--model", folder],
        because: "see what the model makes of a prompt, step by step")
    case .classLabel: way = "class"
    case .layout: way = "layout"
    case .mask: way = "inpainting"
    case .lowResolution: way = "super-resolution"
    case .semanticMap: way = "semantic-map"
    }
    return Suggestion(
      "conditioning", ["--ways", way, "--model", folder],
      because: "see how the model keeps to what it is told")
  }

  var summary: Summary {
    Summary(
      columns: ["steps", "of", "loss", "minutes"],
      rows: [
        [
          "\(state.step)", "\(experiment.steps)", NumberFormat.automatic.text(recentLoss),
          NumberFormat.decimals(1).text(state.seconds / 60),
        ]
      ])
  }
}
