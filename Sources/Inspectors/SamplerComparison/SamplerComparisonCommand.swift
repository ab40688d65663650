import ArgumentParser
import Commands
import Diffusion
import Foundation
import LatentDiffusion
import Tensors

/// `sampler-comparison`: every sampler on one problem, in the plane and on a model.
public struct SamplerComparisonCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "sampler-comparison",
    abstract: "DDPM, DDIM, PLMS and the rest on one problem: what each makes of so many calls.",
    discussion: """
      In the plane the exact solution is known: particles walk beside it, and the order of convergence \
      is measured. A model then draws one starting noise by every sampler, and each result is measured \
      against a finer walk. Fewer steps are faster; --steps-list goes up to 1000. --sigmas, --spacing \
      and --eta are about these walks of the model, not about the reference.

      Example: sampler-comparison --sampler ddim,plms,dpm-solver++ --steps-list 5,10,20,50
      """, version: Versions.line)

  @OptionGroup var promptOption: PromptOption

  @Option(
    help: ArgumentHelp(
      "How many steps each sampler takes of the model, 1 to 1000.", valueName: "numbers"))
  var stepsList = "5,10"

  @Option(
    help: ArgumentHelp(
      """
      Which samplers: a list of \(SamplerName.allCases.map(\.rawValue).joined(separator: ", ")); or all, \
      but for lcm and tcd, which are made for distilled models, and those to which --sigmas, --spacing or \
      --eta does nothing. (default: all)
      """,
      valueName: "names"), transform: SamplerList.init(parsing:))
  var sampler = SamplerList.all

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many steps of dpm-solver++ make the result that the others are measured against, 2 to 1000.",
      valueName: "n"))
  var referenceSteps = 40

  @OptionGroup var walkOption: WalkOption
  @OptionGroup var guidanceOption: GuidanceOption

  @Option(
    help: ArgumentHelp(
      "Further guidance scales at which ddim, plms and dpm-solver++ are compared, 0 to 100.",
      valueName: "numbers"))
  var guidanceList = "15"

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var modelOption: ModelOption
  @OptionGroup var partsOption: ModelPartsOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public static let optionsElsewhere = [
    "--steps": "--steps-list", "--timesteps": "attention-maps --timesteps",
  ]

  public mutating func validate() throws {
    _ = (try steps(), try scales())
    _ = try walkOption.walked(sampler)
    try Check.range("--reference-steps", referenceSteps, 2...1000)
  }

  /// Fewest first, each once.
  private func steps() throws -> [Int] {
    let steps = try Values.wholeNumbers("--steps-list", stepsList, like: "5,10,20")
    for number in steps { try Check.range("--steps-list", number, 1...1000) }
    return Set(steps).sorted()
  }

  private func scales() throws -> [Double] {
    try Values.list("--guidance-list", guidanceList, like: "7.5,15").map { item in
      guard let scale = try? Values.number(item) else {
        throw ValidationError(
          "--guidance-list: expected a list such as 7.5,15, found '\(guidanceList)'")
      }
      try Check.range("--guidance-list", scale, 0...100)
      return scale
    }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let walked = try walkOption.walked(sampler)
    let names = walked.names
    run.setting("sampler", .list(names.map { .text($0.rawValue) }))
    if let notice = walked.notice { run.notice(notice) }
    let model = try run.stage("opening the model") { _ in
      try run.open(modelOption, partsOption)
    }
    var request = GenerationRequest(prompt: promptOption.value(run))
    request.guidanceScale = guidanceOption.value(run, default: model.defaults.guidanceScale)
    request.seed = seedOption.seed
    let walker = try run.stage("encoding") { [request] _ in
      try LatentWalker(Generation(request, with: model))
    }
    for notice in model.notices(for: walker.generation.prompts) { run.notice(notice) }
    let plane = try run.stage("plane") { _ in try PlaneStudy(names, seed: seedOption.seed) }
    let study = try latentStudy(walker, names, run)
    let guidance = try guidanceStudy(walker, run)
    let eta = try etaWalks(walker, run)
    let results = Results(
      plane: plane, latent: study, guidance: guidance, eta: eta, samplers: names,
      settings: walkOption.settings)
    let page = try run.stage("pictures") { _ in
      let drawn = results.drawn()
      try SamplerComparisonFiles(results, pictures: drawn)
        .write(to: run.output, tensors: tensorsOption.tensors)
      return try SamplerComparisonPage(results, pictures: drawn, seed: seedOption.seed)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  private func latentStudy(
    _ walker: LatentWalker, _ names: [SamplerName], _ run: InspectorRun
  ) throws -> LatentStudy {
    let steps = try steps()
    let settings = walkOption.value(
      run, default: LatentWalker.settings(names, besides: walkOption.settings))
    let configuration = walker.generation.model.scheduler
    let counts = try names.flatMap { name in
      try steps.map {
        try LatentWalker.sampler(name, configuration, steps: $0, settings: settings).plan.count
      }
    }
    let reference = min(referenceSteps, configuration.schedule.count - 1)
    for most in Set(try names.map { try LatentWalker.most($0, configuration) }).sorted() {
      let short = try names.filter { try LatentWalker.most($0, configuration) == most }
      guard let asked = steps.last, asked > most else { continue }
      run.notice(
        "--steps-list: \(short.map(\.rawValue).joined(separator: ", ")) took \(most) steps, which is "
          + "as many as they can with this model")
    }
    return try run.stage("walks", of: counts.reduce(reference, +)) { advance in
      try LatentStudy(
        walker, samplers: names, steps: steps, settings: settings, referenceSteps: reference,
        progress: advance)
    }
  }

  /// The walks that are compared at several scales or with several η take no more steps than this.
  private static let mostSweptSteps = 50

  private var sweptSteps: Int {
    get throws { min(try steps().last ?? 10, Self.mostSweptSteps) }
  }

  private func guidanceStudy(
    _ walker: LatentWalker, _ run: InspectorRun
  ) throws -> GuidanceStudy {
    let scales = Set(try [1, walker.generation.request.guidanceScale] + scales()).sorted()
    let total = GuidanceStudy.samplers.count * scales.count * (try sweptSteps)
    return try run.stage("guidance", of: total) { advance in
      try GuidanceStudy(
        walker, scales: scales, steps: sweptSteps, progress: advance)
    }
  }

  private func etaWalks(
    _ walker: LatentWalker, _ run: InspectorRun
  ) throws -> [Results.EtaWalk] {
    let etas = [0, 0.5, 1]
    return try run.stage("eta", of: etas.count * (try sweptSteps)) { advance in
      let steps = try sweptSteps
      return try walker.generation.model.sideBySide(etas.count) { index in
        let eta = etas[index]
        return Results.EtaWalk(
          eta: eta,
          walk: try walker.walk(
            .ddim, steps: steps, settings: WalkSettings(eta: eta > 0 ? eta : nil)
          ) { step in
            try step.next.checkedFinite(
              "the U-Net of \(walker.generation.model.origin), after step \(step.index)")
            advance()
          })
      }
    }
  }
}
