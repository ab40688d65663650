import Diffusion
import LatentDiffusion
import Networks
import Storybook
import Tensors
import Training

/// What a model in training is told of the scenes of a pool.
struct ToldConditions {
  private let pool: LatentPool
  private let model: TrainingModel
  /// The words of each scene.
  private let words: [[Int]]
  private let noWords: [Int]

  init(_ pool: LatentPool, _ model: TrainingModel) {
    (self.pool, self.model) = (pool, model)
    words = pool.scenes.map { model.tokens($0.caption.text) ?? [] }
    noWords = model.tokens("") ?? []
  }

  /// How training hides parts of a condition, for each picture.
  struct Hiding {
    /// Whether nothing is told.
    var all: Bool
    /// Decides which boxes are told, and in which order: of what is not an object two in three.
    var boxes: TorchGenerator?
  }

  private static let backgroundShare: Float = 2 / 3

  /// Rows of tokens for some scenes: words, or boxes, or none.
  private func tokens(_ scenes: [Int], _ hiding: [Hiding]) -> [[Int]] {
    zip(scenes, hiding).map { scene, hiding in
      guard model.layoutEncoder != nil else { return hiding.all ? noWords : words[scene] }
      guard !hiding.all else { return LayoutVocabulary.tokens([]) }
      let boxes = pool.boxes[scene]
      guard let random = hiding.boxes else { return LayoutVocabulary.tokens(boxes) }
      let draws = random.uniform([2, boxes.count]).elements
      let told = boxes.indices.filter {
        ObjectKind(rawValue: boxes[$0].content.rawValue) != nil || draws[$0] < Self.backgroundShare
      }
      let order = told.sorted { draws[boxes.count + $0] < draws[boxes.count + $1] }
      return LayoutVocabulary.tokens(order.map { boxes[$0] })
    }
  }

  private func labels(_ scenes: [Int], _ hiding: [Hiding]) -> [Int]? {
    guard model.condition == .classLabel else { return nil }
    return zip(scenes, hiding).map {
      $1.all ? Condition.noClass : Condition.label(of: pool.scenes[$0])
    }
  }

  /// ε_θ(z_t, t, condition), for training.
  func predict(
    _ noisy: NoisyBatch, _ scenes: [Int], _ hiding: [Hiding], generator: TorchGenerator,
    _ pass: ForwardPass
  ) -> Tensor {
    var joined = pool.concatenated(scenes)
    var labels = labels(scenes, hiding)
    if model.condition == .lowResolution, let clean = joined {
      let levels = NoiseAugmentation.draw(scenes.count, generator: generator)
      joined = NoiseAugmentation.noisy(clean, at: levels, noise: generator.normal(clean.shape))
      labels = levels
    }
    return model.unet(
      joined.map { .concatenated([noisy.noisy, $0], along: 1) } ?? noisy.noisy,
      timesteps: noisy.timesteps.map(Float.init),
      context: model.context(tokens(scenes, hiding), pass),
      classLabels: labels, pass)
  }

  /// The model under the whole conditions of some scenes; low-resolution pictures have no noise.
  func predictor(_ scenes: [Int], guidanceScale: Double) -> UNetPredictor {
    let told = scenes.map { _ in Hiding(all: false) }
    let nothing = scenes.map { _ in Hiding(all: true) }
    let isGuided = model.condition != .nothing
    let clean = model.condition == .lowResolution ? scenes.map { _ in 0 } : nil
    return UNetPredictor(
      model.unet, predictionType: model.scheduler.predictionType,
      conditional: model.context(tokens(scenes, told)),
      unconditional: model.context(tokens(scenes, nothing)),
      labels: clean ?? labels(scenes, told), unconditionalLabels: clean ?? labels(scenes, nothing),
      guidanceScale: isGuided ? guidanceScale : 1, concatenated: pool.concatenated(scenes))
  }
}
