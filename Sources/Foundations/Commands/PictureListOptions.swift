import ArgumentParser
import Diffusion
import LatentDiffusion

/// What pictures are laid out beside each other by, besides their prompts: `--guidance-scale`, `--sampler`
/// with how it walks, and `--seed`.
public struct PictureListOptions: ParsableArguments {
  /// `--guidance-scale`, one or several.
  @OptionGroup public var guidanceScales: GuidanceScalesOption
  /// `--sampler`, one, several or all.
  @OptionGroup public var samplers: SamplersOption
  /// How they walk.
  @OptionGroup public var walk: WalkOption
  /// `--seed`, one or several.
  @OptionGroup public var seeds: SeedsOption

  /// The options as they are before a command line is parsed.
  public init() {}

  /// What was given, before a model is open: to refuse what cannot be laid out.
  /// - Parameter prompts: what the pictures should show.
  /// - Throws: as `WalkOption.walked` does.
  public func given(showing prompts: PromptsOption) throws -> PictureLists {
    try PictureLists(
      prompts: prompts.given, samplers: samplers.given(walking: walk),
      guidanceScales: guidanceScales.given?.values ?? [], seeds: seeds.values.values)
  }

  /// What was given, or what the model takes, put on record, and how all of it is walked.
  /// - Parameters:
  ///   - prompts: what the pictures should show.
  ///   - model: what draws them.
  ///   - run: whose manifest notes them.
  /// - Throws: `ValidationError`, or `JSONError` for a scheduler file that means nothing.
  public func settled(
    showing prompts: PromptsOption, by model: LatentDiffusionModel, _ run: InspectorRun
  ) throws -> (lists: PictureLists, walk: WalkSettings) {
    let names =
      try samplers.values(
        run, default: model.defaults.sampler, walking: walk, of: model.scheduler)?.values ?? []
    let lists = PictureLists(
      prompts: prompts.values(run).values, samplers: names,
      guidanceScales: guidanceScales.values(run, default: model.defaults.guidanceScale).values,
      seeds: seeds.values.values)
    try walk.check(for: names)
    let settings = try walk.value(
      run, for: names.count == 1 ? names.first : nil, of: model.scheduler)
    return (lists, settings)
  }

  /// What was taken where nobody named it, and why, in words.
  /// - Parameter model: what draws.
  public func choices(for model: LatentDiffusionModel) -> [String] {
    model.defaults.choices(
      besides: samplers.given?.first, guidanceScale: guidanceScales.given?.first)
  }
}
