import Imaging
import Storybook
import Tensors

/// Reads pictures of any size with a classifier, and keeps what it needs to compare sets of them.
package struct PictureReader {
  /// What was read of a set of pictures.
  package struct Sheet: Sendable {
    package var readings: [SceneClassifier.Reading] = []
    package var features: [Tensor] = []

    package init() {}

    /// The set as one Gaussian; at least two pictures.
    package var statistics: FeatureStatistics {
      FeatureStatistics(.concatenated(features, along: 0))
    }
  }

  private let classifier: SceneClassifier
  package init(_ classifier: SceneClassifier) { self.classifier = classifier }

  /// - Parameter pictures: [B, 3, H, W] in [−1, 1].
  @discardableResult
  package func read(_ pictures: Tensor, into sheet: inout Sheet) -> [SceneClassifier.Reading] {
    let size = SceneClassifier.pictureSize
    let answer = classifier.answer(pictures.resized(height: size, width: size, .area))
    let readings = SceneClassifier.readings(answer.logits)
    sheet.readings += readings
    sheet.features.append(answer.features)
    return readings
  }

  /// Reads some pictures as a set of their own, [B, 3, H, W] in [−1, 1].
  package func sheet(_ pictures: Tensor) -> Sheet {
    var sheet = Sheet()
    for start in stride(from: 0, to: pictures.shape[0], by: 32) {
      read(pictures.rows(start..<min(start + 32, pictures.shape[0])), into: &sheet)
    }
    return sheet
  }

  /// Reads drawn scenes: what pictures are compared with.
  package func read(_ scenes: SceneBatches, count: Int) -> Sheet {
    var sheet = Sheet()
    for start in stride(from: 0, to: count, by: 64) {
      read(scenes.batch(start..<min(start + 64, count)).pictures, into: &sheet)
    }
    return sheet
  }
}
