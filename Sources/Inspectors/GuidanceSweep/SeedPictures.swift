import Evaluation
import LatentDiffusion
import Tensors
import Training

/// Pictures of one prompt from several noises at each scale: how alike they become, and how hard they
/// are driven.
package struct SeedPictures: Sendable {
  /// The pictures of one scale.
  package struct Row: Sendable {
    /// s
    package let scale: Double
    /// [P, 3, H, W] in [−1, 1]; the first is the walk's own.
    package let pictures: Tensor
    /// Of all of them.
    package let saturation: PictureSaturation
    /// Their mean distance; NaN for one picture.
    package let diversity: Double
  }

  /// In the order of the scales.
  package let rows: [Row]

  /// - Parameters:
  ///   - count: how many pictures at each scale, the walk's own included.
  ///   - progress: called after each scale.
  /// - Throws: what making pictures throws.
  package init(
    beside sweep: SweepExperiment, of request: GenerationRequest, count: Int,
    with model: LatentDiffusionModel, perceptual: SceneClassifier, progress: () -> Void = {}
  ) throws {
    let diversity = PictureDiversity(perceptual)
    var settings = TrialSettings()
    settings.steps = request.steps
    settings.sampler = request.sampler
    settings.seed = request.seed
    settings.refinements = request.refinements
    settings.negativePrompt = request.negativePrompt
    rows = try sweep.walks.map { walk in
      defer { progress() }
      settings.guidanceScale = walk.scale
      var pictures = [walk.picture.clamped(to: -1...1)]
      for first in stride(from: 1, to: count, by: TrialSettings.usualBatchSize) {
        let indices = first..<min(first + TrialSettings.usualBatchSize, count)
        pictures.append(
          try settings.pictures(of: indices.map { _ in request.prompt }, indices, by: model))
      }
      let all = Tensor.concatenated(pictures, along: 0)
      return Row(
        scale: walk.scale, pictures: all, saturation: PictureSaturation(of: all),
        diversity: diversity.meanDistance(among: all))
    }
  }
}
