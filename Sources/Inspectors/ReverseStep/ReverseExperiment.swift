import Diffusion
import Foundation
import Tensors

/// One reverse step, or a walk of many: the ledger of every step, the tensors of some.
package struct ReverseExperiment {
  /// A step with its tensors: x_t, ε̂, x̂_0, the mean, z and x_{t−1}.
  package struct Frame {
    package let ledger: Ledger
    package let step: DenoisingStep
  }

  /// What a predictor that knows several pictures makes of x_t.
  package struct Belief: Sendable {
    /// The place in the walk, from 0.
    package let number: Int
    /// 0-based.
    package let t: Int
    /// ᾱ_t/(1 − ᾱ_t)
    package let snr: Double
    /// q(k | x_t), which sum to 1.
    package let weights: [Double]

    init(_ step: DenoisingStep, number: Int, _ mixture: GaussianMixture) {
      let level = step.transition.from
      self.number = number
      (t, snr) = (Int(level.t), level.snr)
      weights = mixture.responsibilities(step.current, at: level)[0]
    }

    /// In bits: 0 when one picture is certain.
    package var entropy: Double { weights.reduce(0) { $1 > 0 ? $0 - $1 * log2($1) : $0 } }
  }

  /// The steps that were asked for, in the order in which they were taken.
  package let ledgers: [Ledger]
  /// The steps that the page can show. For a single step these are the same step at other timesteps
  /// too, so that it can be compared.
  package let frames: [Frame]
  /// What the predictor believed, where it knows several pictures: at each step of a walk, else at
  /// each step that the page can show.
  package let beliefs: [Belief]
  /// What the last step gave.
  package let result: Tensor

  /// Walks the sampler's whole plan.
  /// - Parameters:
  ///   - start: x_T, pure noise.
  ///   - kept: the places in the walk, from 0, whose tensors are kept.
  ///   - image: x_0, which noise and PSNR are measured against.
  ///   - mixture: the pictures that the predictor knows, where it knows several.
  ///   - progress: called with the number of steps done.
  package init(
    from start: Tensor, sampler: DDPMSampler, kept: Set<Int>, predictor: any NoisePredictor,
    generator: TorchGenerator, image: Tensor, mixture: GaussianMixture? = nil,
    progress: (Int) -> Void = { _ in }
  ) {
    let walk = DenoisingTrajectory(
      from: start, sampler: sampler, predictor: predictor, generator: generator)
    var (ledgers, frames, result): ([Ledger], [Frame], Tensor) = ([], [], start)
    var (beliefs, taken): ([Belief], [DenoisingStep]) = ([], [])
    /// Looks at the steps taken since, side by side.
    func look() {
      let looks = Threads.map(taken.count) { index in
        let step = taken[index]
        return (
          Ledger(step, number: step.index, image: image),
          mixture.map { Belief(step, number: step.index, $0) }
        )
      }
      ledgers += looks.map(\.0)
      beliefs += looks.compactMap(\.1)
      for (step, look) in zip(taken, looks) where kept.contains(step.index) {
        frames.append(Frame(ledger: look.0, step: step))
      }
      taken = []
    }
    let together = min(Threads.count, max(Self.mostTogether / max(start.count, 1), 1))
    for step in walk {
      taken.append(step)
      result = step.next
      if taken.count == together || step.index + 1 == sampler.plan.count { look() }
      progress(step.index + 1)
    }
    (self.ledgers, self.frames, self.result) = (ledgers, frames, result)
    self.beliefs = beliefs
  }

  /// The most numbers in the x_t of steps that are looked at together; each has six arrays of that size.
  private static let mostTogether = 1 << 22

  /// Takes one step from the picture noised to t; and for comparison the same step, with the same ε
  /// and z, at other timesteps.
  /// - Parameters:
  ///   - sampler: visits every timestep.
  ///   - noise: ε, the noise in x_t.
  ///   - generator: draws z.
  package init(
    single t: Int, image: Tensor, noise: Tensor, schedule: NoiseSchedule, sampler: DDPMSampler,
    predictor: any NoisePredictor, generator: TorchGenerator, mixture: GaussianMixture? = nil
  ) {
    let process = ForwardProcess(schedule)
    let timesteps = Self.evenly(21, of: schedule.count).union([t])
    let frames = timesteps.sorted(by: >).map { timestep in
      let current = process.sample(original: image, noise: noise, at: timestep)
      // A copy, so that every timestep is given the same z.
      let step = sampler.step(
        schedule.count - 1 - timestep, from: current, predictor: predictor,
        generator: generator.copy())
      return Frame(ledger: Ledger(step, number: 0, image: image), step: step)
    }
    let asked = frames.filter { $0.ledger.t == t }
    (ledgers, self.frames) = (asked.map(\.ledger), frames)
    beliefs = mixture.map { mixture in frames.map { Belief($0.step, number: 0, mixture) } } ?? []
    result = asked.last?.step.next ?? image
  }

  /// The places of a walk whose tensors are worth keeping: spread evenly, and many of the first
  /// steps, in which it is decided where the walk will end.
  package static func kept(of total: Int) -> Set<Int> {
    evenly(26, of: total).union([1, 2, 3, 5, 7, 10, 14, 20, 28].filter { $0 < total })
  }

  /// About `count` places among `total`, both ends included.
  private static func evenly(_ count: Int, of total: Int) -> Set<Int> {
    guard total > count else { return Set(0..<total) }
    return Set((0..<count).map { $0 * (total - 1) / (count - 1) })
  }
}
