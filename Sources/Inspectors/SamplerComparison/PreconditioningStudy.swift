import Diffusion
import Foundation
import Tensors

/// What a network is shown and what it must say under each preconditioning, measured on the plane's
/// clouds; and whether a walked model's x̂_0 is the denoiser that the table says.
package struct PreconditioningStudy: Sendable {
  /// One preconditioning at one noise level: a row of `preconditioning.csv`.
  package struct Row: Sendable {
    /// "epsilon", "v" or "edm".
    package let name: String
    /// 0-based.
    package let t: Int
    package let sigma: Double
    package let skip, output, input, condition: Double
    /// Root mean square of what the network is shown.
    package let inputSize: Double
    /// Root mean square of what it must say.
    package let targetSize: Double
  }

  package let rows: [Row]
  /// σ_data: root mean square of the drawn data.
  package let dataDeviation: Double
  /// The largest departure of EDM's c_out² from the least variance that a target can have, relative.
  package let leastError: Double

  /// - Parameters:
  ///   - schedule: whose levels are looked at, 41 of them.
  ///   - seed: of the drawn data and noise.
  package init(schedule: NoiseSchedule, seed: UInt64) {
    let generator = TorchGenerator(seed: seed)
    let data = PlaneMixture.clouds.gaussianMixture.sample(Self.points, generator: generator)
    let noise = generator.normal(data.shape)
    let deviation = Self.size(data)
    dataDeviation = deviation
    let kinds: [(String, Preconditioning)] = [
      ("epsilon", .noise), ("v", .velocity), ("edm", .edm(dataDeviation: deviation)),
    ]
    let timesteps = (0...40).map { $0 * (schedule.count - 1) / 40 }
    rows = kinds.flatMap { name, kind in
      timesteps.map { t in
        let level = schedule.level(at: t)
        let shown = Tensor.combination(
          kind.input(at: level), data, kind.input(at: level) * level.sigma, noise)
        return Row(
          name: name, t: t, sigma: level.sigma, skip: kind.skip(at: level),
          output: kind.output(at: level), input: kind.input(at: level),
          condition: kind.condition(at: level), inputSize: Self.size(shown),
          targetSize: Self.size(kind.target(original: data, noise: noise, at: level)))
      }
    }
    leastError =
      rows.filter { $0.name == "edm" }.map { row in
        let (d, s) = (deviation * deviation, row.sigma * row.sigma)
        // min over c of (1 − c)² σ_d² + c² σ², where its derivative vanishes.
        let c = d / (d + s)
        return abs(row.output * row.output / ((1 - c) * (1 - c) * d + c * c * s) - 1)
      }.max() ?? 0
  }

  private static let points = 4000

  private static func size(_ x: Tensor) -> Double {
    (x.dot(x) / Double(x.count)).squareRoot()
  }

  /// The rows of one preconditioning, cleanest first.
  package func rows(of name: String) -> [Row] { rows.filter { $0.name == name } }

  /// How far EDM's inputs and targets are from size 1.
  package var unitError: Double {
    rows(of: "edm").map { max(abs($0.inputSize - 1), abs($0.targetSize - 1)) }.max() ?? 0
  }
}

extension PreconditioningStudy {
  /// How far a model's x̂_0 lies from c_skip x̃ + c_out F, relative to its largest magnitude.
  /// - Parameters:
  ///   - evaluation: one call of the model.
  ///   - type: what the model says; nil is returned for a model that says x_0, which is no such network.
  package static func error(of evaluation: Evaluation, _ type: PredictionType) -> Double? {
    let kind: Preconditioning
    switch type {
    case .noise: kind = .noise
    case .velocity: kind = .velocity
    case .original: return nil
    }
    let level = evaluation.level
    let x = Float(1 / kind.input(at: level)) * evaluation.input
    let denoised = kind.denoised(x, network: evaluation.prediction.output, at: level)
    let original = evaluation.predictedOriginal
    return Double(denoised.maxAbsDifference(from: original))
      / max(Double(original.maxAbs), .leastNormalMagnitude)
  }
}
