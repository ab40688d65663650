import Foundation
import Tensors

/// How a sampler scales what it carries from step to step.
public enum SampleSpace: Sendable {
  /// x = √ᾱ·x_0 + √(1 − ᾱ)·ε: the variance stays near 1.
  case variancePreserving
  /// x = x_0 + σ·ε, as in k-diffusion: the variance grows with the noise.
  case varianceExploding

  /// What to multiply x by before the model sees it: √ᾱ = 1/√(σ² + 1) in k-diffusion's space.
  public func inputScale(at level: NoiseLevel) -> Double {
    switch self {
    case .variancePreserving: 1
    case .varianceExploding: level.signalScale
    }
  }

  /// x at a noise level, from the image and a standard normal noise of the same shape.
  public func noisy(original: Tensor, noise: Tensor, at level: NoiseLevel) -> Tensor {
    switch self {
    case .variancePreserving: level.noisy(original: original, noise: noise)
    case .varianceExploding: .combination(1, original, level.sigma, noise)
    }
  }
}

/// A way to walk from noise to an image with a noise predictor.
///
/// A sampler is a value: it holds its plan and, for multistep methods, what it remembers of earlier
/// steps. `DenoisingTrajectory` walks it; a copy starts where the original stood.
public protocol Sampler: Sendable {
  /// The moves, noisiest first.
  var plan: [Transition] { get }
  /// S, the number of steps that were asked for.
  var steps: Int { get }
  /// How x is scaled between steps.
  var space: SampleSpace { get }
  /// The standard deviation of the noise to start from.
  var initialNoiseScale: Double { get }
  /// Whether it draws fresh noise on its way: then a picture needs random numbers of its own.
  var drawsNoise: Bool { get }
  /// How often the model is called when the walk begins at a step of the plan.
  func modelCalls(from index: Int) -> Int

  /// Makes move `index` of the plan.
  /// - Parameters:
  ///   - index: 0-based step number.
  ///   - x: the sample at `plan[index].from`, scaled as `space` says, shape [B, …].
  ///   - predictor: the model.
  ///   - generator: where the noise of this step comes from, drawn as diffusers draws it.
  mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep
}

extension Sampler {
  /// As many as the plan has moves, unless a sampler says otherwise.
  public var steps: Int { plan.count }
  /// The space of DDPM, unless a sampler says otherwise.
  public var space: SampleSpace { .variancePreserving }
  /// Standard normal noise, unless a sampler says otherwise.
  public var initialNoiseScale: Double { 1 }
  /// None, unless a sampler says otherwise.
  public var drawsNoise: Bool { false }
  /// One call for each move that is left, unless a sampler says otherwise.
  public func modelCalls(from index: Int) -> Int { max(plan.count - index, 0) }
  /// How often the model is called over the whole plan.
  public var modelCalls: Int { modelCalls(from: 0) }

  /// Pure noise to start from: the first draw of a walk, scaled for this sampler.
  /// - Parameters:
  ///   - shape: [B, …].
  ///   - generator: where the draw comes from.
  public func initialNoise(_ shape: [Int], generator: TorchGenerator) -> Tensor {
    let noise = generator.normal(shape)
    return initialNoiseScale == 1 ? noise : Float(initialNoiseScale) * noise
  }
}

/// One step of a trajectory with all its terms.
///
///     next = mean + std · noise
public struct DenoisingStep: Sendable {
  /// 0-based step number in the sampler's plan.
  public let index: Int
  /// The noise levels of `current` and `next`; timesteps are 0-based, −1 is the clean image.
  public let transition: Transition
  /// x_t, scaled as the sampler's `space` says.
  public let current: Tensor
  /// The calls of the model in this step; the first is the one at x_t.
  public let evaluations: [Evaluation]
  /// x̂_0 at x_t, clipped where the sampler clips.
  public let predictedOriginal: Tensor
  /// The mean of x_{t−1}.
  public let mean: Tensor
  /// The standard deviation of the noise that this step adds; 0 when it adds none.
  public let std: Double
  /// The noise that this step drew, nil when it adds none.
  public let noise: Tensor?
  /// x_{t−1}.
  public let next: Tensor

