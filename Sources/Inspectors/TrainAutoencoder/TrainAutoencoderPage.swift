import Commands
import Evaluation
import Foundation
import Imaging
import Pages
import Tensors
import Training

/// The page of `train-autoencoder`, while it trains and in the end.
struct TrainAutoencoderPage {
  let trainee: AutoencoderTrainee
  let state: TrainingState
  /// Nil before the end.
  let result: AutoencoderTrainingResult?
  private let axis: Axis

  var settings: AutoencoderTrainingSettings { trainee.settings }
  private var snapshots: [AutoencoderEvaluation.Snapshot] { trainee.evaluation.snapshots }
  private var isKL: Bool { settings.regularization == .kl }
  private var usesCritic: Bool { settings.adversarialWeight > 0 }
  private var hasImages: Bool { trainee.crops.photographs?.heldOut.isEmpty == false }

  init(trainee: AutoencoderTrainee, state: TrainingState, result: AutoencoderTrainingResult?) {
    (self.trainee, self.state, self.result) = (trainee, state, result)
    let steps = trainee.evaluation.snapshots.map(\.steps)
    // A run that was stopped at once has nothing to show yet.
    axis = Axis("step", steps: steps.isEmpty ? [0] : steps, start: max(steps.count - 1, 0))
  }

  private let picture = Quantity("x", "the picture", .signal)
  private let reconstruction = Quantity("x̂", "what the decoder makes of its latent", .prediction)
  private let difference = Quantity("| x̂ − x |", "what is wrong", .error)
  private let total = Quantity("L", "the loss, all parts together", .neutral)
  private let pixelLoss = Quantity("L_rec", "distance of the pixels", .error)
  private let seen = Quantity("L_p", "distance as a network sees it", .prediction)
  private let divergence = Quantity("KL", "distance of q(z|x) from a standard normal", .noise)
  private let codebookLoss = Quantity("L_vq", "distance between latents and codes", .noise)
  private let critic = Quantity("L_G", "what the critic thinks of reconstructions", .condition)
  private let criticWeight = Quantity("w_a λ", "how much the critic counts", .condition)
  private let criticLoss = Quantity("L_D", "the critic's own loss", .condition)
  private let scenePSNR = Quantity("\"PSNR\"_s", "of scenes never trained on", .signal)
  private let texturePSNR = Quantity("\"PSNR\"_t", "of textures never trained on", .prediction)
  private let imagePSNR = Quantity("\"PSNR\"_i", "of one's own pictures never trained on", .noise)
  private let rate = Quantity("η", "learning rate", .neutral)
  private let codes = Quantity("\"codes\"", "share of the codebook in use", .condition)

  func page() -> Page {
    Page(
      "Training: the autoencoder", number: 13,
      question: "How does an autoencoder learn what may be left out of a picture?",
      residuals: residuals,
      next: suggestions
    ) {
      instrument
      lossSection
      if let result { qualitySection(result) }
    }
  }

  var summary: Summary {
    guard let result else { return Summary(columns: ["step"], rows: []) }
    let steps = "\(state.step) step\(state.step == 1 ? "" : "s")"
    return Summary(
      columns: ["\(settings.name), \(steps)", "PSNR", "SSIM", "block PCA's PSNR"],
      rows: result.qualities.map { name, quality, linear in
        [
          name, NumberFormat.decimals(2).text(quality.meanPSNR),
          NumberFormat.decimals(3).text(quality.meanSSIM),
          NumberFormat.decimals(2).text(linear.meanPSNR),
        ]
      })
  }
}

// MARK: - The instrument

extension TrainAutoencoderPage {
  private var instrument: Section {
    Section {
      Text(
        """
        \(settings.name): \(trainee.autoencoder.parameterCount) parameters bring a picture to one \
        pixel of \(trainee.autoencoder.latentChannels) numbers for every \(settings.factor) × \
        \(settings.factor), and back. \(state.step) of \(settings.steps) steps, \
        \(state.seconds / 60, .decimals(1)) minutes\(ending)
        """)
      if snapshots.isEmpty {
        Text("The run was stopped before its first step: there is nothing to see yet.")
      } else {
        Row(widths: [3, 1]) {
          Pictures(figures, columns: 3)
          numbers
        }
        Timeline(axis)
        formula
      }
    }
  }

