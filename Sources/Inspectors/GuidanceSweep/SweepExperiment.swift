import Commands
import Diffusion
import Evaluation
import Foundation
import Imaging
import LatentDiffusion
import Tensors

/// One prompt and one noise at several guidance scales: every step of each walk.
package struct SweepExperiment: Sendable {
  /// In the order of the scales.
  package let walks: [Walk]

  /// The walk of one scale.
  package struct Walk: Sendable {
    /// s
    package let scale: Double
    /// One for each step.
    package let frames: [Frame]
    /// z_T
    package let start: Tensor
    /// Decoded, not yet held to the range of pixels: [1, 3, H, W].
    package let picture: Tensor

    /// The picture as a PNG shows it.
    package var image: Image { Image(picture) }
  }

  /// One step, with the two opinions and what guidance made of them.
  package struct Frame: Sendable {
    /// From 0.
    package let number: Int
    /// 0-based.
    package let t: Double
    /// The noise over the signal.
    package let sigma: Double
    /// z_t as the U-Net sees it.
    package let latent: Tensor
    /// ε_u, ε_c and the ε that was taken, also where guidance did not act.
    package let unconditional, conditional, guided: Tensor
    /// What the U-Net said, noise or velocity as it predicts, with its two halves.
    package let prediction: Prediction
    /// Whether guidance acted.
    package let isGuided: Bool
    /// x̂_0, decoded.
    package let believed: Image
    /// Of x̂_0.
    package let saturation: PictureSaturation

    /// ε_c − ε_u
    package var direction: Tensor { conditional - unconditional }
    /// Between ε_u and ε_c, in degrees.
    package var angle: Double {
      let cosine = unconditional.dot(conditional) / (unconditional.norm * conditional.norm)
      // Rounding may carry a cosine beyond 1.
      return acos(min(max(cosine, -1), 1)) * 180 / .pi
    }
  }

  /// Walks once for each scale.
  /// - Parameters:
  ///   - base: prompt, noise, steps and refinements of all walks.
  ///   - scales: s of each.
  ///   - progress: called after each step, by several threads.
  /// - Throws: what a generation throws, or `NotFiniteError`.
  package init(
    _ base: GenerationRequest, scales: [Double], with model: LatentDiffusionModel,
    progress: () -> Void = {}
  ) throws {
    walks = try model.sideBySide(scales.count) { index in
      var request = base
      request.guidanceScale = scales[index]
      return try Walk(request, with: model, progress: progress)
    }
  }
}

extension SweepExperiment.Walk {
  /// Makes every step, and asks for ε_u also where guidance does not need it.
  /// - Throws: what a generation throws, or `NotFiniteError`.
  init(
    _ request: GenerationRequest, with model: LatentDiffusionModel, progress: () -> Void
  ) throws {
    let generation = try Generation(request, with: model)
    var plain = request
    plain.refinements = GuidanceRefinements()
    let unconditional = try Generation(plain, with: model).predictor(guidanceScale: 0)
    var latent = generation.start
    let steps = try generation.map { step in
      defer { progress() }
      latent = try step.checkedNext(of: model)
      return step
    }
    let originals = generation.decode(each: steps.map(\.predictedOriginal))
    frames = zip(steps, originals).map { step, believed in
      let asked = step.denoising.evaluations[0]
      return SweepExperiment.Frame(
        number: step.number, t: step.t, sigma: step.sigma, latent: asked.input,
        unconditional: step.unconditionalNoise
          ?? unconditional.evaluate(asked.input, at: asked.level).predictedNoise,
        conditional: step.conditionalNoise ?? step.predictedNoise, guided: step.predictedNoise,
        prediction: asked.prediction, isGuided: step.unconditionalNoise != nil,
        believed: Image(believed),
        saturation: PictureSaturation(of: believed))
    }
    (scale, start) = (request.guidanceScale, generation.start)
    picture = try generation.finished(latent)
  }
}
