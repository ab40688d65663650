import ArgumentParser
import Commands
import Diffusion
import Imaging
import LatentDiffusion
import Networks
import Pages
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
  @OptionGroup var clipSkipOption: ClipSkipOption

  @OptionGroup var stepsOption: StepsOption
  @OptionGroup var listOptions: PictureListOptions

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
      "A PNG or JPEG that says where that picture may change: white to repaint, black to keep; one of another size is stretched over the picture. (default: everywhere)",
      valueName: "file"))
  var mask: String?

  @Flag(
    help:
      "Put the picture's own pixels back outside the mask; without it they pass the autoencoder as all others do."
  )
  var pasteBack = false

  @Option(
    decimal: "How near a model that changes pictures (InstructPix2Pix) stays to --init-image.",
    valueName: "s", default: Values.text(GenerationRequest.usualImageGuidanceScale))
  var imageGuidanceScale: Double?

  @OptionGroup var modelOption: ModelOption
  @OptionGroup var partsOption: ModelPartsOption
  @Option(
    help: ArgumentHelp(
      """
      Another decoder for the pictures of the steps, which are only looked at: an autoencoder that takes \
      the same latents and is small, such as TAESD (a folder, or taesd_decoder.safetensors with \
      taesd_encoder.safetensors beside it). The finished picture is the model's own. (default: the \
      model's own decoder)
      """, valueName: "path"))
  var preview: String?

  @OptionGroup var precisionOption: PrecisionOption
  @OptionGroup var memoryOption: MemoryOption
  @OptionGroup var loraOption: LoRAOption
  @OptionGroup var embeddingOption: EmbeddingOption
  @OptionGroup var filmOption: FilmOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    if let strength { try Check.range("--strength", strength, 0...1) }
    if let imageGuidanceScale {
      try Check.range("--image-guidance-scale", imageGuidanceScale, 0...100)
    }
    for (option, path) in [
      ("--init-image", initImage), ("--mask", mask), ("--preview", preview),
    ] {
      try Check.path(option, path)
    }
    try sizeOption.check(upTo: GenerationRequest.longestSide)
    try Check.together(
      with: "--init-image", initImage != nil, ("--mask", mask != nil),
      ("--strength", strength != nil),
      ("--image-guidance-scale", imageGuidanceScale != nil))
    try Check.together(with: "--mask", mask != nil, ("--paste-back", pasteBack))
    try requireSteps()
    _ = try listOptions.given(showing: promptsOption).compared()
  }

  /// Whether a strength leaves no step to make shows before anything is read.
  private func requireSteps() throws {
    let steps = stepsOption.steps ?? StepsOption.usual
    guard let strength, Int(Double(steps) * strength) < 1 else { return }
    throw ValidationError(GenerationError.noSteps(strength: strength, steps: steps).description)
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let (model, addition) = try run.stage("opening the model") { _ in
      let model = try run.open(modelOption, partsOption).learning(embeddingOption.words())
        .previewing(by: preview.map { try FirstStage(opening: $0) }, at: preview ?? "")
      return (model, try LoRAAddition(loraOption.choices, to: model))
    }
    let wanted = try wanted(of: model, run)
    let choices = listOptions.choices(for: model)
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
    note(experiment.identities.rounding, run)
    let page = TextToImagePage(
      experiment, arguments: run.command.arguments, choices: choices, effects: effects)
    let shown = try run.stage("pictures") { _ in
      try TextToImageFiles(experiment).write(
        to: run.output, tensors: tensorsOption.tensors, film: filmOption.film)
      try effects?.write(with: experiment.image, to: run.output)
      return page.page()
    }
    return Findings(page: shown, summary: page.summary, seed: request.seed)
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
    note(comparison.rounding, run)
    let page = ComparisonPage(comparison, choices: choices, report: report)
    return Findings(page: page.page(), summary: page.summary, seed: wanted.requests[0].seed)
  }

  /// Tells how far rounding moved the first step, and keeps it in the manifest.
  private func note(_ rounding: Double?, _ run: InspectorRun) {
    guard let rounding else { return }
    run.setting("distance-from-float32", .number(rounding))
    run.notice(
      """
      factors are rounded to \(precisionOption.choice.rawValue): what the U-Net says at the first step \
      is \(NumberFormat.decimals(2).text(100 * rounding)) % from float32's
      """)
  }

  /// The pictures that were asked for, row by row where there are several.
  private struct Wanted {
    let requests: [GenerationRequest]
    /// Nil for one picture.
    let lists: ComparedLists?
  }

  private func wanted(of model: LatentDiffusionModel, _ run: InspectorRun) throws -> Wanted {
    let (lists, walk) = try listOptions.settled(showing: promptsOption, by: model, run)
    var common = try request(for: model, run)
    common.walk = walk
    return Wanted(requests: lists.requests(common), lists: try lists.compared())
  }

  /// What all pictures have in common.
  private func request(
    for model: LatentDiffusionModel, _ run: InspectorRun
  ) throws -> GenerationRequest {
    var request = GenerationRequest(prompt: "")
    request.negativePrompt = negativePromptOption.negativePrompt
    request.reading = readingOptions.reading
    request.clipSkip = clipSkipOption.layers
    request.steps = stepsOption.value(run)
    request.precision = precisionOption.value(run)
    request.memoryUse = memoryOption.value(
      run, for: model.unet.parameters, passes: request.steps)
    guard let initImage else {
      (request.height, request.width) = sizeOption.value(run, default: model.imageSize)
      return request
    }
    if model.isForEditing {
      request.strength = strength
      request.imageGuidanceScale = run.settled(
        "image-guidance-scale", imageGuidanceScale,
        default: GenerationRequest.usualImageGuidanceScale)
    } else {
      request.strength = run.settled(
        "strength", strength, default: GenerationRequest.usualStrength(masked: mask != nil))
      request.imageGuidanceScale = imageGuidanceScale
    }
    let picture = try run.picture(initImage)
    let size = model.size(for: picture, height: sizeOption.height, width: sizeOption.width)
    (request.height, request.width) = sizeOption.value(run, default: size)
    run.noticeFit(
      of: initImage, picture, height: size.height, width: size.width,
      because: "multiples of f = \(model.firstStage.downsamplingFactor)")
    request.initialImage = picture.covering(height: size.height, width: size.width)
      .clamped(to: -1...1)
    guard let mask else { return request }
    request.mask = try run.mask(mask, over: picture)
      .covering(height: size.height, width: size.width).scaled(by: 0.5, plus: 0.5)
    request.pastesBack = pasteBack
    return request
  }
}

extension InspectorRun {
  /// A mask as diffusers reads one: alpha does not count, and one of another size is stretched over the
  /// picture that it is of.
  /// - Returns: [1, 1, H, W], 1 for white and −1 for black.
  fileprivate func mask(_ path: String, over picture: Tensor) throws -> Tensor {
    let mask = try self.picture(path, .dropped).luminance
    let (height, width) = (picture.shape[2], picture.shape[3])
    guard mask.shape[2] != height || mask.shape[3] != width else { return mask }
    notice(
      "\(path): stretched from \(mask.shape[3])×\(mask.shape[2]) pixels over the picture's "
        + "\(width)×\(height)")
    return mask.resized(height: height, width: width, .lanczos)
  }
}
