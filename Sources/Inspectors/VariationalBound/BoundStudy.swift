import ArgumentParser
import Diffusion
import Foundation
import Pages
import Tensors

/// Who predicts the noise: a network, or two that know the data.
enum BoundPredictor: String, CaseIterable, ExpressibleByArgument {
  case model
  case imageSet = "image-set"
  case mixture

  /// p_θ(x_0 | x_1) for data that is known: its variance is that of x_0 given x_1. Nil for a model,
  /// which has the published one.
  func decoder(_ schedule: NoiseSchedule) -> LikelihoodBound.Decoder? {
    switch self {
    case .model: nil
    // x_1 says which picture it is; a hundredth of a bin stands for no doubt.
    case .imageSet:
      .discretized(variance: (LikelihoodBound.binWidth / 100) * (LikelihoodBound.binWidth / 100))
    // Grain is much wider than the first noise, so that x_0 lies around x_1 as x_1 lay around x_0.
    case .mixture: .gaussian(variance: schedule.betas[0])
    }
  }

  var explanation: Prose {
    switch self {
    case .model:
      """
      The predictor is a small U-Net that paints pixels. Its error in the noise is what every term is \
      made of.
      """
    case .imageSet:
      """
      The predictor knows that the data is one of a few pictures, not which one. To say which one \
      takes a few bits for the whole picture, and the chain should spend no more.
      """
    case .mixture:
      """
      The predictor knows that the data is one of a few pictures with grain on top: a mixture of \
      Gaussians, whose entropy is known. Nothing about it can be learned better, so what the bound is \
      above the entropy is the price of Gaussian steps.
      """
    }
  }
}

/// Everything that a run found.
struct BoundStudy {
  /// One predictor's bound.
  struct Found {
    let name: String
    let experiment: BoundExperiment
    var profile: BoundProfile { experiment.profile }
  }

  let predictor: BoundPredictor
  /// x_0, shape [N, C, H, W]; the page shows the first.
  let originals: Tensor
  /// One or more; the page's instrument shows the first.
  let found: [Found]
  /// Of data that is known.
  let entropy: KnownData.Entropy?
  /// Of bundled models, or of those that were just evaluated.
  let report: BoundReport?

  var bound: LikelihoodBound { found[0].profile.bound }

  /// Which of the measured timesteps the page can show: spread over the chain, and more of the first.
  static func kept(of measured: [Int]) -> Set<Int> {
    guard let last = measured.last else { return [] }
    let wanted =
      BoundExperiment.timesteps(min(14, last + 1), of: last + 1)
      + (0...10).map { $0 * last / 10 }
    return Set(
      wanted.compactMap { wanted in measured.min { abs($0 - wanted) < abs($1 - wanted) } })
  }

  /// How far the bound is above the entropy in bits per dimension, for the same pictures, and how
  /// sure that is: the mean over pictures with its standard error.
  var gap: (bits: Double, standardError: Double)? {
    guard let entropy else { return nil }
    let differences = zip(found[0].experiment.totals, entropy.ofPictures).map { $0 - $1 }
    return (differences.mean, differences.count > 1 ? differences.standardError : .nan)
  }
}
