import Diffusion
import Foundation
import LatentDiffusion
import Networks
import Synchronization
import Tensors

/// One model and one starting noise under every sampler.
///
/// All walks take `trailing` timesteps unless others are asked for, so that each begins at the last timestep
/// T − 1 with the same x_T; otherwise a walk of 5 steps would begin elsewhere than one of 50.
package struct LatentStudy {
  /// One walk of the model: a row of `comparison.csv`.
  package struct Walk: Sendable {
    package let sampler: SamplerName
    /// How many steps were taken; solvers of λ take at most T − 1.
    package let steps: Int
    /// How often the model was called; with guidance each call is two passes of the U-Net.
    package let modelCalls: Int
    /// Of one thread where walks are made side by side.
    package let seconds: Double
    /// s
    package let guidanceScale: Double
    /// x_t in DDPM's space, at most `pathLimit` of them, noisiest first.
    package let path: [Tensor]
    /// What is decoded.
    package let end: Tensor
    /// Whether it is the clean image, or still holds the noise of timestep 0.
    let endsClean: Bool
    /// Whether fresh noise was drawn on the way.
    let drawsNoise: Bool
    /// σ where each step began.
    package let sigmas: [Double]
  }

  /// A walk with how far it ended from the reference.
  package struct Row {
    package let walk: Walk
    /// The root of the mean squared difference of the latents' elements.
    package let distance: Double
    /// By which power of the calls the distance fell since the same sampler's walk with fewer steps.
    package let order: Double?
  }

  package let generation: Generation
  /// In the order of the samplers, then of the steps.
  package let rows: [Row]
  /// The walk that the others are measured against, and the same one step further, at the clean image.
  package let reference: Walk
  package let cleanReference: Tensor
  /// How far any x̂_0 of the walks lies from c_skip x̃ + c_out F, relative; nil for a model that says x_0.
  package let denoiserError: Double?
  /// The most points that are kept of a walk.
  package static let pathLimit = 21
}

/// Walks a model by any sampler from one noise; no walk twice. Any number of threads may ask at once.
package final class LatentWalker {
  /// What tells walks apart.
  private struct Request: Hashable {
    let sampler: SamplerName
    let steps: Int
    let guidanceScale: Double
    let settings: WalkSettings
    let endsClean: Bool
  }

  private let done = Mutex<[Request: LatentStudy.Walk]>([:])
  package let generation: Generation
  /// x_T in DDPM's space.
  package let noise: Tensor
  let seed: UInt64

  package init(_ generation: Generation) {
    self.generation = generation
    seed = generation.request.seed
    noise = TorchGenerator(seed: seed).normal(generation.start.shape)
  }

  /// Walks from the noise to the end, and gives each step to `each`: PLMS always, others only where
  /// the same walk was not made before.
  /// - Parameters:
  ///   - guidanceScale: s; the request's unless given.
  ///   - settings: how the walk differs from `trailing` timesteps without fresh noise.
  ///   - endsClean: false stops at the noise of timestep 0, where DPM-Solver++ keeps its order.
  ///   - each: called after every step; may throw to stop.
  package func walk(
    _ name: SamplerName, steps: Int, guidanceScale: Double? = nil,
    settings: WalkSettings = WalkSettings(), endsClean: Bool = true,
    each: (DenoisingStep) throws -> Void
  ) throws -> LatentStudy.Walk {
    let request = Request(
      sampler: name, steps: steps,
      guidanceScale: guidanceScale ?? generation.request.guidanceScale, settings: settings,
      endsClean: endsClean)
    if name != .plms, let walk = done.withLock({ $0[request] }) { return walk }
    let walk = try self.walk(request, each)
    done.withLock { $0[request] = walk }
    return walk
  }

  private func walk(
    _ request: Request, _ each: (DenoisingStep) throws -> Void
  ) throws -> LatentStudy.Walk {
    let name = request.sampler
    let sampler = try Self.sampler(
      name, generation.model.scheduler, steps: request.steps, settings: request.settings,
      endsClean: request.endsClean)
    /// From what the sampler carries to DDPM's space.
    func unit(_ x: Tensor, _ level: NoiseLevel) -> Tensor {
      sampler.space == .variancePreserving ? x : Float(level.signalScale) * x
    }
    let scale = sampler.space == .variancePreserving ? 1 : 1 / sampler.plan[0].from.signalScale
    let trajectory = DenoisingTrajectory(
      from: scale == 1 ? noise : Float(scale) * noise, sampler: sampler,
      predictor: generation.predictor(guidanceScale: request.guidanceScale),
      generator: generatorAfterStart())
    let every = (sampler.plan.count + LatentStudy.pathLimit - 2) / (LatentStudy.pathLimit - 1)
    var (path, calls, end) = ([noise], 0, noise)
    var seconds = 0.0
    var steps = trajectory.makeIterator()
    while true {
      let start = ContinuousClock.now
      guard let step = steps.next() else { break }
      seconds += (ContinuousClock.now - start) / .seconds(1)
      end = unit(step.next, step.transition.to)
      calls += step.evaluations.count
      if (step.index + 1) % every == 0 || step.index + 1 == sampler.plan.count { path.append(end) }
      try each(step)
    }
    return LatentStudy.Walk(
      sampler: name, steps: sampler.steps, modelCalls: calls, seconds: seconds,
      guidanceScale: request.guidanceScale, path: path, end: end,
      endsClean: sampler.plan.last?.to == .clean, drawsNoise: sampler.drawsNoise,
      sigmas: sampler.plan.map(\.from.sigma))
  }

  /// The stream of the seed behind the starting noise.
  private func generatorAfterStart() -> TorchGenerator {
    let generator = TorchGenerator(seed: seed)
    _ = generator.normal(noise.shape)
    return generator
  }
}

