import Commands
import Evaluation
import Foundation
import Imaging
import LatentDiffusion
import Networks
import Pages
import Tensors

/// All that one run of `vae-compression` found.
struct CompressionReport {
  let experiment: CompressionExperiment
  let scenes: ScenesExperiment
  /// The person's folder of pictures; nil without one.
  let folder: FolderExperiment?
  let noising: NoisingWithoutScale
  let walk: WalkExperiment
  /// Of the command line, for suggestions.
  let arguments: [String]

  var models: [ComparedModel] { experiment.reconstructions.map(\.model) }

  /// What the terminal shows: one line for each model.
  var summary: Summary {
    Summary(
      columns: [
        "model", "latent", "values 1 of", "bits/pixel", "PSNR dB", "SSIM", "perceptual", "PCA dB",
        "DCT dB",
      ],
      rows: experiment.reconstructions.map { found in
        let row = experiment.row(found)
        func decibels(_ quality: Quality?) -> String {
          quality.map { NumberFormat.decimals(2).text($0.psnr) } ?? "–"
        }
        return [
          row.name, row.latentShape.map(String.init).joined(separator: "×"),
          NumberFormat.decimals(1).text(row.valueRatio),
          NumberFormat.decimals(3).text(row.bitsPerPixel), decibels(row.quality),
          row.quality.ssim.map { NumberFormat.decimals(3).text($0) } ?? "–",
          NumberFormat.decimals(3).text(row.quality.perceptualDistance),
          decibels(experiment.component(for: found.model)?.quality),
          decibels(experiment.cosine(for: found.model)?.quality),
        ]
      })
  }

  // MARK: Claims

  var residuals: [Residual] {
    var residuals: [Residual] = []
    for (kind, name) in [(LatentRegularization.kl, "KL"), (.vq, "VQ")] {
      guard isZooTrained, let rise = experiment.worstRise(kind) else { continue }
      residuals.append(
        Residual(
          "\(name): PSNR of this picture falls from each f to the next: largest rise, in dB",
          measured: rise, bound: 0, kind: .finding))
    }
    if let deficit = scenes.worstDeficit {
      residuals.append(
        Residual(
          """
          Each model beats block PCA with as many values on \(FirstStageEvaluation.sceneCount) scenes that no \
          training met: largest lead of PCA, in dB
          """, measured: deficit, bound: 0, kind: .finding))
    }
    let excess = experiment.reconstructions.compactMap { found in
      found.rate.upperBound.map { found.rate.bits - $0 }
    }
    if let worst = excess.max() {
      residuals.append(
        Residual(
          "The entropy of codes is at most \(math: "h w log_2 K"): largest excess, in bits",
          measured: worst, bound: 1e-6))
    }
    let cosineExcess = zip(
      experiment.reconstructions.filter(\.model.isLatent), experiment.cosines
    ).map { $1.bits - $0.rate.bits }
    if let worst = cosineExcess.max() {
      residuals.append(
        Residual(
          "The cosine codec takes no more bits than the model that it is compared with: excess",
          measured: worst, bound: 1e-6))
    }
    return residuals + [
      Residual(
        "The cosine transform keeps the energy of the picture: relative",
        measured: experiment.cosineError, bound: 1e-5),
      Residual(
        "The directions of each PCA are orthonormal: \(math: "max |V V^⊤ − I|")",
        measured: experiment.orthonormalityError, bound: 1e-5),
      Residual(
        "A walk begins at the reconstruction: largest difference of a pixel",
        measured: walk.endError, bound: 1e-6),
    ]
  }

  private var isZooTrained: Bool { models.filter(\.isShipped).allSatisfy(\.isTrained) }

  var suggestions: [Suggestion] {
    [
      Suggestion(
        "vae-compression", ["--image", "fixtures/images/chart.png"],
        because: "lines, gratings and colours: the hardest that there is to carry"),
      Suggestion(
        "vae-compression", ["--image", "fixtures/images/dead-leaves.png", "--tile", "128"],
        because: "in tiles: how much do they differ from the whole?"),
      Suggestion(
        "vae-compression", ["--image", "photo.png", "--models", "my-vae", "--factors", "1,8"],
        because: "your own picture and your own autoencoder beside those with f = 8"),
      Suggestion(
        "vae-compression", ["--images", "photographs"],
        because: "every model over all pictures of a folder: which f do they bear?"),
      Suggestion(
        "train-autoencoder", ["--help"], because: "make a first stage of your own"),
    ]
  }
}
