import Imaging
import LatentDiffusion
import Networks
import Tensors

/// A picture drawn with changed attention, beside the one that was drawn without.
package struct Variant: Sendable {
  /// What was changed.
  package let intervention: Intervention
  /// The prompt that it was drawn with.
  package let prompt: String
  /// The words and other tokens of that prompt.
  package let columns: PromptColumns
  /// What came of it.
  package let picture: Image
  /// Of this picture.
  package let heatmaps: [Heatmaps]
  /// How far each pixel is from the first picture's: √ of the mean over the channels of the squared
  /// difference, white being 1 from black; shape [H, W].
  package let change: Tensor
  /// For each aggregate whether the change lies where the word's heatmap is.
  package let effects: [Effect]

  /// Of every pixel.
  package var meanChange: Double { change.moments.mean }
  /// Whether it is the first picture again, bit for bit.
  package var isUnchanged: Bool { change.maxAbs == 0 }
}

/// How much of a picture's change lies where a word's heatmap is strong.
package struct Effect: Sendable {
  /// How the heatmap was made.
  package let aggregate: Aggregate
  /// The share of the picture where the heatmap reaches half its peak.
  package let area: Double
  /// The share of the squared change that lies there; NaN when nothing changed.
  package let inside: Double
  /// How many times more than the area alone would have.
  package var ratio: Double { inside / area }

  /// - Parameters:
  ///   - aggregate: which made the heatmap.
  ///   - heatmap: shape [h, w], brought to the picture's size.
  ///   - change: shape [H, W].
  package init(_ aggregate: Aggregate, heatmap: Tensor, change: Tensor) {
    self.aggregate = aggregate
    let region = Self.region(of: heatmap, height: change.shape[0], width: change.shape[1])
    var (pixels, within, total) = (0, 0.0, 0.0)
    change.withUnsafeElements { change in
      for (i, isIn) in region.enumerated() {
        let square = Double(change[i]) * Double(change[i])
        total += square
        if isIn {
          within += square
          pixels += 1
        }
      }
    }
    area = Double(pixels) / Double(region.count)
    inside = within / total
  }

  /// Where a heatmap, brought to a picture's size, reaches half its peak.
  package static func region(of heatmap: Tensor, height: Int, width: Int) -> [Bool] {
    let large = heatmap.interpolated(height: height, width: width, .bilinear)
    let threshold = large.moments.max / 2
    return large.withUnsafeElements { $0.map { $0 >= threshold } }
  }
}

extension Heatmaps {
  /// The mean of the maps of some columns; nil when the method drops them.
  package func mean(of columns: [Int]) -> Tensor? {
    let found = columns.compactMap { maps[$0] }
    guard let first = found.first else { return nil }
    return found.dropFirst().reduce(first) { $0 + $1 } / Float(found.count)
  }
}
