import ArgumentParser
import Attention
import Commands
import Diffusion
import Imaging
import LatentDiffusion
import Networks
import Tensors

/// `attention-maps`: cross-attention, per token, layer, head and timestep.
public struct AttentionMapsCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "attention-maps",
    abstract: "Which words each pixel looks at, in every layer, head and timestep.",
    discussion: """
      Draws a picture from a prompt, or takes one of yours, and keeps the cross-attention matrices \
      softmax(QKᵀ/√d): a heatmap per word, aggregated as DAAM, Prompt-to-Prompt, Attend-and-Excite \
      and attention-map-diffusers do it. Whether the picture changes there when the attention does is \
      what attention-edits shows.

      Example: attention-maps --prompt "a red boat on the sea at night" --self-attention
      """, version: Versions.line)

  @OptionGroup var promptOption: PromptOption

  @OptionGroup var negativePromptOption: NegativePromptOption

  @Option(
    help: ArgumentHelp(
      "A PNG or JPEG to look at instead of drawing one: encoded, noised to each of --timesteps, one pass each. (default: one is drawn)",
      valueName: "file"))
  var image: String?

  @OptionGroup var stepsOption: StepsOption
  @OptionGroup var guidanceOption: GuidanceOption

  @OptionGroup var samplerOption: SamplerOption
  @OptionGroup var seedOption: SeedOption
  @OptionGroup var looks: SelectionOptions

  @Flag(help: "Also the maps of the negative prompt, or of no prompt.")
  var unconditional = false

  @Flag(help: "Also self-attention: which pixels look at which pixels.")
  var selfAttention = false

  @OptionGroup var sizeOption: SizeOption

  @OptionGroup var modelOption: ModelOption

  /// An architecture whose weights are drawn at random: the shapes and costs are real.
  enum Architecture: String, CaseIterable, ExpressibleByArgument {
    case storybook
    case sdV1 = "sd-v1"
  }

  @Option(
    help: ArgumentHelp(
      """
      A model with random weights instead: storybook is small, sd-v1 has the full size of Stable \
      Diffusion v1 (1,066 million parameters, 6 GB of memory). (default: the weights of --model)
      """, valueName: "name"))
  var architecture: Architecture?

  @OptionGroup var filmOption: FilmOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public static var optionsElsewhere: [String: String] {
    var places = ["--evaluate": "model-report --pointing"]
    places["--evaluate-ablation"] = "model-report --ablation"
    for option in ["--ablate", "--erase", "--scale", "--swap", "--cross-replace", "--self-replace"]
    {
      places[option] = "attention-edits \(option)"
    }
    return places
  }

  /// The timesteps at which a person's picture is looked at unless others are named.
  static let pictureTimesteps = [901, 801, 701, 601, 501, 401, 301, 201, 101, 1]

  public mutating func validate() throws {
    try Check.path("--image", image)
    try sizeOption.check(upTo: GenerationRequest.longestSide)
    try Check.together(
      with: "trained weights (--architecture draws its own)", architecture == nil,
      ("--model", modelOption.model != nil), ("--variant", modelOption.variant != nil))
    try Check.together(
      with: "a picture that is drawn (--image is looked at, at --timesteps)", image == nil,
      ("--steps", stepsOption.steps != nil), ("--sampler", samplerOption.sampler != nil),
      ("--guidance-scale", guidanceOption.guidanceScale != nil))
    try Check.together(
      with: "--unconditional or a picture that is drawn", image == nil || unconditional,
      ("--negative-prompt", !negativePromptOption.negativePrompt.isEmpty))
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let model = try run.stage("opening the model") { _ in try openModel(run) }
    let settings = try settings()
    let prompt = promptOption.value(run)
    let found =
      try image.map { try look(at: $0, prompt, model, settings, run) }
      ?? draw(prompt, model, settings, run)
    for notice in model.notices(for: found.prompts) { run.notice(notice) }
    let page = AttentionMapsPage(
      found, arguments: run.command.arguments, choices: choices(for: model))
    try run.stage("tables and pictures") { _ in
      try AttentionFiles(found).write(to: run.output, tensors: tensorsOption.tensors)
      if let moving = found.movingMaps { try run.output.write(moving, film: filmOption.film) }
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  /// The model that was named, or the bundled one.
  private func openModel(_ run: InspectorRun) throws -> LatentDiffusionModel {
    guard let architecture else {
      return try LatentDiffusionModel(
        opening: modelOption.path(run), variant: modelOption.variant)
    }
    let tokenizer = try CLIPTokenizer(folder: Shipped.path("fixtures/vocabulary"))
    switch architecture {
    case .storybook: return try .untrained(tokenizer: tokenizer)
    case .sdV1: return try .untrainedStableDiffusion(tokenizer: tokenizer)
    }
  }

  private func settings() throws -> AttentionSettings {
    var settings = AttentionSettings()
    settings.selection = try looks.selecting(MapSelection.init)
    settings.listensToNegative = unconditional
    settings.looksAtSelf = selfAttention
    settings.keepsMatrices = tensorsOption.tensors
    return settings
  }

  /// The picture that was asked for.
  private func request(
    _ prompt: String, for model: LatentDiffusionModel, _ run: InspectorRun
  ) -> GenerationRequest {
    var request = GenerationRequest(prompt: prompt)
    request.negativePrompt = negativePromptOption.negativePrompt
    request.steps = stepsOption.value(run)
    request.guidanceScale = guidanceOption.value(run, default: model.defaults.guidanceScale)
    request.sampler = samplerOption.value(run, default: model.defaults.sampler)
    request.seed = seedOption.seed
    (request.height, request.width) = sizeOption.value(run, default: model.imageSize)
    return request
  }

  /// What was taken where nobody named it, and why.
  private func choices(for model: LatentDiffusionModel) -> [String] {
    image != nil
      ? []
      : model.defaults.choices(
        besides: samplerOption.name, guidanceScale: guidanceOption.guidanceScale)
  }

  private func draw(
    _ prompt: String, _ model: LatentDiffusionModel, _ settings: AttentionSettings,
    _ run: InspectorRun
  ) throws -> AttentionRun {
    let generation = try Generation(request(prompt, for: model, run), with: model)
    for departure in generation.departures { run.notice(departure) }
    return try run.stage("denoising", of: generation.stepCount) { advance in
      try AttentionRun(generation, settings, progress: advance)
    }
  }

  private func look(
    at path: String, _ prompt: String, _ model: LatentDiffusionModel,
    _ settings: AttentionSettings, _ run: InspectorRun
  ) throws -> AttentionRun {
    let picture = try run.picture(path)
    let size = model.size(for: picture, height: sizeOption.height, width: sizeOption.width)
    run.setting("width", .whole(size.width))
    run.setting("height", .whole(size.height))
    let f = model.firstStage.downsamplingFactor
    for (parameter, value) in [("height", size.height), ("width", size.width)]
    where value % f != 0 {
      throw GenerationError.size(parameter: parameter, value: value, factor: f)
    }
    run.noticeFit(
      of: path, picture, height: size.height, width: size.width, because: "multiples of f = \(f)")
    let fitting = picture.covering(height: size.height, width: size.width).clamped(to: -1...1)
    let timesteps = try looks.noisedTimesteps(
      run, of: model.scheduler.schedule.count, default: Self.pictureTimesteps)
    var settings = settings
    settings.selection.timesteps = []
    return try run.stage("looking", of: timesteps.count) { advance in
      try AttentionRun(
        lookingAt: fitting, prompt: prompt, negativePrompt: negativePromptOption.negativePrompt,
        timesteps: timesteps,
        generator: seedOption.generator, with: model, settings, progress: advance)
    }
  }
}