extension LatentStudy {
  /// - Parameters:
  ///   - samplers: which of them walk.
  ///   - steps: how many steps each takes, fewest first.
  ///   - settings: how those walks, not the reference, differ from `trailing` timesteps.
  ///   - referenceSteps: of the walk that the others are measured against.
  ///   - progress: called after each step, by several threads.
  /// - Throws: `SamplerError`, or `NotFiniteError` where the model's output is not finite.
  package init(
    _ walker: LatentWalker, samplers: [SamplerName], steps: [Int], settings: WalkSettings,
    referenceSteps: Int, progress: () -> Void
  ) throws {
    let model = walker.generation.model
    let type = model.scheduler.predictionType
    let walks = samplers.flatMap { name in steps.map { (name: name, steps: $0) } }
    // The reference, which takes longest, begins.
    let made = try model.sideBySide(1 + walks.count) { index -> (walk: Walk, error: Double?) in
      var errors: [Double] = []
      func each(_ step: DenoisingStep) throws {
        try step.next.checkedFinite(
          "the U-Net of \(model.origin), after step \(step.index) (t = \(Int(step.t)))")
        errors += step.evaluations.compactMap { PreconditioningStudy.error(of: $0, type) }
        progress()
      }
      guard index > 0 else {
        return (
          try walker.walk(.dpmSolver, steps: referenceSteps, endsClean: false, each: each),
          errors.max()
        )
      }
      let (name, steps) = walks[index - 1]
      return (try walker.walk(name, steps: steps, settings: settings, each: each), errors.max())
    }
    generation = walker.generation
    reference = made[0].walk
    let schedule = model.scheduler.schedule(for: .dpmSolver)
    cleanReference =
      walker.generation.predictor()
      .evaluate(made[0].walk.end, at: schedule.level(at: 0)).predictedOriginal
    rows = Self.rows(made.dropFirst().map(\.walk), from: made[0].walk.end, cleanReference)
    denoiserError = made.compactMap(\.error).max()
  }

  /// The walks with their distances from where the reference ends, with the noise of timestep 0 or clean.
  private static func rows(_ walks: [Walk], from noisy: Tensor, _ clean: Tensor) -> [Row] {
    var rows: [Row] = []
    for walk in walks {
      let distance = walk.end.meanSquaredError(from: walk.endsClean ? clean : noisy).squareRoot()
      var order: Double?
      if let last = rows.last, last.walk.sampler == walk.sampler {
        let ratio = Double(walk.modelCalls) / Double(last.walk.modelCalls)
        if ratio > 1 && distance > 0 && !walk.drawsNoise {
          order = -log(distance / last.distance) / log(ratio)
        }
      }
      rows.append(Row(walk: walk, distance: distance, order: order))
    }
    return rows
  }

  /// The samplers in the order of the rows.
  package var samplers: [SamplerName] {
    rows.map(\.walk.sampler).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  /// The rows of one sampler, fewest steps first.
  package func rows(of name: SamplerName) -> [Row] { rows.filter { $0.walk.sampler == name } }
}
