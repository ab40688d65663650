import Foundation

/// The learning rate over a run: a linear warm-up, then half a cosine down to a floor (Loshchilov,
/// Hutter 2017, arXiv:1608.03983).
public struct LearningRateSchedule: Sendable {
  /// The largest rate.
  public var peak: Double
  /// How many steps the rate rises.
  public var warmUp: Int
  /// How many steps the run has.
  public var steps: Int
  /// The last rate, as a share of the peak.
  public var floor: Double

  /// - Parameters:
  ///   - peak: the largest rate.
  ///   - warmUp: how many steps the rate rises.
  ///   - steps: of the whole run.
  ///   - floor: the last rate, as a share of the peak.
  public init(peak: Double, warmUp: Int, steps: Int, floor: Double = 0.01) {
    (self.peak, self.warmUp, self.steps, self.floor) = (peak, warmUp, steps, floor)
  }

  /// - Parameter step: counted from 0; beyond the run the floor holds.
  public subscript(step: Int) -> Double {
    if step < warmUp { return peak * Double(step + 1) / Double(warmUp) }
    let share = min(Double(step - warmUp) / Double(max(steps - warmUp, 1)), 1)
    return peak * (floor + (1 - floor) * 0.5 * (1 + cos(.pi * share)))
  }
}
