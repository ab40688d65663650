import Diffusion
import Foundation
import Tensors

/// Guidance where everything is known: data on a line, four bumps of which two are the class. What
/// guided samples should be like, and what they are like, at several noise levels.
package struct MixtureExperiment: Sendable {
  /// The data and its class.
  package let mixture = GuidedMixture(
    GaussianMixture(
      means: Tensor([4, 1], [-1.5, -0.5, 0.5, 1.5]),
      variances: .isotropic(Array(repeating: 0.05, count: 4))),
    class: [1, 3])
  /// Ends in pure noise, so that the walk may begin with it.
  package let schedule = NamedSchedule.scaledLinear.schedule().rescaledToZeroTerminalSNR()
  /// With guidance everywhere, one for each scale.
  package let walks: [Walk]
  /// With guidance in an interval.
  package let limited: [Walk]
  /// Where that guidance acts.
  package let interval: GuidanceInterval

  /// The walk at one scale.
  package struct Walk: Sendable {
    /// s
    package let scale: Double
    /// Noisiest first; the last is the data itself.
    package let snapshots: [Snapshot]
  }

  /// The samples at one noise level.
  package struct Snapshot: Sendable {
    package let level: NoiseLevel
    /// x_t, smallest first.
    package let samples: [Double]
    /// q_t(x)·q_t(c | x)^s, normalised.
    package let target: LineDensity
    /// The mean way from a sample to where the target has it.
    package let wasserstein: Double
    /// The share of the mass that lies elsewhere, 0…1.
    package let totalVariation: Double

    init(_ samples: [Double], target: LineDensity, at level: NoiseLevel) {
      (self.samples, self.target, self.level) = (samples, target, level)
      wasserstein = target.wasserstein(to: samples)
      totalVariation = target.totalVariation(to: samples)
    }
  }

  /// How many samples, steps and noise levels.
  package static let samples = 120
  package static let steps = 80
  package static let levels = 8

  /// - Parameters:
  ///   - scales: s of each walk.
  ///   - interval: where guidance acts in the limited walks.
  ///   - progress: called after each walk.
  /// - Throws: `SamplerError`.
  package init(
    scales: [Double], interval: GuidanceInterval, progress: () -> Void = {}
  ) throws {
    self.interval = interval
    let (mixture, schedule) = (mixture, schedule)
    func walk(_ scale: Double, _ refinements: GuidanceRefinements) throws -> Walk {
      defer { progress() }
      return try Self.walk(
        GuidedMixtureDenoiser(
          mixture, schedule: schedule, scale: scale, refinements: refinements))
    }
    walks = try scales.map { try walk($0, GuidanceRefinements()) }
    limited = try scales.map { try walk($0, GuidanceRefinements(interval: interval)) }
  }

  /// DDIM from the quantiles of the noise: on a line the walk keeps their order, so that so few
  /// samples stand for the whole density, without chance.
  private static func walk(_ predictor: GuidedMixtureDenoiser) throws -> Walk {
    let sampler = try DDIMSampler(
      predictor.schedule, steps: steps, spacing: .trailing, clipRange: nil)
    let places = LineDensity.ranks(samples).map(LineDensity.normal.quantile)
    let start = Tensor([samples, 1], places.map(Float.init))
    let trajectory = DenoisingTrajectory(
      from: start, sampler: sampler, predictor: predictor, generator: TorchGenerator(seed: 0))
    var snapshots: [Snapshot] = []
    func keep(_ x: Tensor, at level: NoiseLevel) {
      let target = LineDensity {
        predictor.mixture.logTilted($0, scale: predictor.scale, at: level)
      }
      snapshots.append(
        Snapshot(x.elements.map(Double.init).sorted(), target: target, at: level))
    }
    for step in trajectory {
      if step.index % (steps / levels) == 0, snapshots.count < levels {
        keep(step.current, at: step.transition.from)
      }
      if step.index == steps - 1 { keep(step.next, at: step.transition.to) }
    }
    return Walk(scale: predictor.scale, snapshots: snapshots)
  }

  /// How far the guided noise is from the score of the tilted density, over scales, levels and places:
  /// the largest difference relative to the largest score at that level.
  package func scoreResidual(scales: [Double], tilt: Double = 0) -> Double {
    let places = (0...20).map { -2.5 + 0.25 * Double($0) }
    let h = 1e-2
    func column(_ values: [Double]) -> Tensor { Tensor([values.count, 1], values.map(Float.init)) }
    return scales.flatMap { scale in
      [300, 600, 900].map { t in
        let level = schedule.level(at: t)
        let guided = GuidedMixtureDenoiser(mixture, schedule: schedule, scale: scale)
        let noise = guided.predict(column(places), at: Double(t)).output.elements
        let below = column(places.map { $0 - h }), above = column(places.map { $0 + h })
        let ends = [below.elements, above.elements]
        let logs = [below, above].map {
          mixture.logTilted($0, scale: scale + tilt, at: level)
        }
        let pairs = places.indices.map { i in
          // The places in single precision are not quite 2h apart.
          (
            slope: (logs[1][i] - logs[0][i]) / Double(ends[1][i] - ends[0][i]),
            score: -Double(noise[i]) / level.noiseScale
          )
        }
        let largest = pairs.map { abs($0.score) }.max() ?? 1
        return (pairs.map { abs($0.slope - $0.score) }.max() ?? .infinity) / max(largest, 1)
      }
    }.max() ?? 0
  }
}
