import Diffusion
import Evaluation
import Imaging
import LatentDiffusion
import Tensors

/// What was published against the harm of a large scale, tried at one scale from the sweep's noise;
/// and a negative prompt at another.
package struct Remedies: Sendable {
  /// One walk with something added.
  package struct Trial: Sendable {
    /// In words: "rescaled, φ = 0.7".
    package let name: String
    package let walk: SweepExperiment.Walk
    package let refinements: GuidanceRefinements

    package init(
      name: String, walk: SweepExperiment.Walk, refinements: GuidanceRefinements
    ) {
      (self.name, self.walk, self.refinements) = (name, walk, refinements)
    }

    /// Of the picture.
    package var saturation: PictureSaturation { PictureSaturation(of: walk.picture) }
    /// How many steps were guided.
    package var guidedSteps: Int { walk.frames.count(where: \.isGuided) }
  }

  /// The scale at which the remedies are tried: the largest of the sweep.
  package let scale: Double
  /// Without any, rescaled, and in an interval.
  package let trials: [Trial]
  /// Without and with a negative prompt, at the scale that the model recommends.
  package let negative: [Trial]

  /// φ of Lin et al.
  package static let usualRescale = 0.7
  /// The middle of the walk.
  package static let usualInterval = GuidanceInterval(low: 0.3, high: 5)
  /// What guidance leads away from where nothing was named: the first thing of the prompt, "a purple
  /// boat" of "a purple boat and an orange house".
  package static func firstThing(of prompt: String) -> String {
    let ends: Set<Substring> = ["and", "on", "by", "under", "at", "in", "with"]
    let words = prompt.prefix { $0 != "," }.split(separator: " ")
    return words.prefix { !ends.contains($0) }.joined(separator: " ")
  }

  /// - Parameters:
  ///   - request: of the sweep; its refinements and negative prompt are tried where there are any.
  ///   - sweep: its walks are taken where they are what is wanted.
  ///   - progress: called after each step, by several threads.
  /// - Throws: what a generation throws.
  package init(
    _ request: GenerationRequest, beside sweep: SweepExperiment, with model: LatentDiffusionModel,
    progress: () -> Void = {}
  ) throws {
    let given = request.refinements
    let rescale = given.rescale > 0 ? given.rescale : Self.usualRescale
    let interval = given.interval ?? Self.usualInterval
    /// The walk of a trial: one of the sweep's where it is what is wanted.
    func trial(
      _ name: String, _ refinements: GuidanceRefinements, scale: Double, negative: String
    ) throws -> Trial {
      var wanted = request
      (wanted.guidanceScale, wanted.refinements) = (scale, refinements)
      wanted.negativePrompt = negative
      let isThere = refinements == request.refinements && negative == request.negativePrompt
      let known = isThere ? sweep.walks.first { $0.scale == scale } : nil
      return Trial(
        name: name,
        walk: try known ?? SweepExperiment.Walk(wanted, with: model, progress: progress),
        refinements: refinements)
    }
    let negative = request.negativePrompt
    let heard = try model.tokenizer.read(request.prompt, as: request.reading).tokens.prompt
    let away = negative.isEmpty ? Self.firstThing(of: heard) : negative
    let own = model.defaults.guidanceScale
    let largest = sweep.walks[sweep.walks.count - 1].scale
    scale = largest
    let remedies = [
      ("plain", GuidanceRefinements()),
      ("rescaled, φ = \(rescale)", GuidanceRefinements(rescale: rescale)),
      ("in σ = \(interval.low) to \(interval.high)", GuidanceRefinements(interval: interval)),
    ]
    let prompts = [("no negative prompt", ""), ("away from “\(away)”", away)]
    let made = try model.sideBySide(remedies.count + prompts.count) { index in
      guard index >= remedies.count else {
        return try trial(remedies[index].0, remedies[index].1, scale: largest, negative: negative)
      }
      let (name, away) = prompts[index - remedies.count]
      return try trial(name, GuidanceRefinements(), scale: own, negative: away)
    }
    trials = Array(made.prefix(remedies.count))
    self.negative = Array(made.dropFirst(remedies.count))
  }

  /// How many walks there may be to make.
  static let walks = 5
}
