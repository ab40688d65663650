import Commands
import Imaging
import LatentDiffusion
import Tensors

/// What one run of `text-to-image` computed: every step, the picture, and how well what the page
/// claims holds.
package struct TextToImageExperiment {
  package let generation: Generation
  package let frames: [Frame]
  /// z after the last step, scaled as the sampler carries it.
  package let finalLatent: Tensor
  /// The picture, shape [1, 3, H, W] in [0, 1].
  package let picture: Tensor
  package let identities: Identities

  /// One step, with what can be seen of it.
  package struct Frame {
    package let step: GenerationStep
    /// x̂_0 decoded: the picture that the model believes in at this step.
    package let believed: Image
    package let latent: Moments
    /// ‖ε‖, guided.
    package let noiseNorm: Double
    /// ‖ε_c − ε_u‖; 0 without guidance.
    package let guidanceNorm: Double
    /// The standard deviation of x̂_0 in the latent space.
    package let originalStd: Double

    init(_ step: GenerationStep, believed: Image) {
      self.step = step
      self.believed = believed
      latent = step.latent.moments
      noiseNorm = step.predictedNoise.norm
      guidanceNorm = step.guidanceDirection?.norm ?? 0
      originalStd = step.predictedOriginal.moments.std
    }
  }

  /// Walks the loop to its end.
  /// - Parameter progress: called after each step.
  package init(_ generation: Generation, progress: () -> Void = {}) throws {
    self.generation = generation
    let steps = try generation.map { step in
      defer { progress() }
      try step.checkedNext(of: generation.model)
      return step
    }
    frames = zip(steps, generation.believed(each: steps.map(\.predictedOriginal))).map {
      Frame($0, believed: Image($1))
    }
    finalLatent = frames.last?.step.next ?? generation.start
    picture = try generation.finished(finalLatent)
      .scaled(by: 0.5, plus: 0.5).clamped(to: 0...1)
    identities = Identities(generation, steps: frames.map(\.step))
  }

  /// How near the preview comes to the picture: both of the last latent, in dB; nil without a preview.
  package var previewPSNR: Double? {
    guard generation.model.preview != nil else { return nil }
    let shown = Image(generation.believed(finalLatent))
    return ImageMetrics.psnr(shown.tensor, image.tensor)
  }

  /// The picture as a PNG shows it.
  package var image: Image { Image(picture.scaled(by: 2, plus: -1)) }

  /// How far the PNG is from the decoded latent, in values from 0 to 1: its rounding to 8 bits.
  package var pictureError: Double {
    Double(image.tensor.scaled(by: 0.5, plus: 0.5).maxAbsDifference(from: picture))
  }
}
