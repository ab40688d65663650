import Networks
import Storybook
import Tensors

/// Trains a scene classifier on pictures that are drawn as they are needed.
public struct ClassifierTraining: Sendable {
  /// The network's architecture.
  public var configuration = SceneClassifierConfiguration()
  /// Of the network's first weights, of the scenes and of their augmentation.
  public var seed: UInt64 = 1
  /// How many batches are learned from.
  public var steps = 2000
  /// Pictures in a batch.
  public var batchSize = 32
  /// The largest learning rate, after the warm-up.
  public var learningRate = 5e-3
  /// Pixels on each side of the pictures.
  public var size = 128
  /// What is done to the pictures first.
  public var augmentation = PictureAugmentation()

  /// A training with the values above.
  public init() {}

  /// The loss of one step.
  public struct Progress: Sendable {
    /// 0-based.
    public let step: Int
    /// The cross-entropy: the mean over pictures of the sum over attributes.
    public let loss: Double
    /// That of this step.
    public let learningRate: Double
    /// How many of the batch's answers are right, 0…1, over all attributes.
    public let accuracy: Double
  }

  /// Trains from the beginning.
  /// - Parameter report: is told of each step.
  /// - Throws: `JSONError` for a configuration that contradicts itself, or
  ///   `TrainingError.diverged` when the loss is no longer finite.
  public func train(_ report: (Progress) -> Void = { _ in }) throws -> SceneClassifier {
    let network = try SceneClassifier(configuration, seed: seed)
    let batches = SceneBatches(seed: seed, split: .training, size: size)
    let optimizer = AdamW(
      network.parameters, AdamW.Settings(beta2: 0.99, weightDecay: 1e-4, clipNorm: 10))
    let rates = LearningRateSchedule(peak: learningRate, warmUp: min(50, steps / 10), steps: steps)
    for step in 0..<steps {
      let first = step * batchSize
      let batch = batches.batch(first..<first + batchSize)
      let pictures = augmentation.augmented(batch.pictures, seed: seed, first: first)
      let tape = GradientTape(training: network.parameters)
      let logits = network(pictures, ForwardPass(tape: tape))
      let labels = batch.scenes.map { scene in
        SceneAttribute.allCases.map { $0.label(in: scene.content) }
      }
      let (loss, gradient) = CrossEntropy.loss(
        logits: logits, labels: labels, choices: SceneAttribute.allCases.map(\.range))
      guard loss.isFinite else { throw TrainingError.diverged(step: step, file: "") }
      optimizer.step(tape.backward(from: [(logits, gradient)]), learningRate: rates[step])
      let right = zip(SceneClassifier.readings(logits), batch.scenes).reduce(0) { sum, pair in
        sum + SceneAttribute.allCases.count { pair.0.agrees(with: pair.1.content, in: $0) }
      }
      report(
        Progress(
          step: step, loss: loss, learningRate: rates[step],
          accuracy: Double(right) / Double(batchSize * SceneAttribute.allCases.count)))
    }
    return network
  }
}
