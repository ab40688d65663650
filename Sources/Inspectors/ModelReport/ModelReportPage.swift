import Commands
import Diffusion
import Evaluation
import Foundation
import Imaging
import Pages
import Storybook
import Tensors
import Training

/// Everything that one run of `model-report` measured, and the page that shows it.
struct ModelReportPage {
  let report: Report
  /// The run's own, to suggest others.
  let arguments: [String]

  let generated = Quantity("\"generated\"", "what the model draws", .prediction)
  let truth = Quantity("\"true\"", "the scenes that the captions describe", .signal)
  let decoded = Quantity("\"decoded\"", "these through the autoencoder and back", .condition)
  let chance = Quantity("\"chance\"", "what guessing scores", .noise)

  func page() -> Page {
    Page(
      "Model report", question: "How good is the model, and where does it fail?",
      residuals: residuals,
      next: suggestions
    ) {
      if let stage = report.firstStage {
        Section { Text("All pictures of \(report.modelName) are \(stage.words).") }
      }
      if let captions = report.captions {
        TrialsSection(captions: captions, page: self).section
        scoreSection(captions)
        confusionSection(captions)
        distanceSection(captions)
      }
      if !report.reconstructions.isEmpty { reconstructionSection }
      if let pointing = report.pointing { pointingSection(pointing) }
      if let ablation = report.ablation { ablationSection(ablation) }
    }
  }

  var summary: Summary {
    var rows: [[String]] = []
    for (name, share) in report.captions?.scores.first?.scores.all ?? [] {
      rows.append([name, Self.percent(share), Self.interval(share)])
    }
    for (name, _, distance) in report.captions?.distances ?? [] {
      rows.append(["Fréchet distance, \(name)", NumberFormat.decimals(2).text(distance), ""])
    }
    for row in report.reconstructions {
      let (psnr, ssim) = (row.quality.meanPSNR, row.quality.meanSSIM)
      rows.append([
        "\(row.autoencoder), \(row.set)", NumberFormat.decimals(2).text(psnr) + " dB",
        "SSIM " + NumberFormat.decimals(3).text(ssim),
      ])
    }
    if let pointing = report.pointing { rows += pointingSummary(pointing) }
    if let ablation = report.ablation { rows += ablationSummary(ablation) }
    return Summary(columns: ["measure", "value", ""], rows: rows)
  }

  static func percent(_ share: CaptionScores.Share) -> String { percent(share.value) }

  static func percent(_ share: Double) -> String {
    share.isNaN ? "–" : NumberFormat.decimals(1).text(100 * share) + " %"
  }

  static func interval(_ share: CaptionScores.Share) -> String {
    guard share.count > 0 else { return "" }
    let (low, high) = (share.interval.lowerBound, share.interval.upperBound)
    return
      "\(NumberFormat.decimals(1).text(100 * low)) … \(NumberFormat.decimals(1).text(100 * high))"
  }

  // MARK: Is it true?

  private var residuals: [Residual] {
    var residuals: [Residual] = []
    if let captions = report.captions, let truth = captions.scores.last?.scores.whole {
      residuals.append(
        Residual(
          "The classifier reads true scenes: share that it misreads in any attribute",
          measured: 1 - truth.value, bound: 0.005, kind: .finding))
      residuals.append(
        Residual(
          "A picture made in a batch is the one made alone: largest difference of a pixel",
          measured: Double(captions.batchDifference), bound: 0.02))
    }
    if let pointing = report.pointing {
      residuals.append(
        Residual(
          "Every pixel shares out all of its attention: largest \(math: "|Σ − 1|")",
          measured: pointing.sumResidual, bound: 1e-5))
    }
    return residuals
  }

  private var suggestions: [Suggestion] {
    var list = [
      Suggestion(
        "model-report", ["--guidance-scale", "1"],
        because: "the same captions without guidance: how much of the accuracy is its doing?"),
      Suggestion(
        "model-report", ["--part", "reconstruction", "--image", "photo.png"],
        because: "how much of a photograph of your own each autoencoder carries"),
      Suggestion(
        "model-report", ["--ablation", "100"],
        because: "a heatmap is a correlation: do the words make what it shows?"),
    ]
    if let worst = report.captions?.worstFirst.first {
      let settings = report.settings
      let model = arguments.firstIndex(of: "--model").flatMap {
        arguments.indices.contains($0 + 1) ? ["--model", arguments[$0 + 1]] : nil
      }
      list.insert(
        Suggestion(
          "text-to-image",
          (model ?? []) + [
            "--prompt", worst.caption, "--seed", "\(worst.seed)", "--sampler",
            settings.samplerName, "--steps", "\(settings.steps)", "--guidance-scale",
            NumberFormat.automatic.text(settings.guidanceScale),
          ], because: "the worst picture of this page, step by step"), at: 0)
    }
    return list
  }
}