  private var ending: String {
    let isStopped = result != nil && state.step < settings.steps
    return isStopped ? "; it was stopped, --resume goes on." : "."
  }

  private var figures: [Figure] {
    let originals = trainee.evaluation.shown
    return trainee.evaluation.kinds.enumerated().flatMap { index, kind -> [Figure] in
      let original = originals.rows(index..<index + 1)
      let made = snapshots.map { $0.pictures.rows(index..<index + 1) }
      let notes = made.map { "\(Self.decibels(ImageMetrics.psnr($0, original))) dB" }
      return [
        Figure(
          of: picture, .fixed(Self.shown(original)), caption: "a \(kind)"),
        Figure(of: reconstruction, .over(axis, made.map(Self.shown)), note: .over(axis, notes)),
        Figure(
          of: difference, .over(axis, made.map { Self.distance($0, original) }),
          note: .fixed("bright: 0.5 or more")),
      ]
    }
  }

  private static func decibels(_ value: Double) -> String { NumberFormat.decimals(1).text(value) }

  private static func shown(_ tensor: Tensor) -> Picture {
    Picture(png: PNG.data(of: Image(tensor)))
  }

  /// The mean over colours of |x̂ − x|.
  private static func distance(_ made: Tensor, _ original: Tensor) -> Picture {
    let difference = (made - original).map { abs($0) / 3 }
    let plane = Array(original.shape.suffix(2))
    let channels = (0..<3).map { difference.slice($0..<$0 + 1, along: 1).reshaped(plane) }
    let map = channels[0] + channels[1] + channels[2]
    return Picture(png: PNG.data(of: ColorMap.ember.image(of: map, range: 0...0.5)))
  }

  private var numbers: Numbers {
    var list = [
      Number(of: scenePSNR, .over(axis, snapshots.map(\.quality.scenes)), .decimals(2), unit: "dB"),
      Number(
        of: texturePSNR, .over(axis, snapshots.map(\.quality.textures)), .decimals(2), unit: "dB"),
    ]
    if hasImages {
      list.append(
        Number(
          of: imagePSNR, .over(axis, snapshots.map(\.quality.images)), .decimals(2), unit: "dB"))
    }
    list += [
      Number(of: total, atSnapshots("loss"), .decimals(4)),
      Number(of: pixelLoss, atSnapshots("reconstruction"), .decimals(4)),
    ]
    if settings.perceptualWeight > 0 {
      list.append(Number(of: seen, atSnapshots("perceptual"), .decimals(4)))
    }
    list.append(
      isKL
        ? Number(of: divergence, atSnapshots("kl"), .decimals(0), unit: "nats")
        : Number(of: codebookLoss, atSnapshots("codebook"), .decimals(4)))
    if usesCritic { list.append(Number(of: criticWeight, atSnapshots("adaptive_weight"))) }
    return Numbers("Here; losses are means over the steps since the look before", list)
  }

  /// A column at the steps of the snapshots, each the mean over the steps since the one before.
  private func atSnapshots(_ column: String) -> Varying<Double> {
    let series = state.trace.series(column)
    var first = 0
    let values = snapshots.map { snapshot -> Double in
      let part = series.filter { (first..<snapshot.steps).contains($0.step) }
      first = snapshot.steps
      // The critic counts for nothing before its turn.
      return part.isEmpty ? 0 : part.reduce(0) { $0 + $1.value } / Double(part.count)
    }
    return .over(axis, values)
  }

  private var formula: LiveFormula {
    var terms: [Math] = [.term(pixelLoss, value: atSnapshots("reconstruction"))]
    if settings.perceptualWeight > 0 {
      terms.append("w_p \(term: seen, value: atSnapshots("perceptual"))")
    }
    if usesCritic {
      let weight = Math.term(criticWeight, value: atSnapshots("adaptive_weight"))
      terms.append("\(weight) \(term: critic, value: atSnapshots("generator"))")
    }
    terms.append(
      isKL
        ? "w_kl \(term: divergence, value: atSnapshots("kl")) / 3HW"
        : .term(codebookLoss, value: atSnapshots("codebook")))
    let sum = terms.dropFirst().reduce(terms[0]) { "\($0) + \($1)" }
    return LiveFormula(
      "\(term: total, value: atSnapshots("loss")) = \(sum)",
      reading: isKL
        ? "Pixels that are right, and latents that do not stray far from a standard normal."
        : "Pixels that are right, and latents near the codes that replace them.")
  }
}

