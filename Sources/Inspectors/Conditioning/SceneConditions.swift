import Storybook
import Tensors
import Training

/// What each way is told of drawn scenes, whose places and words are known.
struct SceneConditions {
  let batch: SceneBatch
  /// The number of the batch's first scene, from which its masks are drawn.
  let first: Int
  let seed: UInt64

  /// Held-out scenes with what every pixel shows.
  init(_ indices: Range<Int>, seed: UInt64, size: Int) {
    batch = SceneBatches(seed: seed, split: .heldOut, size: size).batch(indices, withMasks: true)
    (first, self.seed) = (indices.lowerBound, seed)
  }

  func picture(_ index: Int) -> Tensor { batch.pictures.rows(index..<index + 1) }
  func shares(_ index: Int) -> Tensor { batch.shares?.rows(index..<index + 1) ?? picture(index) }
  func kind(_ index: Int) -> ObjectKind { batch.scenes[index].content.objects[0].kind }

  /// A rectangle to hide, [1, 1, H, W].
  func mask(_ index: Int) -> Tensor {
    Condition.masks([1] + batch.pictures.shape[1...], from: first + index, seed: seed)
  }

  /// The picture at a quarter of its width.
  func small(_ index: Int, _ model: ConditionedModel) -> Tensor {
    picture(index).meanPooled(model.firstStage.downsamplingFactor)
  }

  /// The condition of scene `index` of the batch.
  func told(_ index: Int, _ model: ConditionedModel) -> Told {
    let prompt = batch.captions[index].text
    switch model.way {
    case .text: return Told(prompt: prompt)
    case .layout: return Told(boxes: batch.boxes(at: index))
    case .classLabel: return Told(kind: kind(index))
    case .inpainting:
      return Told(hiding: mask(index), of: picture(index), prompt: prompt, model.firstStage)
    case .superResolution:
      let small = small(index, model)
      return Told(enlarging: small, level: 0, prompt: prompt, noise: .zeros(small.shape))
    case .semanticMap:
      return Told(
        map: shares(index), prompt: prompt,
        downsamplingFactor: model.firstStage.downsamplingFactor)
    }
  }
}
