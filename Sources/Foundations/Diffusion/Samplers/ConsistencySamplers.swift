import Tensors

/// Multistep sampling of a latent consistency model: jump to the picture, and noise it again.
///
///     f = c_skip · x + c_out · x̂_0,  c_skip = σ_d²/((s t)² + σ_d²),  c_out = s t/√((s t)² + σ_d²)
///     x ← √ᾱ' · f + √(1 − ᾱ') · z,  and x ← f at the last step            s = 10, σ_d = ½
///
/// f is the picture itself at t = 0 whatever the network says, which is what makes it a consistency function.
/// Other models than those distilled for it end in blurred pictures: x̂_0 is the mean of what could be there.
///
/// Source: Luo et al. (arXiv:2310.04378), multistep latent consistency sampling, after Y. Song et al.
/// (arXiv:2303.01469) Algorithm 1. The timesteps are a part of the N that the network was distilled on,
/// kT/N − 1.
public struct LCMSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// s
  public let timestepScaling: Double
  /// Where x̂_0 is held; nil leaves it as it is.
  public let clipRange: ClosedRange<Float>?
  /// At every step but the last.
  public var drawsNoise: Bool { true }

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited; 4 to 8 are usual.
  ///   - originalSteps: N, how many the network was distilled on.
  ///   - timestepScaling: s.
  ///   - clipRange: [−1, 1] for pixels; nil for latents.
  /// - Throws: `SamplerError` when there are not so many timesteps.
  /// - Precondition: N is not larger than T.
  public init(
    _ schedule: NoiseSchedule, steps: Int, originalSteps: Int = 50, timestepScaling: Double = 10,
    clipRange: ClosedRange<Float>? = nil
  ) throws {
    let timesteps = try schedule.distilledTimesteps(steps, of: originalSteps)
    plan = zip(timesteps, timesteps.dropFirst() + [-1]).map {
      Transition(from: schedule.level(at: $0), to: schedule.level(at: $1))
    }
    (self.timestepScaling, self.clipRange) = (timestepScaling, clipRange)
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let (from, to) = (plan[index].from, plan[index].to)
    let evaluation = evaluate(predictor, x, at: from)
    let original = evaluation.predictedOriginal.clamped(within: clipRange)
    let (time, data) = (timestepScaling * from.t, 0.5)
    let size = time * time + data * data
    let (skip, output) = (data * data / size, time / size.squareRoot())
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      predictedOriginal: original,
      mean: .combination(to.signalScale * output, original, to.signalScale * skip, x),
      std: to.noiseScale, noise: to == .clean ? nil : generator.normal(x.shape))
  }
}

/// Strategic stochastic sampling of a trajectory consistency model: down below the next level, and up to it
/// again by fresh noise.
///
///     s = ⌊(1 − γ) · t'⌋,   x_s = √ᾱ_s · x̂_0 + √(1 − ᾱ_s) · ε̂
///     x ← √(ᾱ'/ᾱ_s) · x_s + √(1 − ᾱ'/ᾱ_s) · z,  and x ← x_s at the last step, where s = 0
///
/// γ = 0 is DDIM without noise, γ = 1 the consistency sampling of `LCMSampler`.
///
/// Source: Zheng et al. (arXiv:2402.19159), strategic stochastic sampling. diffusers' scheduler has γ = 0.3 by
/// itself, but its pipelines hand γ = 0 over unless they are told another. The timesteps are those of
/// `LCMSampler`.
public struct TCDSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// γ, which diffusers calls `eta`.
  public let gamma: Double
  /// Where γ is above 0, at every step but the last.
  public var drawsNoise: Bool { gamma > 0 }
  /// s of each move.
  private let lower: [NoiseLevel]

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - originalSteps: N, how many the network was distilled on.
  ///   - gamma: γ, 0 to 1.
  /// - Throws: `SamplerError` when there are not so many timesteps.
  /// - Precondition: γ lies in 0…1, and N is not larger than T.
  public init(
    _ schedule: NoiseSchedule, steps: Int, originalSteps: Int = 50, gamma: Double = 0
  ) throws {
    precondition((0...1).contains(gamma), "γ of \(gamma)")
    let timesteps = try schedule.distilledTimesteps(steps, of: originalSteps)
    let targets = timesteps.dropFirst().map { schedule.level(at: $0) }
    plan = zip(timesteps, targets + [schedule.end(isClean: false)]).map {
      Transition(from: schedule.level(at: $0), to: $1)
    }
    // In single precision, as diffusers cuts it off.
    lower = (timesteps.dropFirst() + [0]).map {
      schedule.level(at: Int((Float(1 - gamma) * Float($0)).rounded(.down)))
    }
    self.gamma = gamma
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let evaluation = evaluate(predictor, x, at: plan[index].from)
    let below = lower[index].noisy(
      original: evaluation.predictedOriginal, noise: evaluation.predictedNoise)
    let ratio = plan[index].to.alphaCumprod / lower[index].alphaCumprod
    let std = (1 - ratio).squareRoot()
    let draws = gamma > 0 && index < plan.count - 1
    let noise = draws ? generator.normal(x.shape) : nil
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      mean: ratio == 1 ? below : Float(ratio.squareRoot()) * below, std: std,
      noise: std > 0 ? noise : nil)
  }
}

extension NoiseSchedule {
  /// S of the N timesteps kT/N − 1 that a network was distilled on, highest first.
  fileprivate func distilledTimesteps(_ steps: Int, of originalSteps: Int) throws -> [Int] {
    precondition(
      (1...count).contains(originalSteps), "\(originalSteps) of \(count) timesteps")
    guard (1...originalSteps).contains(steps) else {
      throw SamplerError.steps(steps, limit: originalSteps)
    }
    let stride = Double(originalSteps) / Double(steps)
    return (0..<steps).map { index in
      (originalSteps - Int(Double(index) * stride)) * (count / originalSteps) - 1
    }
  }
}
