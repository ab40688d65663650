import LatentDiffusion
import Storybook
import Tensors
import Training

/// The scenes of a run as latents, with the conditions that training tells of them.
struct LatentPool {
  let scenes: [Scene]
  private let pictures: EncodedPictures
  /// What is joined to the latents, [N, C, h, w].
  private let conditions: Tensor?
  /// The boxes of each scene, where they are told.
  let boxes: [[SceneBox]]

  var count: Int { scenes.count }

  static let batch = 32

  /// - Parameter progress: called after each batch of `batch` scenes.
  init(
    scenes count: Int, split: SceneSampler.Split = .training, seed: UInt64,
    for model: TrainingModel,
    progress: () -> Void = {}
  ) {
    let batches = SceneBatches(seed: seed, split: split, size: model.imageSize)
    var scenes: [Scene] = []
    var (parts, conditions) = ([EncodedPictures](), [Tensor]())
    var boxes: [[SceneBox]] = []
    for first in stride(from: 0, to: count, by: Self.batch) {
      let batch = batches.batch(
        first..<min(first + Self.batch, count), withMasks: model.condition.needsMasks)
      scenes += batch.scenes
      parts.append(EncodedPictures(batch.pictures, by: model.firstStage))
      if let joined = model.condition.concatenated(
        batch, from: first, seed: seed, firstStage: model.firstStage)
      {
        conditions.append(joined)
      }
      if model.condition == .layout { boxes += batch.scenes.indices.map(batch.boxes) }
      progress()
    }
    self.scenes = scenes
    self.boxes = boxes
    pictures = EncodedPictures(joining: parts)
    self.conditions = conditions.isEmpty ? nil : .concatenated(conditions, along: 0)
  }

  /// The standard deviation of the scaled latents: near 1 where `latentScale` is right.
  var standardDeviation: Double { pictures.standardDeviation }

  /// Latents of some scenes, [indices.count, z, h, w].
  func latents(_ indices: [Int], generator: TorchGenerator) -> Tensor {
    pictures.latents(indices, generator: generator)
  }

  /// What is joined to the latents of some scenes, [indices.count, C, h, w].
  func concatenated(_ indices: [Int]) -> Tensor? { conditions?.gathering(indices) }
}
