import ArgumentParser
import Commands
import Diffusion
import LatentDiffusion
import Tensors
import Training

/// `conditioning`: the ways in which one U-Net is told what to draw.
public struct ConditioningCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "conditioning",
    abstract: "How one U-Net is told what to draw: words, boxes, a class, a hole, a sketch.",
    discussion: """
      The switch of the LDM paper's Figure 3, thrown each way with the same U-Net. Words and boxes \
      reach it by cross-attention, a class is added to the time, and what has the picture's shape (a \
      picture with a hole, a small picture, a map) is joined to z_t as channels. From the same noise \
      each way draws two pictures: under its condition, and when one thing in it is changed.

      Example: conditioning --ways inpainting --image photo.jpg --prompt "a boat on the sea"
      """, version: Versions.line)

  @Option(
    help: ArgumentHelp(
      "Which ways, with commas between: \(Way.allCases.map(\.rawValue).joined(separator: ", ")). (default: all)",
      valueName: "list"))
  var ways: String?

  @OptionGroup var conditions: ConditionOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many denoising steps. (default: \(Self.usualSteps))", valueName: "n"))
  var steps: Int?

  @Option(
    decimal: "How strongly words, boxes or class pull; 1 is no guidance.", valueName: "s",
    default: "3; 6 for a class, 1.5 for a semantic map, 1 for super-resolution")
  var guidanceScale: Double?

  @Option(
    help: ArgumentHelp(
      "The model's folder, for one way. (default: the bundled one of each way)", valueName: "path"))
  var model: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Also measure how well the condition is kept over so many held-out scenes. (default: none; the page shows what the bundled models were measured at)",
      valueName: "n"))
  var evaluate: Int?

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  static let usualSteps = 25

  public init() {}

  public mutating func validate() throws {
    let ways = try chosenWays()
    if let steps { try Check.range("--steps", steps, 1...1000) }
    if let guidanceScale { try Check.range("--guidance-scale", guidanceScale, 0...100) }
    if let evaluate { try Check.range("--evaluate", evaluate, 1...100_000) }
    try Check.path("--model", model)
    if model != nil && ways.count != 1 {
      throw ValidationError(
        "--model: expected together with one way in --ways, found \(ways.count)")
    }
    for (name, heeding) in conditions.given where !heeding.contains(where: ways.contains) {
      throw ValidationError(
        "\(name): expected together with --ways "
          + "\(heeding.map(\.rawValue).joined(separator: " or ")), found without it")
    }
  }

  private func chosenWays() throws -> [Way] {
    guard let ways else { return Way.allCases }
    let names = try Values.list("--ways", ways, like: "layout,class")
    for name in names {
      try Check.name("--ways", name, oneOf: Way.allCases.map(\.rawValue))
    }
    return Way.allCases.filter { names.contains($0.rawValue) }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let ways = try chosenWays()
    run.setting("ways", .list(ways.map { .text($0.rawValue) }))
    let steps = run.settled("steps", steps, default: Self.usualSteps)
    let models = try run.stage("opening the models") { _ in
      try ways.map { try ConditionedModel($0, opening: model ?? $0.shippedModel()) }
    }
    let changes = Changes(
      conditions, size: models[0].side, seed: seedOption.seed, run)
    let experiment = try run.stage("denoising", of: steps * models.count) { advance in
      try ConditioningExperiment(
        models.map { model in
          let (told, deed) = try changes.of(model)
          return (model, told, deed)
        }, steps: steps, guidanceScale: guidanceScale,
        noise: { seedOption.generator.normal($0) }, advance: advance)
    }
    let measured = try evaluate.map { try scores(models, $0, steps, run) }
    let page = ConditioningPage(
      experiment, measured: measured, shipped: model == nil ? try ConditioningScore.shipped() : nil)
    try run.stage("pictures") { _ in
      try ConditioningFiles(experiment, measured: measured)
        .write(to: run.output, tensors: tensorsOption.tensors)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  private func scores(
    _ models: [ConditionedModel], _ count: Int, _ steps: Int, _ run: InspectorRun
  ) throws -> [ConditioningScore] {
    let readers = ConditioningEvaluation.Readers(
      places: try PlaceReader(folder: Shipped.path("fixtures/classifiers/places")),
      classifier: try SceneClassifier(folder: Shipped.path("fixtures/classifiers/evaluator")))
    let evaluation = ConditioningEvaluation(
      count: count, steps: steps, guidanceScale: guidanceScale, seed: seedOption.seed)
    return try run.stage("held-out scenes", of: models.count * evaluation.batches) { advance in
      try models.flatMap { try evaluation.scores($0, readers, advance: advance) }
    }
  }
}
