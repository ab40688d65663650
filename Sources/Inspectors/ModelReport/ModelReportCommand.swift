import ArgumentParser
import Attention
import Commands
import Diagnostics
import Diffusion
import Evaluation
import Foundation
import LatentDiffusion
import Networks
import Training

/// `model-report`: how good a model is, measured and shown.
public struct ModelReportCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "model-report",
    abstract: "How good the model is: what it draws, what its autoencoder carries, where it looks.",
    discussion: """
      Asks the model for storybook captions that no training met and lets a classifier that took no \
      part in training read the pictures: every attribute, colours with their objects, whole \
      captions, and the Fréchet distance to the true scenes. Measures autoencoders by PSNR and SSIM, \
      whether cross-attention peaks where a word is, and whether a picture changes there when nobody \
      may look at the word.

      Example: model-report --count 100 --guidance-scale 5
      """, version: Versions.line)

  enum Part: String, CaseIterable, ExpressibleByArgument {
    case captions, reconstruction, pointing, ablation
  }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many captions to draw.", valueName: "n"))
  var count = 500

  @OptionGroup var stepsOption: StepsOption
  @OptionGroup var guidanceOption: GuidanceOption
  @OptionGroup var samplerOption: SamplerOption

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many pictures are made together; fewer need less memory. (default: \(TrialSettings.usualBatchSize))",
      valueName: "n"))
  var batch: Int?

  @OptionGroup var seedOption: SeedOption

  @Option(
    help: ArgumentHelp(
      "What to measure, once for each: captions, reconstruction, pointing, ablation. (default: all but ablation, unless --pointing or --ablation names one)",
      valueName: "part"))
  var part: [Part] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Measure over so many scenes how often each published heatmap peaks on what a word means. (default: as many as --count, at most 96)",
      valueName: "scenes"))
  var pointing: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Measure over so many prompts how much of a picture changes inside a word's heatmap when the word is ablated, and when it is erased. (default: as many as --count, at most 100)",
      valueName: "prompts"))
  var ablation: Int?

  @OptionGroup var looks: SelectionOptions

  @Option(
    help: ArgumentHelp(
      "An autoencoder to measure beside the model's own; may be given more than once. (default: the bundled ones)",
      valueName: "path"))
  var autoencoder: [String] = []

  @Option(
    help: ArgumentHelp(
      "A PNG or JPEG of your own to try the autoencoders on; may be given more than once. (default: the chart and the bundled texture)",
      valueName: "file"))
  var image: [String] = []

  @OptionGroup var modelOption: ModelOption
  @OptionGroup var partsOption: ModelPartsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    for path in autoencoder { try Check.path("--autoencoder", path) }
    for path in image { try Check.path("--image", path) }
    try Check.range("--count", count, 2...100_000)
    if let batch { try Check.range("--batch", batch, 1...1024) }
    for (option, count) in [("--pointing", pointing), ("--ablation", ablation)] {
      if let count { try Check.range(option, count, 1...100_000) }
    }
    try Check.together(
      with: "--part reconstruction", measures(.reconstruction),
      ("--autoencoder", !autoencoder.isEmpty), ("--image", !image.isEmpty))
    try Check.together(with: "--part captions", measures(.captions), ("--batch", batch != nil))
    try Check.together(
      with: "--part captions or ablation", measures(.captions) || measures(.ablation),
      ("--steps", stepsOption.steps != nil), ("--sampler", samplerOption.sampler != nil),
      ("--guidance-scale", guidanceOption.guidanceScale != nil))
    try Check.together(
      with: "--part pointing or ablation", measures(.pointing) || measures(.ablation),
      (looks.given ?? "", looks.given != nil))
  }

  /// The timesteps at which held-out scenes are looked at unless others are named.
  private static let pointingTimesteps = [950, 800, 600, 400, 200, 50]

  /// What was named, by `--part` or by its own number; without a name all but the longest.
  private func measures(_ wanted: Part) -> Bool {
    let named =
      part + (pointing == nil ? [] : [.pointing]) + (ablation == nil ? [] : [.ablation])
    return named.isEmpty ? wanted != .ablation : named.contains(wanted)
  }

  private func settings(for model: LatentDiffusionModel, _ run: InspectorRun) -> TrialSettings {
    var settings = TrialSettings()
    settings.count = count
    settings.steps = stepsOption.value(run)
    settings.guidanceScale = guidanceOption.value(run, default: model.defaults.guidanceScale)
    settings.sampler = samplerOption.value(run, default: model.defaults.sampler)
    settings.seed = seedOption.seed
    settings.batchSize = run.settled("batch", batch, default: TrialSettings.usualBatchSize)
    settings.choices = model.defaults.choices(
      besides: samplerOption.name, guidanceScale: guidanceOption.guidanceScale)
    return settings
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let model = try run.stage("opening the model") { _ in
      try run.open(modelOption, partsOption)
    }
    try model.requireLatentAlone()
    if let notice = model.otherFirstStage?.notice { run.notice(notice) }
    let settings = settings(for: model, run)
    let sets = try measures(.reconstruction) ? pictureSets(run) : []
    let autoencoders = try measures(.reconstruction) ? openAutoencoders(beside: model, run) : []
    var report = Report(
      modelName: modelOption.model ?? "the bundled model", firstStage: model.otherFirstStage,
      settings: settings)
    run.setting("part", .list(Part.allCases.filter(measures).map { .text($0.rawValue) }))
    // Attention first: a layer that is not there is told before captions are drawn.
    let selection = try looks.selecting(MapSelection.init)
    if measures(.pointing) { report.pointing = try point(model, selection, run) }
    if measures(.ablation) { report.ablation = try ablate(model, selection, settings, run) }
    if measures(.captions) {
      let evaluator = try SceneClassifier(folder: Shipped.path("fixtures/classifiers/evaluator"))
      report.captions = try run.stage("drawing captions", of: count) { advance in
        try CaptionTrials(model, evaluator, settings, advance: advance)
      }
    }
    report.reconstructions = try run.stage(
      "autoencoders", of: autoencoders.count * sets.count
    ) { advance in
      autoencoders.flatMap { name, firstStage in
        sets.map { set in
          defer { advance() }
          return Reconstruction(name, firstStage, set)
        }
      }
    }
    try run.stage("pictures") { _ in try ModelReportFiles(report: report).write(to: run.output) }
    let page = ModelReportPage(report: report, arguments: run.command.arguments)
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  private func point(
    _ model: LatentDiffusionModel, _ selection: MapSelection, _ run: InspectorRun
  ) throws -> PointingEvaluation {
    let scenes = run.settled("pointing", pointing, default: min(count, 96))
    let timesteps = try looks.noisedTimesteps(
      run, of: model.scheduler.schedule.count, default: Self.pointingTimesteps)
    return try run.stage("pointing", of: scenes) { advance in
      try PointingEvaluation(
        of: model, scenes: scenes, timesteps: timesteps, selection: selection,
        seed: seedOption.seed, progress: advance)
    }
  }

  private func ablate(
    _ model: LatentDiffusionModel, _ selection: MapSelection, _ settings: TrialSettings,
    _ run: InspectorRun
  ) throws -> AblationEvaluation {
    let prompts = run.settled("ablation", ablation, default: min(count, 100))
    var base = GenerationRequest(
      prompt: "", sampler: settings.sampler, guidanceScale: settings.guidanceScale)
    (base.steps, base.seed) = (settings.steps, settings.seed)
    for departure in try Generation(base, with: model).departures { run.notice(departure) }
    return try run.stage("ablation", of: prompts) { advance in
      try AblationEvaluation(
        of: model, prompts: prompts, base: base, selection: selection, progress: advance)
    }
  }

  // MARK: What is measured

  /// The model's own first stage, then those that were named, or the bundled ones.
  private func openAutoencoders(
    beside model: LatentDiffusionModel, _ run: InspectorRun
  ) throws -> [(name: String, firstStage: FirstStage)] {
    var list: [(name: String, firstStage: FirstStage)] = []
    if model.firstStage.isLatent {
      let other = model.otherFirstStage.map { URL(fileURLWithPath: $0.path).lastPathComponent }
      list.append((other ?? "the model's own", model.firstStage))
    }
    let paths = autoencoder.isEmpty ? Self.shippedAutoencoders : autoencoder
    run.setting("autoencoder", .list(paths.map { .text($0) }))
    for path in paths {
      list.append((URL(fileURLWithPath: path).lastPathComponent, try FirstStage(opening: path)))
    }
    return list
  }

  private static var shippedAutoencoders: [String] {
    guard let folder = try? Shipped.path("fixtures/autoencoders"),
      let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    else { return [] }
    return names.sorted { $0.localizedStandardCompare($1) == .orderedAscending }
      .map { "\(folder)/\($0)" }
      .filter { FileManager.default.fileExists(atPath: $0 + "/config.json") }
  }

  private func pictureSets(_ run: InspectorRun) throws -> [PictureSet] {
    var paths = image
    if paths.isEmpty {
      paths = try ["chart", "dead-leaves"].map { try Shipped.path("fixtures/images/\($0).png") }
    }
    run.setting("image", .list(paths.map { .text($0) }))
    return try PictureSet.storybook(count: min(count, 100))
      + paths.map { try PictureSet.own(run.picture($0), named: $0) }
  }
}
