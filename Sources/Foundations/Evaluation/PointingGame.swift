import Imaging
import Storybook
import Tensors

/// Whether a map looks where a word is: the pointing game (Zhang et al. 2016, arXiv:1608.00507) with
/// the storybook's masks.
///
/// The map is enlarged to the picture, bilinearly. It hits when its peak lies on a pixel of the mask.
package enum PointingGame {
  /// What a word is about.
  package enum Subject: String, CaseIterable, Sendable {
    /// An object.
    case object
    /// The colour of one.
    case color
    /// What the objects stand on.
    case ground
    /// What hangs in the sky.
    case sky
    /// The time of day.
    case time

    /// The kind of a subject.
    package init(_ subject: Caption.Subject) {
      switch subject {
      case .object: self = .object
      case .color: self = .color
      case .ground: self = .ground
      case .sky: self = .sky
      case .time: self = .time
      }
    }
  }

  /// One word of one scene.
  package struct Trial: Sendable {
    /// Whether the map's peak lies on the word's mask.
    package let hits: Bool
    /// The share of the picture that the word's mask takes: what chance would hit.
    package let area: Double
    /// The share of the map's sum that lies on it.
    package let inside: Double
  }

  /// - Parameters:
  ///   - map: [h, w], not negative.
  ///   - mask: where the word is, [H, W] in 0…1.
  /// - Returns: nil when nothing of the thing can be seen: no pixel is half covered.
  package static func trial(_ map: Tensor, _ mask: Tensor) -> Trial? {
    guard mask.moments.max >= 0.5 else { return nil }
    let large = map.interpolated(height: mask.shape[0], width: mask.shape[1], .bilinear)
    let values = large.elements
    let peak = values.indices.max { values[$0] < values[$1] } ?? 0
    let total = Double(values.reduce(0, +))
    return Trial(
      hits: mask.elements[peak] >= 0.5, area: mask.moments.mean,
      inside: total > 0 ? large.dot(mask) / total : 0)
  }

  /// Sums over many trials.
  package struct Tally: Sendable {
    /// How many trials there were.
    package private(set) var words = 0
    /// How many of them hit.
    package private(set) var hits = 0
    private var area = 0.0
    private var inside = 0.0

    /// Of no trial yet.
    package init() {}

    /// Of all of these.
    package init(_ trials: some Sequence<Trial>) {
      for trial in trials { add(trial) }
    }

    /// Adds one.
    package mutating func add(_ trial: Trial) {
      words += 1
      hits += trial.hits ? 1 : 0
      area += trial.area
      inside += trial.inside
    }

    /// Joins what others have added.
    package mutating func add(_ other: Tally) {
      words += other.words
      hits += other.hits
      area += other.area
      inside += other.inside
    }

    /// The share of words whose peak is a hit.
    package var accuracy: Double { mean(Double(hits)) }
    /// The mean area of the masks: what a map that points anywhere would hit, and what even
    /// attention would have inside.
    package var chance: Double { mean(area) }
    /// How much of the maps lies in the masks, 0…1.
    package var massInside: Double { mean(inside) }

    private func mean(_ sum: Double) -> Double { words == 0 ? .nan : sum / Double(words) }
  }
}
