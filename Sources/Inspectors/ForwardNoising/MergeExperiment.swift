import Diffusion
import Foundation
import Tensors

/// Why two noises may be written as one: the step of the derivation that readers trip over.
///
///     √α_t·√(1−ᾱ_{t−1}) · z₁ + √β_t · z₂   is distributed as   √(1−ᾱ_t) · z
///
/// Independent Gaussians add in *variance*: α_t(1−ᾱ_{t−1}) + β_t = 1−ᾱ_t. Adding the standard
/// deviations instead overestimates the noise at every step.
package struct MergeExperiment {
  /// One step's merge; `t` is 0-based. At t = 0 there is no earlier noise yet.
  package struct Row {
    package let t: Int
    package let merge: NoiseMerge
    /// The standard deviation of actual sums of the two.
    package let measured: Double
    /// What adding standard deviations, not variances, would give.
    package var wrong: Double { merge.earlier + merge.fresh }
  }

  /// The middles of a histogram's bins, in units of √(1−ᾱ_t).
  package static let binCenters: [Double] = (-40...40).map { 0.1 * Double($0) }
  private static let binWidth = 0.1

  package let samples: Int
  package let rows: [Row]
  /// For the timesteps asked for: the density of the actual sums in each bin.
  package let histograms: [Int: [Double]]

  /// - Parameters:
  ///   - samples: how many pairs (z₁, z₂) are drawn; the same pairs serve every step.
  ///   - timesteps: the steps whose histogram is kept.
  package init(process: ForwardProcess, generator: TorchGenerator, samples: Int, timesteps: [Int]) {
    let earlier = generator.normal([samples])
    let fresh = generator.normal([samples])
    let wanted = Set(timesteps)
    var rows: [Row] = []
    var histograms: [Int: [Double]] = [:]
    for t in 0..<process.schedule.count {
      let merge = process.noiseMerge(at: t, since: 0)
      let sum = Tensor.weightedSum(Float(merge.earlier), earlier, Float(merge.fresh), fresh)
      rows.append(Row(t: t, merge: merge, measured: sum.moments.std))
      if wanted.contains(t) { histograms[t] = Self.histogram(of: sum, unit: merge.merged) }
    }
    self.samples = samples
    self.rows = rows
    self.histograms = histograms
  }

  /// The largest relative difference between the measured and the merged standard deviation.
  package var largestRelativeError: Double {
    rows.map { abs($0.measured / $0.merge.merged - 1) }.max() ?? 0
  }

  /// The largest |α_t(1−ᾱ_{t−1}) + β_t − (1−ᾱ_t)|: the identity itself, in double precision.
  package var largestVarianceResidual: Double {
    rows.map {
      let (a, b, c) = ($0.merge.earlier, $0.merge.fresh, $0.merge.merged)
      return abs(a * a + b * b - c * c)
    }.max() ?? 0
  }

  /// The density of a normal distribution of that standard deviation, in units of √(1−ᾱ_t).
  package static func normalDensity(std: Double) -> [Double] {
    binCenters.map { exp(-$0 * $0 / (2 * std * std)) / (std * (2 * Double.pi).squareRoot()) }
  }

  private static func histogram(of values: Tensor, unit: Double) -> [Double] {
    var counts = [Int](repeating: 0, count: binCenters.count)
    values.withUnsafeElements {
      for value in $0 {
        let bin = Int((Double(value) / (unit * binWidth)).rounded()) + binCenters.count / 2
        if counts.indices.contains(bin) { counts[bin] += 1 }
      }
    }
    let scale = 1 / (Double(values.count) * binWidth)
    return counts.map { Double($0) * scale }
  }
}
