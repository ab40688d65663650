import ArgumentParser
import Attention
import Commands
import LatentDiffusion
import Networks

/// `attention-edits`: whether a picture changes where a word's heatmap is, when its attention is
/// changed.
public struct AttentionEditsCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "attention-edits",
    abstract: "Whether the picture changes where a word's heatmap is, when attention is changed.",
    discussion: """
      A heatmap is a correlation. Draws a picture from a prompt, and draws it again from the same \
      noise with no pixel looking at a word (--ablate), with nobody looking at it (--erase), with more \
      or less of it (--scale), or with another word in its place (--swap, Prompt-to-Prompt); measures \
      how much of the change lies inside the word's heatmap.

      Example: attention-edits --prompt "a red boat on the sea at night" --erase boat --swap boat=tent
      """, version: Versions.line)

  @OptionGroup var promptOption: PromptOption

  @OptionGroup var negativePromptOption: NegativePromptOption
  @OptionGroup var weightsOption: PromptWeightsOption
  @OptionGroup var clipSkipOption: ClipSkipOption

  @OptionGroup var changes: ChangeOptions
  @OptionGroup var stepsOption: StepsOption
  @OptionGroup var guidanceOption: GuidanceOption
  @OptionGroup var samplerOption: SamplerOption
  @OptionGroup var walkOption: WalkOption
  @OptionGroup var seedOption: SeedOption
  @OptionGroup var looks: SelectionOptions

  @OptionGroup var sizeOption: SizeOption

  @OptionGroup var modelOption: ModelOption
  @OptionGroup var partsOption: ModelPartsOption
  @OptionGroup var loraOption: LoRAOption
  @OptionGroup var embeddingOption: EmbeddingOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public static let optionsElsewhere = ["--long-prompts": "attention-maps --long-prompts"]

  public mutating func validate() throws {
    try sizeOption.check(upTo: GenerationRequest.longestSide)
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let (model, report) = try run.open(
      modelOption, partsOption, learning: embeddingOption, adding: loraOption)
    try looks.checkTimesteps(of: model.scheduler.schedule.count)
    var request = request(for: model, run)
    request.walk = try walkOption.value(run, for: request.sampler, of: model.scheduler)
    let generation = try Generation(request, with: model)
    for departure in generation.departures { run.notice(departure) }
    let interventions = try changes.interventions(
      run, of: PromptColumns(generation.prompts.conditionalTokens))
    let selection = try looks.selecting(MapSelection.init)
    let pictures = 1 + interventions.count
    let found = try run.stage("denoising", of: generation.stepCount * pictures) { advance in
      try EditedRun(
        generation, interventions, injection: changes.schedule(run), selection: selection,
        progress: advance)
    }
    for notice in notices(on: found, model) { run.notice(notice) }
    let page = AttentionEditsPage(
      found, arguments: run.command.arguments,
      choices: model.defaults.choices(
        besides: samplerOption.name, guidanceScale: guidanceOption.guidanceScale),
      report: report)
    try run.stage("tables and pictures") { _ in
      try AttentionEditsFiles(run: found).write(to: run.output, tensors: tensorsOption.tensors)
      try report?.write(to: run.output)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  /// The picture that is changed.
  private func request(for model: LatentDiffusionModel, _ run: InspectorRun) -> GenerationRequest {
    var request = GenerationRequest(
      prompt: promptOption.value(run),
      sampler: samplerOption.value(run, default: model.defaults.sampler),
      guidanceScale: guidanceOption.value(run, default: model.defaults.guidanceScale))
    request.negativePrompt = negativePromptOption.negativePrompt
    request.reading = weightsOption.reading
    request.clipSkip = clipSkipOption.layers
    request.steps = stepsOption.value(run)
    request.seed = seedOption.seed
    (request.height, request.width) = sizeOption.value(run, default: model.imageSize)
    return request
  }

  /// What a person may not expect of the prompts that were drawn.
  private func notices(on found: EditedRun, _ model: LatentDiffusionModel) -> [String] {
    let prompt = found.columns.tokens.prompt
    let ofVariants = found.variants.filter { $0.prompt != prompt }.flatMap { variant in
      let tokens = variant.columns.tokens
      return [tokens.truncationNotice, model.trainedWords.notice(for: [tokens])]
        .compactMap(\.self).map { "\(variant.intervention.label): \($0)" }
    }
    return model.notices(for: found.prompts) + ofVariants
      + found.variants.flatMap { notices(on: $0, of: found) }
  }

  /// What a person may not expect of a change.
  private func notices(on variant: Variant, of found: EditedRun) -> [String] {
    var notices: [String] = []
    if case .swap(_, let new) = variant.intervention,
      (try? weightsOption.reading.marks.fragments(of: new)) != [PromptFragment(new)]
    {
      notices.append(
        "the marks of '\(new)' are read as text: the new word counts as much as the old one")
    }
    if variant.isUnchanged { notices.append("nothing changed: there is nothing to measure") }
    return notices.map { "\(variant.intervention.label): \($0)" }
  }
}