// MARK: - Charts

extension TrainAutoencoderPage {
  private var lossSection: Section {
    Section("How it went") {
      Row {
        Chart(
          "Pictures that training never saw", x: .linear("step"), y: .linear("PSNR, dB"),
          curves: [curve(scenePSNR, "psnr_scenes"), curve(texturePSNR, "psnr_textures")]
            + (hasImages ? [curve(imagePSNR, "psnr_images")] : []),
          cursor: axis)
        Chart(
          "The loss", x: .linear("step"), y: .log("loss"),
          curves: [curve(total, "loss"), curve(pixelLoss, "reconstruction")], cursor: axis)
      }
      Row {
        if isKL {
          Chart(
            "How much a latent says", x: .linear("step"), y: .linear("nats per picture"),
            curves: [curve(divergence, "kl")], cursor: axis)
        } else {
          Chart(
            "The codebook", x: .linear("step"), y: .linear("share of codes in use", in: 0...1),
            curves: [curve(codes, "codes_in_use")], cursor: axis)
        }
        if usesCritic {
          Chart(
            "The critic", x: .linear("step"), y: .linear("loss"),
            curves: [curve(critic, "generator"), curve(criticLoss, "discriminator")], cursor: axis)
        }
        Chart(
          "The learning rate", x: .linear("step"), y: .linear("rate"),
          curves: [curve(rate, "learning_rate")], cursor: axis)
      }
    }
  }

  private func curve(_ quantity: Quantity, _ column: String) -> Curve {
    let points = state.trace.smoothed(column)
    return Curve(of: quantity, x: points.map { $0.step + 1 }, y: points.map(\.value))
  }

  private func qualitySection(_ result: AutoencoderTrainingResult) -> Section {
    Section("What came of it") {
      Table(
        "Measured with averaged weights on pictures that were not trained on",
        columns: ["pictures", "how many", "PSNR, dB", "SSIM", "block PCA, dB"],
        rows: result.qualities.map { name, quality, linear in
          [
            .prose(Prose(name)), .number(Double(quality.psnr.count), .integer),
            .number(quality.meanPSNR, .decimals(2)), .number(quality.meanSSIM, .decimals(3)),
            .number(linear.meanPSNR, .decimals(2)),
          ]
        })
      Text(
        """
        Block PCA is the best linear autoencoder of blocks of \(settings.factor) × \(settings.factor) \
        pixels with as many values, learned from the same pieces: what is above it, the network has \
        learned.
        """)
      scaleText(result)
    }
  }

  private func scaleText(_ result: AutoencoderTrainingResult) -> Text {
    guard trainee.latentScale == nil else {
      return Text(
        """
        The scale of the latents stays what it was, \(result.latentScale, .decimals(5)) in \
        \(code: "config.json"): a diffusion model that knows this autoencoder expects it.
        """)
    }
    let measured =
      trainee.crops.photographs == nil ? "64 training scenes" : "pieces of the training pictures"
    return Text(
      """
      The latents of \(measured) have a standard deviation of \(1 / result.latentScale, .decimals(3)): \
      a diffusion model multiplies them with the inverse, \(result.latentScale, .decimals(4)), which \
      \(code: "config.json") holds as scaling_factor.
      """)
  }

  private var residuals: [Residual] {
    guard let result else { return [] }
    return [
      Residual(
        """
        The loss falls along its gradient as fast as the gradient is long: slope by central \
        differences over \(math: "‖∇L‖"), less 1
        """, measured: result.gradientResidual, bound: 0.01)
    ]
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "train-autoencoder", ["--factor", "32", "--steps", "300"],
        because: "Leave almost nothing of the picture, and see what an autoencoder keeps then."),
      Suggestion(
        "train-autoencoder", ["--kind", "vq", "--steps", "300"],
        because:
          "Let every pixel of the latent be one of 1024 vectors, and watch them come into use."
      ),
    ]
  }
}

extension AutoencoderTrainingSettings {
  /// "KL autoencoder, f = 8"
  var name: String { "\(regularization == .kl ? "KL" : "VQ") autoencoder, f = \(factor)" }
}
