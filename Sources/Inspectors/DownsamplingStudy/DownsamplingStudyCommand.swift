import ArgumentParser
import Commands
import Foundation
import LatentDiffusion
import Training

/// `downsampling-study`: Figure 6 of the LDM paper on the storybook.
public struct DownsamplingStudyCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "downsampling-study",
    abstract: "Pixel against latent diffusion: what each downsampling factor f is worth.",
    discussion: """
      LDM-1, 2, 4, 8, 16 and 32: the same kind of U-Net, with as many parameters, trained equally \
      long on pixels or on the latents of an autoencoder, and what each draws on the way. Shows the \
      bundled long run; --budget trains anew. Ctrl-C saves; --resume goes on.

      Example: downsampling-study --budget 60s
      """, version: Versions.line)

  @Option(
    help: ArgumentHelp(
      "Train anew, for so long in all: 60s, 36m or 2h of one core, shared equally; evaluation comes on top. (default: the bundled long run is shown)",
      valueName: "time"), transform: CoreDuration.init(parsing:))
  var budget: CoreDuration?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "With --budget: a downsampling factor, 1 to 32; may be given more than once. (default: all)",
      valueName: "f"))
  var factor: [Int] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --budget: how many different scenes there are to learn from. (default: \(StudySettings().scenes))",
      valueName: "n"))
  var scenes: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --budget: how many held-out captions a model draws at each look. (default: \(StudySettings().count))",
      valueName: "n"))
  var count: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --budget: how often to look: at the end, half-way, a quarter of the way... (default: \(StudySettings().checkpoints))",
      valueName: "n"))
  var checkpoints: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --budget: DDIM steps at each look. (default: \(StudySettings().samplerSteps))",
      valueName: "n"))
  var steps: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --budget: the seed of all random numbers. (default: \(StudySettings().seed))",
      valueName: "n"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "With --budget: the folder with the autoencoders kl-f2 to kl-f32. (default: the bundled ones)",
      valueName: "dir"))
  var autoencoders: String?

  @Option(
    help: ArgumentHelp(
      "With --budget: the folder that keeps the models' states. (default: the output folder's name and .state)",
      valueName: "dir"))
  var state: String?

  @Flag(help: "Go on from the states, with the same options.")
  var resume = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Show the study in this run folder; further ones are the same study with other seeds, and show \
      what is chance. (default: the bundled long runs)
      """, valueName: "dir"))
  var traces: [String] = []

  @OptionGroup public var options: RunOptions

  public init() {}

  /// The long run, and the same with another seed.
  static let bundled = ["fixtures/studies/downsampling", "fixtures/studies/downsampling-43"]

  public mutating func validate() throws {
    try Check.path("--autoencoders", autoencoders)
    try Check.path("--state", state)
    for path in traces { try Check.path("--traces", path) }
    for value in factor {
      try Check.name("--factor", "\(value)", oneOf: StudyNetwork.factors.map(String.init))
    }
    if let scenes { try Check.range("--scenes", scenes, 1...1_000_000) }
    if let count { try Check.range("--count", count, 2...100_000) }
    if let checkpoints { try Check.range("--checkpoints", checkpoints, 1...20) }
    if let steps { try Check.range("--steps", steps, 1...1000) }
    if budget != nil, !traces.isEmpty {
      throw ValidationError("--traces: shows a study that was made; --budget makes one")
    }
    try Check.together(
      with: "--budget", budget != nil,
      ("--factor", !factor.isEmpty), ("--scenes", scenes != nil), ("--count", count != nil),
      ("--checkpoints", checkpoints != nil), ("--steps", steps != nil), ("--seed", seed != nil),
      ("--autoencoders", autoencoders != nil), ("--state", state != nil), ("--resume", resume))
  }

  private func settings(_ budget: CoreDuration, _ run: InspectorRun) -> StudySettings {
    var settings = StudySettings()
    settings.budget = budget.seconds
    if !factor.isEmpty { settings.factors = StudyNetwork.factors.filter(factor.contains) }
    run.setting("budget", .text("\(budget.seconds)s"))
    run.setting("factor", .list(settings.factors.map { .whole($0) }))
    settings.scenes = run.settled("scenes", scenes, default: settings.scenes)
    settings.count = run.settled("count", count, default: settings.count)
    settings.checkpoints = run.settled("checkpoints", checkpoints, default: settings.checkpoints)
    settings.samplerSteps = run.settled("steps", steps, default: settings.samplerSteps)
    settings.seed = run.settled("seed", seed, default: settings.seed)
    return settings
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    guard let budget else {
      let folders = traces.isEmpty ? try Self.bundled.map { try Shipped.path($0) } : traces
      run.setting("traces", .list(folders.map { .text($0) }))
      let studies = try folders.map { (study: try Study(readingFrom: $0), folder: $0) }
      let study = try studies[0].study.repeated(by: Array(studies.dropFirst()))
      run.showsTrainedWeights()
      return try findings(study, isOwn: false, changed: ChangedFirstStages(of: folders[0]), run)
    }
    let experiment = StudyExperiment(
      settings: settings(budget, run), autoencoders: autoencoders,
      stateFolder: try run.statePlace(state),
      resumes: resume)
    run.hasTrained()
    let study = try experiment.run(run) { study in
      let page = DownsamplingStudyPage(study, isOwn: true).page()
      try run.publish(page, seed: study.settings.seed) {
        try StudyFiles(study: study).write(to: $0)
      }
    }
    return try findings(study, isOwn: true, changed: .none, run)
  }

  private func findings(
    _ study: Study, isOwn: Bool, changed: ChangedFirstStages, _ run: InspectorRun
  ) throws -> Findings {
    try StudyFiles(study: study).write(to: run.output)
    let page = DownsamplingStudyPage(study, isOwn: isOwn, changed: changed)
    return Findings(page: page.page(), summary: page.summary, seed: study.settings.seed)
  }
}

/// A time on the command line: `60s`, `36m`, `2h`.
struct CoreDuration {
  let seconds: Double

  /// - Throws: `ValidationError`, to which the parser adds the option and what was found.
  init(parsing text: String) throws {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    guard let unit = text.last.flatMap({ units[$0] }),
      let number = try? Values.number(String(text.dropLast()))
    else { throw ValidationError("expected a time with its unit, such as 60s, 36m or 2h") }
    seconds = number * unit
    guard seconds >= 0.1, seconds <= 1e7 else {
      throw ValidationError("expected 0.1s to 1e7s")
    }
  }
}
