import Diffusion
import Foundation
import Imaging
import Tensors

/// The numbers of one step of a walk: a row of `ledger.csv`.
///
///     ε̂ = ε_θ(x_t, t)
///     x̂_0 = (x_t − √(1−ᾱ_t)·ε̂) / √ᾱ_t                       DDPM (arXiv:2006.11239) Eq. 15
///     μ̃ = coef_x0 · x̂_0 + coef_xt · x_t                       Eq. 7
///     x_{t−1} = μ̃ + σ_t · z,  z = 0 at the last step           Algorithm 2
package struct Ledger {
  /// The place in the walk, from 0.
  package let step: Int
  /// The timestep, 0-based, and the one that the step goes to; −1 is the finished image.
  package let t: Int
  package let previousT: Int
  package let beta: Double
  package let alphaCumprod: Double
  package let previousAlphaCumprod: Double
  /// The weights of x̂_0 and of x_t in the mean.
  package let originalCoefficient: Double
  package let currentCoefficient: Double
  /// β̃
  package let posteriorVariance: Double
  /// σ_t: the standard deviation of the noise that this step adds, 0 at the last one.
  package let sigma: Double
  /// The mean of (ε̂ − ε)², ε being the noise that separates x_t from the image.
  package let epsilonMSE: Double
  /// The range of x̂_0 before clipping.
  package let originalMin: Float
  package let originalMax: Float
  /// The share of the elements of x̂_0 that clipping changed.
  package let clippedFraction: Double
  /// max |μ(ε̂, x_t) − μ̃(x̂_0, x_t)|: the two ways to write the mean. Only clipping sets them apart.
  /// Nil at ᾱ_t = 0, where the first of them does not exist.
  package let meanResidual: Double?
  /// The same for x̂_0 before clipping, relative to the mean where that exceeds 1: rounding alone.
  package let unclippedMeanResidual: Double?
  /// PSNR of x̂_0, as the step used it, against the image (peak 2).
  package let originalPSNR: Double

  /// - Parameter image: x_0, the image that noise and PSNR are measured against.
  package init(_ step: DenoisingStep, number: Int, image: Tensor) {
    let terms = ReverseLedger(step)
    self.step = number
    (t, previousT) = (Int(terms.t), Int(terms.previousT))
    beta = terms.beta
    (alphaCumprod, previousAlphaCumprod) = (terms.alphaCumprod, terms.alphaCumprodPrevious)
    originalCoefficient = terms.originalCoefficient
    currentCoefficient = terms.currentCoefficient
    (posteriorVariance, sigma) = (terms.posteriorVariance, terms.std)
    let trueNoise = step.transition.from.noise(of: step.current, original: image)
    epsilonMSE = step.predictedNoise.meanSquaredError(from: trueNoise)
    let range = terms.unclippedOriginal.moments
    (originalMin, originalMax) = (range.min, range.max)
    (clippedFraction, meanResidual) = (terms.clippedFraction, terms.meanResidual.map(Double.init))
    let unclippedMean = Posterior(step.transition)
      .mean(original: terms.unclippedOriginal, current: step.current)
    unclippedMeanResidual = terms.noiseFormMean.map {
      Double(unclippedMean.maxAbsDifference(from: $0)) / max(Double(unclippedMean.maxAbs), 1)
    }
    originalPSNR = ImageMetrics.psnr(
      meanSquaredError: step.predictedOriginal.meanSquaredError(from: image))
  }
}
