import Foundation
import Tensors

/// The timestep as a vector: sines and cosines of many frequencies, then two linear layers.
public struct TimestepEmbedding: Sendable {
  private let features: Int
  private let flipsSineToCosine: Bool
  private let frequencyShift: Int
  private let guidanceFeatures: Int?
  /// From the sines and cosines to the features of the embedding.
  public let linear1: Linear
  /// From these to as many.
  public let linear2: Linear
  /// From what a network is told of its guidance scale to the sines and cosines; nil where it is not told.
  public let guidanceProjection: Linear?

  /// Makes the layers at `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ configuration: UNetConfiguration, in scope: ParameterScope) throws {
    features = configuration.blockOutChannels[0]
    flipsSineToCosine = configuration.flipsSineToCosine
    frequencyShift = configuration.frequencyShift
    guidanceFeatures = configuration.guidanceFeatures
    linear1 = try Linear(features, configuration.timeFeatures, in: scope["linear_1"])
    linear2 = try Linear(
      configuration.timeFeatures, configuration.timeFeatures, in: scope["linear_2"])
    guidanceProjection = try configuration.guidanceFeatures.map {
      try Linear($0, configuration.blockOutChannels[0], bias: false, in: scope["cond_proj"])
    }
  }

  /// - Parameters:
  ///   - timesteps: 0-based, one per image; fractions are allowed.
  ///   - guidance: w = s − 1, one per image, for a network that is told its guidance scale; nil for none.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: e, shape [B, timeFeatures]
  public func callAsFunction(
    _ timesteps: [Float], guidance: [Float]? = nil, _ pass: ForwardPass
  ) -> Tensor {
    let waves = pass.layer("time_proj", .timesteps, [timesteps.count]) {
      Self.sinusoids(
        timesteps, features: features, flipsSineToCosine: flipsSineToCosine,
        frequencyShift: frequencyShift)
    }
    return pass.layer("time_embedding", .timestepEmbedding, waves.shape) {
      var told = waves
      if let guidanceProjection, let guidanceFeatures, let guidance {
        told = pass.add(
          waves, guidanceProjection(Self.waves(of: guidance, features: guidanceFeatures), pass))
      }
      return linear2(pass.silu(linear1(told, pass)), pass)
    }
  }

  /// The guidance scale as sines and cosines of 1000·w, w = s − 1.
  ///
  /// Source: Meng et al. (arXiv:2210.03142) §3.1, Luo et al. (arXiv:2310.04378) §4.3, as diffusers has it.
  private static func waves(of guidance: [Float], features: Int) -> Tensor {
    sinusoids(
      guidance.map { 1000 * $0 }, features: features, flipsSineToCosine: false, frequencyShift: 1)
  }

  /// Sines and cosines of t·ω_i with ω_i = 10000^(−i / (n − shift)), n = features/2 frequencies
  /// (Vaswani et al. 2017, arXiv:1706.03762 §3.5; DDPM, arXiv:2006.11239, App. B).
  ///
  /// In single precision throughout, as the reference does: at t = 999 the phase itself carries an
  /// error of 10⁻⁴ or so, which exact arithmetic would not reproduce.
  /// - Returns: [timesteps.count, features]: [sin, cos], or [cos, sin] when flipped.
  public static func sinusoids(
    _ timesteps: [Float], features: Int, flipsSineToCosine: Bool = true, frequencyShift: Int = 0
  ) -> Tensor {
    let half = features / 2
    let frequencies = (0..<half).map { i in
      exp(-Float(log(10000.0)) * Float(i) / Float(half - frequencyShift))
    }
    return Tensor([timesteps.count, features]) { out in
      for (row, timestep) in timesteps.enumerated() {
        for (i, frequency) in frequencies.enumerated() {
          let phase = timestep * frequency
          let (first, second) =
            flipsSineToCosine ? (cos(phase), sin(phase)) : (sin(phase), cos(phase))
          out[row * features + i] = first
          out[row * features + half + i] = second
        }
      }
    }
  }
}
