import ArgumentParser
import Commands
import Diffusion
import Evaluation
import LatentDiffusion
import Networks
import Training

/// `guidance-sweep`: classifier-free guidance at several scales, from one noise.
public struct GuidanceSweepCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "guidance-sweep",
    abstract: "What guidance does to a picture, from too weak to far too strong.",
    discussion: """
      Draws one prompt from one noise at several guidance scales and keeps both opinions of the U-Net at \
      every step: ε_u without the prompt, ε_c with it. Shows what large scales cost, what was published \
      against it, and, on data that is known exactly, what guided samples are not. A LoRA is added before \
      anything is drawn. With --evaluate the scales are measured on captions that training never met, and the best one is named.

      Example: guidance-sweep --guidance-scale 1,3,7.5 --negative-prompt night
      """, version: Versions.line)

  @OptionGroup var promptOption: PromptOption
  @OptionGroup var negativePromptOption: NegativePromptOption
  @OptionGroup var readingOptions: PromptReadingOptions
  @OptionGroup var clipSkipOption: ClipSkipOption
  @OptionGroup var sweepOptions: SweepOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many denoising steps.", valueName: "n"))
  var steps = 12

  @OptionGroup var samplerOption: SamplerOption
  @OptionGroup var walkOption: WalkOption

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many pictures, each from a noise of its own, are compared at each scale.", valueName: "n"
    ))
  var pictures = 3

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Draw so many held-out captions at each scale and measure caption accuracy and Fréchet distance; \
      200 take a quarter of an hour or more. (default: what was measured on the bundled model is shown)
      """, valueName: "captions"))
  var evaluate: Int?

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var modelOption: ModelOption
  @OptionGroup var partsOption: ModelPartsOption
  @OptionGroup var loraOption: LoRAOption
  @OptionGroup var embeddingOption: EmbeddingOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    try Check.range("--steps", steps, 1...1000)
    try Check.range("--pictures", pictures, 2...1024)
    if let evaluate { try Check.range("--evaluate", evaluate, 2...100_000) }
    guard evaluate != nil else { return }
    let given = [
      ("--sigmas, --spacing and --eta", walkOption.settings != WalkSettings()),
      ("--prompt-weights and --long-prompts", readingOptions.reading != PromptReading()),
      ("--clip-skip", clipSkipOption.layers > 0),
    ]
    for (options, isGiven) in given where isGiven {
      throw ValidationError(
        "--evaluate draws its captions as the model's scheduler file says, and reads them as they stand: "
          + "leave \(options) out with it")
    }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let (model, report) = try run.open(
      modelOption, partsOption, learning: embeddingOption, adding: loraOption)
    try model.requireLatentAlone()
    let scales = try sweepOptions.scales()
    run.setting("guidance-scale", .list(scales.map { .number($0) }))
    let request = try request(for: model, run)
    let settings = try tellDepartures(of: request, smallest: scales[0], with: model, run)
    let sweep = try run.stage("scales", of: scales.count * steps) { advance in
      try SweepExperiment(request, scales: scales, with: model, progress: advance)
    }
    let perceptual = try classifier("perceptual")
    let seeds = try run.stage("other noises", of: scales.count) { advance in
      try SeedPictures(
        beside: sweep, of: request, count: pictures, with: model, perceptual: perceptual,
        progress: advance)
    }
    let remedies = try run.stage("remedies", of: Remedies.walks * steps) { advance in
      try Remedies(request, beside: sweep, with: model, progress: advance)
    }
    let mixture = try run.stage("known data", of: 2 * scales.count) { advance in
      try MixtureExperiment(
        scales: scales, interval: request.refinements.interval ?? Remedies.usualInterval,
        progress: advance)
    }
    let measured = try tradeOff(model, scales, request, perceptual, run)
    let result = SweepResult(
      sweep: sweep, seeds: seeds, remedies: remedies, mixture: mixture, measured: measured,
      shipped: modelOption.model == nil ? try TradeOff.shipped() : nil, request: request,
      settings: settings, report: report,
      recommended: model.defaults.guidanceScale,
      choices: samplerOption.name == nil
        ? model.defaults.choices(besides: nil, guidanceScale: request.guidanceScale) : [])
    let page = GuidanceSweepPage(result)
    try run.stage("pictures") { _ in
      try GuidanceSweepFiles(result).write(to: run.output, tensors: tensorsOption.tensors)
      try report?.write(to: run.output)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  /// Words that the model never met, and what diffusers would do otherwise, which does not change above
  /// the smallest scale.
  /// - Returns: the walk, and what is done otherwise than usual, in a few words: the same for all scales.
  private func tellDepartures(
    of request: GenerationRequest, smallest: Double, with model: LatentDiffusionModel,
    _ run: InspectorRun
  ) throws -> [String] {
    var request = request
    request.guidanceScale = smallest
    let generation = try Generation(request, with: model)
    for notice in model.notices(for: generation.prompts) + generation.departures {
      run.notice(notice)
    }
    return [generation.walkWords] + generation.partsWords
  }

  private func request(
    for model: LatentDiffusionModel, _ run: InspectorRun
  ) throws -> GenerationRequest {
    var request = GenerationRequest(prompt: promptOption.value(run))
    request.negativePrompt = negativePromptOption.negativePrompt
    request.reading = readingOptions.reading
    request.clipSkip = clipSkipOption.layers
    request.steps = steps
    request.sampler = samplerOption.value(run, default: model.defaults.sampler)
    request.walk = try walkOption.value(run, for: request.sampler, of: model.scheduler)
    request.refinements = try sweepOptions.refinements(run)
    request.seed = seedOption.seed
    return request
  }

  private func classifier(_ name: String) throws -> SceneClassifier {
    try SceneClassifier(folder: Shipped.path("fixtures/classifiers/\(name)"))
  }

  /// Nil where nobody asked for it.
  private func tradeOff(
    _ model: LatentDiffusionModel, _ scales: [Double], _ request: GenerationRequest,
    _ perceptual: SceneClassifier, _ run: InspectorRun
  ) throws -> TradeOff? {
    guard let evaluate else { return nil }
    var settings = TrialSettings()
    settings.count = evaluate
    settings.steps = steps
    settings.sampler = request.sampler
    settings.refinements = request.refinements
    settings.negativePrompt = request.negativePrompt
    settings.seed = request.seed
    let total = scales.count * TradeOff.pictures(evaluate)
    return try run.stage("drawing captions", of: total) { advance in
      try TradeOff(
        model, scales: scales, settings: settings, evaluator: classifier("evaluator"),
        perceptual: perceptual, advance: advance)
    }
  }
}

/// All that one run found.
struct SweepResult {
  let sweep: SweepExperiment
  let seeds: SeedPictures
  let remedies: Remedies
  let mixture: MixtureExperiment
  /// Of this run; nil where nobody asked for it.
  let measured: TradeOff?
  /// Of the bundled model; nil for another one.
  let shipped: TradeOff?
  let request: GenerationRequest
  /// Sampler, steps and what its walk does, and what is done otherwise than usual, in words.
  let settings: [String]
  /// What LoRAs changed in the model.
  let report: LoRAReport?
  /// The scale that the model's folder recommends, or the usual one.
  let recommended: Double
  /// Which settings the model chose, in words.
  let choices: [String]
}
