import Diffusion
import Imaging
import Tensors

/// The forward process on one image, done twice: by the closed form and one step at a time.
///
///     x_t = √ᾱ_t · x_0 + √(1−ᾱ_t) · ε              the closed form, DDPM (arXiv:2006.11239) Eq. 4
///     x_t = √α_t · x_{t−1} + √β_t · n_t            the chain, DDPM Eq. 2
///     ε_t = (√α_t·√(1−ᾱ_{t−1}) · ε_{t−1} + √β_t · n_t) / √(1−ᾱ_t)
///
/// The third line composes the chain's noises into the one ε that the closed form needs to land on
/// the same x_t: pointwise, not only in distribution.
package struct NoisingExperiment {
  /// What one timestep shows; `t` is 0-based.
  package struct Row {
    package let t: Int
    /// Mean, population standard deviation and PSNR (peak 2, x_t unclipped) of x_t = closed form.
    package let mean: Double
    package let std: Double
    package let psnr: Double
    /// max |chain − closed form with the composed noise|.
    package let iteratedMaxAbsError: Double
    /// Mean and variance of the chain's noise, (x_t − √ᾱ_t·x_0)/√(1−ᾱ_t): 0 and 1 in theory.
    package let chainNoiseMean: Double
    package let chainNoiseVariance: Double
  }

  package let original: Tensor
  package let process: ForwardProcess
  /// The one ε that every closed-form picture uses.
  package let epsilon: Tensor
  package let rows: [Row]
  /// What the chain walks: the picture, or a smaller copy of a large one, whose thousand steps would
  /// take a minute.
  package let walked: Tensor
  /// What a page shows of closed form and chain.
  package let preview: Preview
  /// The chain's x_t at the timesteps asked for, in the size of the preview.
  package let chainPictures: [Int: Tensor]

  /// The most pixels that the chain walks.
  package static let chainPixelLimit = 1 << 18

  /// Runs the chain over all timesteps.
  /// - Parameters:
  ///   - original: x_0, shape [1, 3, H, W], range [−1, 1].
  ///   - generator: draws ε first, then one n_t per step.
  ///   - timesteps: where the chain's pictures are kept, 0-based.
  ///   - previewPixels: the most pixels of a picture on the page; nil for all.
  ///   - chainPixels: the most pixels that the chain walks.
  ///   - progress: called with the number of steps done.
  package init(
    original: Tensor, process: ForwardProcess, generator: TorchGenerator, timesteps: [Int],
    previewPixels: Int? = nil, chainPixels: Int = chainPixelLimit,
    progress: (Int) -> Void = { _ in }
  ) {
    let epsilon = generator.normal(original.shape)
    let walked = original.shrunk(toPixels: chainPixels)
    let preview = Preview(
      of: original, walked: walked, noise: epsilon, pixels: previewPixels ?? .max)
    let (sums, walkedMoments) = (Sums(original, epsilon), walked.moments)
    let wanted = Set(timesteps)
    var rows: [Row] = []
    var pictures: [Int: Tensor] = [:]
    for step in process.chain(from: walked, generator: generator) {
      let level = process.schedule.level(at: step.t)
      rows.append(Self.row(level, sums, walkedMoments, step))
      if wanted.contains(step.t) { pictures[step.t] = preview.chain(step.sample, at: level) }
      progress(step.t + 1)
    }
    (self.original, self.process, self.epsilon) = (original, process, epsilon)
    (self.rows, chainPictures) = (rows, pictures)
    (self.walked, self.preview) = (walked, preview)
  }

  /// x_t by the closed form.
  package func sample(at t: Int) -> Tensor {
    process.sample(original: original, noise: epsilon, at: t)
  }

  /// The same pictures in another size.
  /// - Parameter side: the most pixels on the longer side.
  package func preview(side: Int) -> Preview {
    let (height, width) = (original.shape[2], original.shape[3])
    let share = Double(side) / Double(max(height, width, side))
    return Preview(
      of: original, walked: walked, noise: epsilon,
      pixels: Int(Double(height * width) * share * share))
  }

  /// The largest distance between chain and closed form over all steps.
  package var largestIteratedError: Double { rows.map(\.iteratedMaxAbsError).max() ?? 0 }

  /// The sums from which mean, spread and PSNR of every closed-form x_t follow exactly.
  private struct Sums {
    let original: Moments
    let noise: Moments
    let cross: Double

    init(_ original: Tensor, _ noise: Tensor) {
      self.original = original.moments
      self.noise = noise.moments
      cross = original.dot(noise) / Double(original.count)
    }

    /// The mean square of a·x_0 + b·ε.
    func meanSquare(_ a: Double, _ b: Double) -> Double {
      a * a * original.meanSquare + 2 * a * b * cross + b * b * noise.meanSquare
    }
  }

  /// - Parameter walked: the sums of what the chain walks.
  private static func row(
    _ level: NoiseLevel, _ sums: Sums, _ walked: Moments, _ step: NoisingChain.Step
  ) -> Row {
    let (signal, noise) = (level.signalScale, level.noiseScale)
    let mean = signal * sums.original.mean + noise * sums.noise.mean
    let variance = max(sums.meanSquare(signal, noise) - mean * mean, 0)
    // x_t − x_0 = (√ᾱ_t − 1)·x_0 + √(1−ᾱ_t)·ε
    let error = sums.meanSquare(signal - 1, noise)
    // The mean of x_t·x_0 over the chain, from the three sums that the step returns.
    let (chain, originalSquare) = (step.measures, walked.meanSquare)
    let cross = (chain.meanSquare + originalSquare - chain.meanSquaredError) / 2
    let chainMean = (chain.mean - signal * walked.mean) / noise
    let chainSquare =
      (chain.meanSquare - 2 * signal * cross + signal * signal * originalSquare) / (noise * noise)
    return Row(
      t: step.t, mean: mean, std: variance.squareRoot(),
      psnr: ImageMetrics.psnr(meanSquaredError: error), iteratedMaxAbsError: chain.residual,
      chainNoiseMean: chainMean,
      chainNoiseVariance: chainSquare - chainMean * chainMean)
  }
}
