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
  ///   - progress: called after each scale, by several threads.
  /// - Throws: what making pictures throws.
  package init(
    beside sweep: SweepExperiment, of request: GenerationRequest, count: Int,
    with model: LatentDiffusionModel, perceptual: SceneClassifier, progress: () -> Void = {}
  ) throws {
    let diversity = PictureDiversity(perceptual)
    rows = try model.sideBySide(sweep.walks.count) { index in
      defer { progress() }
      let walk = sweep.walks[index]
      var request = request
      request.guidanceScale = walk.scale
      var pictures = [walk.picture.clamped(to: -1...1)]
      for first in stride(from: 1, to: count, by: TrialSettings.usualBatchSize) {
        let noises = first..<min(first + TrialSettings.usualBatchSize, count)
        pictures += try Self.pictures(of: request, noises, with: model)
      }
      let all = Tensor.concatenated(pictures, along: 0)
      return Row(
        scale: walk.scale, pictures: all, saturation: PictureSaturation(of: all),
        diversity: diversity.meanDistance(among: all))
    }
  }

  /// The pictures of a request from other noises: those of the seeds behind its own, as text-to-image
  /// makes them.
  /// - Returns: in [−1, 1], together or one by one.
  private static func pictures(
    of request: GenerationRequest, _ noises: Range<Int>, with model: LatentDiffusionModel
  ) throws -> [Tensor] {
    let generations = try noises.map { noise in
      var other = request
      other.seed = request.seed &+ UInt64(noise)
      return try Generation(other, with: model)
    }
    return try (Generation.together(generations).map { [$0] } ?? generations).map { generation in
      var latent = generation.start
      for step in generation { latent = try step.checkedNext(of: model) }
      return try generation.finished(latent).clamped(to: -1...1)
    }
  }
}
