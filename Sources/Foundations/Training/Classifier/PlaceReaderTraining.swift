import Foundation
import Networks
import Storybook
import Tensors

extension ClassifierTraining {
  /// Trains a reader of places on the same pictures and with the same settings, but for the shift: the
  /// map would have to follow it.
  /// - Parameters:
  ///   - channels: of each level of its U-Net.
  ///   - report: is told of each step.
  /// - Throws: as `train`.
  package func trainPlaceReader(
    channels: [Int], _ report: (Progress) -> Void = { _ in }
  ) throws -> PlaceReader {
    let reader = try PlaceReader(channels: channels, seed: seed)
    let batches = SceneBatches(seed: seed, split: .training, size: size)
    let optimizer = AdamW(
      reader.unet.parameters, AdamW.Settings(beta2: 0.99, weightDecay: 1e-4, clipNorm: 10))
    let rates = LearningRateSchedule(peak: learningRate, warmUp: min(50, steps / 10), steps: steps)
    for step in 0..<steps {
      let first = step * batchSize
      let batch = batches.batch(first..<first + batchSize, withMasks: true)
      let pictures = unshifted.augmented(batch.pictures, seed: seed, first: first)
      let tape = GradientTape(training: reader.unet.parameters)
      let logits = reader(pictures, ForwardPass(tape: tape))
      let labels = batch.scenes.indices.map { PlaceMap(batch, at: $0).labels }
      let (loss, gradient) = CrossEntropy.loss(logits: logits, labels: labels)
      guard loss.isFinite else { throw TrainingError.diverged(step: step, file: "") }
      optimizer.step(tape.backward(from: [(logits, gradient)]), learningRate: rates[step])
      let read = zip(PlaceReader.maps(logits), labels).map(PlaceReader.agreement)
      let decided = read.reduce(0) { $0 + $1.decided }
      report(
        Progress(
          step: step, loss: loss, learningRate: rates[step],
          accuracy: Double(read.reduce(0) { $0 + $1.right }) / Double(max(decided, 1))))
    }
    return reader
  }

  /// What is done to pictures whose places matter.
  package var unshifted: PictureAugmentation {
    var augmentation = augmentation
    augmentation.shift = 0
    return augmentation
  }
}

extension PlaceReader {
  /// How many pixels that have a class were read right.
  package static func agreement(
    _ read: PlaceMap, _ labels: [Int]
  ) -> (right: Int, decided: Int) {
    zip(read.labels, labels).reduce((0, 0)) { sum, pair in
      guard pair.1 != PlaceMap.undecided else { return sum }
      return (sum.0 + (pair.0 == pair.1 ? 1 : 0), sum.1 + 1)
    }
  }
}

extension CrossEntropy {
  /// The cross-entropy of one choice at every pixel: the mean over pixels that have a label.
  /// - Parameters:
  ///   - logits: [B, K, H, W].
  ///   - labels: for each picture the class of each pixel, row by row; below 0 for none.
  /// - Returns: L and ∂L/∂logits.
  package static func loss(logits: Tensor, labels: [[Int]]) -> (value: Double, gradient: Tensor) {
    let (classes, pixels) = (logits.shape[1], logits.shape[2] * logits.shape[3])
    let count = max(labels.reduce(0) { $0 + $1.count { $0 >= 0 } }, 1)
    var total = 0.0
    let gradient = Tensor(logits.shape) { out in
      out.update(repeating: 0)
      logits.withUnsafeElements { values in
        var row = [Float](repeating: 0, count: classes)
        for (picture, labels) in labels.enumerated() {
          for (pixel, label) in labels.enumerated() where label >= 0 {
            let start = picture * classes * pixels + pixel
            for k in 0..<classes { row[k] = values[start + k * pixels] }
            let probabilities = softmax(row)
            total -= log(max(probabilities[label], 1e-30))
            for k in 0..<classes {
              out[start + k * pixels] =
                Float((probabilities[k] - (k == label ? 1 : 0)) / Double(count))
            }
          }
        }
      }
    }
    return (total / Double(count), gradient)
  }
}