  /// 0-based, possibly between two training timesteps.
  public var t: Double { transition.from.t }
  /// 0-based; −1 on the last step.
  public var previousT: Double { transition.to.t }
  /// ε̂ at x_t, as the model said it.
  public var predictedNoise: Tensor { evaluations[0].predictedNoise }

  /// A step that draws `next` around `mean`, or equals it when there is no noise.
  init(
    index: Int, transition: Transition, current: Tensor, evaluations: [Evaluation],
    predictedOriginal: Tensor? = nil, mean: Tensor, std: Double = 0, noise: Tensor? = nil
  ) {
    precondition(!evaluations.isEmpty, "a step calls its model at least once")
    self.index = index
    self.transition = transition
    self.current = current
    self.evaluations = evaluations
    self.predictedOriginal = predictedOriginal ?? evaluations[0].predictedOriginal
    self.mean = mean
    self.std = std
    self.noise = noise
    next = noise.map { .combination(1, mean, std, $0) } ?? mean
  }

  /// The same step with another x_{t−1}.
  private init(_ step: DenoisingStep, next: Tensor) {
    index = step.index
    transition = step.transition
    current = step.current
    evaluations = step.evaluations
    predictedOriginal = step.predictedOriginal
    mean = step.mean
    std = step.std
    noise = step.noise
    self.next = next
  }

  func replacingNext(by next: Tensor) -> DenoisingStep { DenoisingStep(self, next: next) }
}

/// The reverse process as a sequence of its steps, computed when they are asked for.
///
///     let start = sampler.initialNoise([1, 4, 64, 64], generator: generator)
///     for step in DenoisingTrajectory(
///       from: start, sampler: sampler, predictor: model, generator: generator)
///     {
///       image = step.next
///     }
///
/// The noise is drawn from the generator as the steps are made: a sampler that draws none can be
/// walked again, another one goes on in the stream.
public struct DenoisingTrajectory: Sequence {
  /// x at the first noise level of the walk.
  public let start: Tensor
  /// Its plan is walked.
  public let sampler: any Sampler
  /// The model.
  public let predictor: any NoisePredictor
  /// Where the noise of the steps comes from.
  public let generator: TorchGenerator
  /// The step of the plan to begin with: more than 0 when an image is there to begin from.
  public let firstIndex: Int
  /// What the picture must keep outside a mask; nil when all of it is free.
  public let knownRegion: KnownRegion?

  /// - Parameters:
  ///   - start: x at the first noise level, scaled as the sampler's `space` says: from
  ///     `sampler.initialNoise`, or from `sampler.start` when there is an image.
  ///   - sampler: its plan is walked from `firstIndex` to its end.
  ///   - predictor: the model.
  ///   - generator: where the noise of the steps comes from.
  ///   - firstIndex: of the first step that is taken, in the plan.
  ///   - knownRegion: what is put back after each step; nil for nothing.
  public init(
    from start: Tensor, sampler: any Sampler, predictor: any NoisePredictor,
    generator: TorchGenerator, firstIndex: Int = 0, knownRegion: KnownRegion? = nil
  ) {
    self.start = start
    self.sampler = sampler
    self.predictor = predictor
    self.generator = generator
    self.firstIndex = firstIndex
    self.knownRegion = knownRegion
  }

  /// Begins the walk at `firstIndex`.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// The walk through the steps.
  public struct Iterator: IteratorProtocol {
    private let trajectory: DenoisingTrajectory
    private var sampler: any Sampler
    private var index: Int
    private var x: Tensor

    init(_ trajectory: DenoisingTrajectory) {
      self.trajectory = trajectory
      sampler = trajectory.sampler
      index = trajectory.firstIndex
      x = trajectory.start
    }

    /// Makes the next step; nil after the last.
    public mutating func next() -> DenoisingStep? {
      guard index < sampler.plan.count else { return nil }
      var step = sampler.step(
        index, from: x, predictor: trajectory.predictor, generator: trajectory.generator)
      index += 1
      if let known = trajectory.knownRegion {
        let level = index < sampler.plan.count ? sampler.plan[index].from : .clean
        step = step.replacingNext(by: known.imposed(on: step.next, at: level, in: sampler.space))
      }
      x = step.next
      return step
    }
  }
}
