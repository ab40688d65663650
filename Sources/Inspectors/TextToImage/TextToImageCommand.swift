import ArgumentParser
import Commands
import Diffusion
import Imaging
import LatentDiffusion
import Networks
import Tensors

/// `text-to-image`: the whole of Stable Diffusion, with every step kept.
public struct TextToImageCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "text-to-image",
    abstract: "What happens between a prompt and its picture, step by step.",
    discussion: """
      Runs a latent diffusion model from prompt to pixels and keeps every step: the latent z_t, what \
      the U-Net says with the prompt and without it, how they differ, and the picture that it believes \
      in at that moment. With the same weights and seed the picture is that of diffusers.

      Prompts, seeds, guidance scales and samplers may be several: one list makes a row of pictures, two \
      make a table, at most \(Values.most) pictures on one page. images/ then holds the finished pictures.

      Example: text-to-image --prompt "a red boat on the sea at night" --steps 30 --seed 7
      Example: text-to-image --seed 1-8 --guidance-scale 1,3,7.5
      Example: text-to-image --lora style.safetensors=0.8
      """, version: Versions.line)

  @OptionGroup var promptsOption: PromptsOption

  @OptionGroup var negativePromptOption: NegativePromptOption

  @OptionGroup var readingOptions: PromptReadingOptions

  @OptionGroup var stepsOption: StepsOption
  @OptionGroup var guidanceScalesOption: GuidanceScalesOption

  @OptionGroup var samplersOption: SamplersOption
  @OptionGroup var seedsOption: SeedsOption

  @OptionGroup var sizeOption: SizeOption

  @Option(
    help: ArgumentHelp(
      "A PNG or JPEG to begin from instead of pure noise. It keeps its size unless that is more than four times the model's; --width and --height scale and crop it. (default: pure noise)",
      valueName: "file"))
  var initImage: String?

  @Option(
    decimal: "How much of that picture may change: 0 nothing, 1 all of it.", valueName: "share",
    default: """
      \(Values.text(GenerationRequest.usualStrength(masked: false))), and \
      \(Values.text(GenerationRequest.usualStrength(masked: true))) with a mask
      """)
  var strength: Double?

  @Option(
    help: ArgumentHelp(
      "A PNG or JPEG that says where that picture may change: white to repaint, black to keep. (default: everywhere)",
      valueName: "file"))
  var mask: String?

  @OptionGroup var modelOption: ModelOption
  @OptionGroup var loraOption: LoRAOption
  @OptionGroup var embeddingOption: EmbeddingOption
  @OptionGroup var filmOption: FilmOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    if let strength { try Check.range("--strength", strength, 0...1) }
    for (option, path) in [("--init-image", initImage), ("--mask", mask)] {
      try Check.path(option, path)
    }
    try sizeOption.check(upTo: GenerationRequest.longestSide)
    try Check.together(
      with: "--init-image", initImage != nil, ("--mask", mask != nil),
      ("--strength", strength != nil))
    try requireSteps()
    _ = try Self.lists(
      promptsOption.given, samplersOption.given?.values ?? [],
      guidanceScalesOption.given?.values ?? [], seedsOption.values.values)
  }

  /// Whether a strength leaves no step to make shows before anything is read.
  private func requireSteps() throws {
    let steps = stepsOption.steps ?? StepsOption.usual
    guard let strength, Int(Double(steps) * strength) < 1 else { return }
    throw ValidationError(GenerationError.noSteps(strength: strength, steps: steps).description)
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let (model, addition) = try run.stage("opening the model") { _ in
      let model = try LatentDiffusionModel(
        opening: modelOption.path(run), variant: modelOption.variant
      ).learning(embeddingOption.words())
      return (model, try LoRAAddition(loraOption.choices, to: model))
    }
    let wanted = try wanted(of: model, run)
    let choices = model.defaults.choices(
      besides: samplersOption.given?.first, guidanceScale: guidanceScalesOption.given?.first)
    if let lists = wanted.lists {
      let report = LoRAReport(try addition.add())
      return try compare(wanted, in: lists, with: model, report, choices, run)
    }
    let request = wanted.requests[0]
    let effects =
      addition.isEmpty
      ? nil
      : try run.stage("denoising without the LoRA", of: request.steps) { advance in
        try LoRAEffects(addition, request, with: model, progress: advance)
      }
    let generation = try run.stage("encoding") { _ in try Generation(request, with: model) }
    for notice in model.notices(for: generation.prompts) { run.notice(notice) }
    let experiment = try run.stage("denoising", of: generation.stepCount) { advance in
      try TextToImageExperiment(generation, progress: advance)
    }
    for departure in generation.departures { run.notice(departure) }
    let page = TextToImagePage(
      experiment, arguments: run.command.arguments, choices: choices, effects: effects)
    try run.stage("pictures") { _ in
      try TextToImageFiles(experiment).write(
        to: run.output, tensors: tensorsOption.tensors, film: filmOption.film)
      try effects?.write(with: experiment.image, to: run.output)
    }
    return Findings(page: page.page(), summary: page.summary, seed: request.seed)
  }

  /// Several pictures beside each other.
  private func compare(
    _ wanted: Wanted, in lists: ComparedLists, with model: LatentDiffusionModel,
    _ report: LoRAReport?, _ choices: [String], _ run: InspectorRun
  ) throws -> Findings {
    let generations = try run.stage("encoding") { _ in
      try wanted.requests.map { try Generation($0, with: model) }
    }
    for generation in generations {
      for notice in model.notices(for: generation.prompts) { run.notice(notice) }
    }
    let steps = generations.reduce(0) { $0 + $1.stepCount }
    let comparison = try run.stage("denoising", of: steps) { advance in
      try Comparison(generations, in: lists, progress: advance)
    }
    for generation in generations {
      for departure in generation.departures { run.notice(departure) }
    }
    try run.stage("pictures") { _ in
      try ComparisonFiles(comparison).write(
        to: run.output, tensors: tensorsOption.tensors, film: filmOption.film)
      try report?.write(to: run.output)
    }
    let page = ComparisonPage(comparison, choices: choices, report: report)
    return Findings(page: page.page(), summary: page.summary, seed: wanted.requests[0].seed)
  }

  /// The pictures that were asked for, row by row where there are several.
  private struct Wanted {
    let requests: [GenerationRequest]
    /// Nil for one picture.
    let lists: ComparedLists?
  }

  private func wanted(of model: LatentDiffusionModel, _ run: InspectorRun) throws -> Wanted {
    let prompts = promptsOption.values(run).values
    let samplers = samplersOption.values(run, default: model.defaults.sampler)?.values
    let scales = guidanceScalesOption.values(run, default: model.defaults.guidanceScale).values
    let seeds = seedsOption.values.values
    let lists = try Self.lists(prompts, samplers ?? [], scales, seeds)
    let common = try request(for: model, run)
    var requests: [GenerationRequest] = []
    // The first list is that of the rows, whichever it is.
    for prompt in prompts {
      for sampler in samplers.map({ $0.map(Optional.some) }) ?? [nil] {
        for scale in scales {
          for seed in seeds {
            var request = common
            (request.prompt, request.sampler) = (prompt, sampler)
            (request.guidanceScale, request.seed) = (scale, seed)
            requests.append(request)
          }
        }
      }
    }
    return Wanted(requests: requests, lists: lists)
  }

  /// The options that may be lists, in the order in which they become rows and columns.
  private static func lists(
    _ prompts: [String], _ samplers: [SamplerName], _ scales: [Double], _ seeds: [UInt64]
  ) throws -> ComparedLists? {
    try ComparedLists([
      .init("prompt", prompts), .init("sampler", samplers.map(\.rawValue)),
      .init("guidance-scale", scales.map(Values.text)), .init("seed", seeds.map { String($0) }),
    ])
  }

  /// What all pictures have in common.
  private func request(
    for model: LatentDiffusionModel, _ run: InspectorRun
  ) throws -> GenerationRequest {
    var request = GenerationRequest(prompt: "")
    request.negativePrompt = negativePromptOption.negativePrompt
    request.reading = readingOptions.reading
    request.steps = stepsOption.value(run)
    guard let initImage else {
      (request.height, request.width) = sizeOption.value(run, default: model.imageSize)
      return request
    }
    request.strength = run.settled(
      "strength", strength, default: GenerationRequest.usualStrength(masked: mask != nil))
    let picture = try run.picture(initImage)
    let size = model.size(for: picture, height: sizeOption.height, width: sizeOption.width)
    (request.height, request.width) = sizeOption.value(run, default: size)
    run.noticeFit(
      of: initImage, picture, height: size.height, width: size.width,
      because: "multiples of f = \(model.firstStage.downsamplingFactor)")
    request.initialImage = picture.covering(height: size.height, width: size.width)
      .clamped(to: -1...1)
    guard let mask else { return request }
    // As diffusers reads a mask: alpha does not count.
    let cut = try run.picture(mask, .dropped).luminance
    guard cut.shape[2...] == picture.shape[2...] else {
      throw GenerationError.imageSize(
        parameter: "mask", expected: Array(picture.shape[2...]), found: Array(cut.shape[2...]))
    }
    request.mask = cut.covering(height: size.height, width: size.width).scaled(by: 0.5, plus: 0.5)
    return request
  }
}
