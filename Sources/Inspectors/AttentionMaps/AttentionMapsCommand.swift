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

      Prompts, seeds, guidance scales and samplers may be several, up to \(Self.mostCompared) pictures in \
      all: the maps of each word then stand beside each other. A LoRA makes two of one picture, without \
      it and with it; with several pictures, with --image, --unconditional or --self-attention it \
      is added and that is all.

      Example: attention-maps --prompt "a red boat on the sea at night" --self-attention
      Example: attention-maps --prompt "a red boat at night" --prompt "a red house at night"
      """, version: Versions.line)

  @OptionGroup var promptsOption: PromptsOption

  @OptionGroup var negativePromptOption: NegativePromptOption
  @OptionGroup var readingOptions: PromptReadingOptions
  @OptionGroup var clipSkipOption: ClipSkipOption

  @Option(
    help: ArgumentHelp(
      "A PNG or JPEG to look at instead of drawing one: encoded, noised to each of --timesteps, one pass each. (default: one is drawn)",
      valueName: "file"))
  var image: String?

  @OptionGroup var stepsOption: StepsOption
  @OptionGroup var listOptions: PictureListOptions
  @OptionGroup var looks: SelectionOptions

  @Flag(help: "Also the maps of the negative prompt, or of no prompt.")
  var unconditional = false

  @Flag(help: "Also self-attention: which pixels look at which pixels.")
  var selfAttention = false

  @OptionGroup var sizeOption: SizeOption

  @OptionGroup var modelOption: ModelOption
  @OptionGroup var partsOption: ModelPartsOption
  @OptionGroup var embeddingOption: EmbeddingOption

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

  @OptionGroup var loraOption: LoRAOption
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

  /// How many pictures may stand beside each other: each holds the maps of every word.
  static let mostCompared = 8

  /// The timesteps at which a person's picture is looked at unless others are named.
  static let pictureTimesteps = [901, 801, 701, 601, 501, 401, 301, 201, 101, 1]

  public mutating func validate() throws {
    try Check.path("--image", image)
    try sizeOption.check(upTo: GenerationRequest.longestSide)
    try Check.together(
      with: "trained weights (--architecture draws its own)", architecture == nil,
      ("--model", modelOption.model != nil), ("--variant", modelOption.variant != nil),
      ("--vae", partsOption.vae != nil), ("--ema", partsOption.ema))
    try Check.together(
      with: "a picture that is drawn (--image is looked at, at --timesteps)", image == nil,
      ("--steps", stepsOption.steps != nil), ("--sampler", listOptions.samplers.given != nil),
      ("--guidance-scale", listOptions.guidanceScales.given != nil),
      ("--sigmas", listOptions.walk.settings.sigmas != nil),
      ("--spacing", listOptions.walk.settings.spacing != nil),
      ("--eta", listOptions.walk.settings.eta != nil))
    try Check.together(
      with: "--unconditional or a picture that is drawn", image == nil || unconditional,
      ("--negative-prompt", !negativePromptOption.negativePrompt.isEmpty))
    let lists = try listOptions.given(showing: promptsOption).compared(most: Self.mostCompared)
    try Check.together(
      with: "one prompt, sampler, guidance scale and seed", lists == nil,
      ("--image", image != nil), ("--unconditional", unconditional),
      ("--self-attention", selfAttention))
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let (model, addition) = try run.stage("opening the model") { _ in
      let model = try openModel(run).learning(embeddingOption.words())
      return (model, try LoRAAddition(loraOption.choices, to: model))
    }
    try looks.checkTimesteps(of: model.scheduler.schedule.count)
    let settings = try settings()
    let wanted = image == nil ? try wanted(of: model, run) : nil
    if let wanted, wanted.lists == nil, !unconditional, !selfAttention, !addition.isEmpty {
      return try compareWithout(addition, wanted.requests[0], model, settings, run)
    }
    let report = LoRAReport(try addition.add())
    if let wanted, let lists = wanted.lists {
      let runs = try drawn(wanted.requests, model, settings, run)
      return try compare(runs, wanted.requests, in: lists, model, report, run)
    }
    let found =
      try wanted.map { try draw($0.requests[0], model, settings, run) }
      ?? look(at: image ?? "", model, settings, run)
    for notice in model.notices(for: found.prompts) { run.notice(notice) }
    let page = AttentionMapsPage(
      found, arguments: run.command.arguments, choices: choices(for: model), report: report)
    try run.stage("tables and pictures") { _ in
      try AttentionFiles(found).write(to: run.output, tensors: tensorsOption.tensors)
      try report?.write(to: run.output)
      if let moving = found.movingMaps { try run.output.write(moving, film: filmOption.film) }
    }
    return Findings(page: page.page(), summary: page.summary, seed: listOptions.seeds.values.first)
  }

  /// The pictures that were asked for, row by row where there are several; the lists are nil for one.
  private func wanted(
    of model: LatentDiffusionModel, _ run: InspectorRun
  ) throws -> (requests: [GenerationRequest], lists: ComparedLists?) {
    let (lists, walk) = try listOptions.settled(showing: promptsOption, by: model, run)
    var common = request(for: model, run)
    common.walk = walk
    return (lists.requests(common), try lists.compared(most: Self.mostCompared))
  }

  /// The maps of one picture without LoRAs and with them, from the same noise.
  private func compareWithout(
    _ addition: LoRAAddition, _ request: GenerationRequest, _ model: LatentDiffusionModel,
    _ settings: AttentionSettings, _ run: InspectorRun
  ) throws -> Findings {
    var runs = try drawn([request], model, settings, run)
    let report = LoRAReport(try addition.add())
    runs.append(try draw(request, model, settings, run, named: "drawing with the LoRA"))
    let lists = ComparedLists(
      between: .init(
        AttentionComparison.lora, ["without", "with"], called: "LoRA",
        titles: ["without the LoRA", "with the LoRA"]))
    return try compare(runs, [request, request], in: lists, model, report, run)
  }

  private func drawn(
    _ requests: [GenerationRequest], _ model: LatentDiffusionModel, _ settings: AttentionSettings,
    _ run: InspectorRun
  ) throws -> [AttentionRun] {
    try requests.enumerated().map { index, request in
      let found = try draw(request, model, settings, run, named: "drawing \(index + 1)")
      for notice in model.notices(for: found.prompts) { run.notice(notice) }
      return found
    }
  }

  /// The maps of several pictures beside each other.
  private func compare(
    _ runs: [AttentionRun], _ requests: [GenerationRequest], in lists: ComparedLists,
    _ model: LatentDiffusionModel, _ report: LoRAReport?, _ run: InspectorRun
  ) throws -> Findings {
    let comparison = AttentionComparison(runs, requests, in: lists)
    try run.stage("tables and pictures") { _ in
      try comparison.write(
        to: run.output, tensors: tensorsOption.tensors, film: filmOption.film)
      try report?.write(to: run.output)
    }
    return Findings(
      page: comparison.page(choices: choices(for: model), report: report),
      summary: comparison.summary, seed: requests[0].seed)
  }

  /// The model that was named, or the bundled one.
  private func openModel(_ run: InspectorRun) throws -> LatentDiffusionModel {
    guard let architecture else {
      return try run.open(modelOption, partsOption)
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

  /// How prompts are heard, whatever is looked at.
  private var heard: GenerationRequest {
    var request = GenerationRequest(prompt: "")
    request.negativePrompt = negativePromptOption.negativePrompt
    request.reading = readingOptions.reading
    request.clipSkip = clipSkipOption.layers
    return request
  }

  /// What all pictures have in common.
  private func request(for model: LatentDiffusionModel, _ run: InspectorRun) -> GenerationRequest {
    var request = heard
    request.steps = stepsOption.value(run)
    (request.height, request.width) = sizeOption.value(run, default: model.imageSize)
    return request
  }

  /// What was taken where nobody named it, and why.
  private func choices(for model: LatentDiffusionModel) -> [String] {
    image != nil ? [] : listOptions.choices(for: model)
  }

  private func draw(
    _ request: GenerationRequest, _ model: LatentDiffusionModel, _ settings: AttentionSettings,
    _ run: InspectorRun, named stage: String = "denoising"
  ) throws -> AttentionRun {
    let generation = try Generation(request, with: model)
    for departure in generation.departures { run.notice(departure) }
    return try run.stage(stage, of: generation.stepCount) { advance in
      try AttentionRun(generation, settings, progress: advance)
    }
  }

  private func look(
    at path: String, _ model: LatentDiffusionModel, _ settings: AttentionSettings,
    _ run: InspectorRun
  ) throws -> AttentionRun {
    let picture = try run.picture(path)
    let size = model.size(for: picture, height: sizeOption.height, width: sizeOption.width)
    run.works(height: size.height, width: size.width)
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
    var request = heard
    (request.prompt, request.seed) = (
      promptsOption.values(run).first, listOptions.seeds.values.first
    )
    return try run.stage("looking", of: timesteps.count) { [request, settings] advance in
      try AttentionRun(
        lookingAt: fitting, for: request, timesteps: timesteps, with: model, settings,
        progress: advance)
    }
  }
}
