import ArgumentParser
import Checkpoints
import Commands
import Diagnostics
import Diffusion
import LatentDiffusion
import Networks
import Tensors
import Training

/// `train-diffusion`: stage two of the LDM paper, from scratch, on the storybook.
public struct TrainDiffusionCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "train-diffusion",
    abstract: "How a U-Net and a text encoder learn to make pictures of words.",
    discussion: """
      Encodes storybook scenes with a trained autoencoder and teaches a U-Net, together with the text \
      encoder that it listens to, to tell the noise in noisy latents. The run folder holds the loss, \
      pictures from the same noise as they get better, and the model as a diffusers folder. Ctrl-C \
      saves; --resume goes on bit for bit.

      Example: train-diffusion --steps 500 --scenes 2000
      """, version: Versions.line)

  @Option(
    help: ArgumentHelp(
      "The autoencoder, a diffusers folder. (default: that of the bundled model, KL with f = 8)",
      valueName: "path"))
  var autoencoder: String?

  @Option(
    help: ArgumentHelp(
      "A trained model to begin with, a diffusers folder: it learns the condition besides what it can, with its own autoencoder. (default: random weights)",
      valueName: "path"))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "What the model is told: none; caption; class (the kind of the first object, no words); layout (boxes and what they hold, no words); or caption and joined channels: mask, low-resolution, semantic-map.",
      valueName: "name"))
  var condition = Condition.caption

  @Flag(help: "Diffuse the pixels themselves, without an autoencoder.")
  var pixels = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Height and width of the pictures, a multiple of 32.", valueName: "px"))
  var size = 128

  @Option(
    help: ArgumentHelp(
      "Channels of the U-Net's levels, finest first, multiples of 32. (default: 64,96,128)",
      valueName: "list"))
  var channels: String?

  @Option(
    help: ArgumentHelp("How fast noise comes. (default: scaled-linear)", valueName: "name"))
  var schedule: NamedSchedule?

  @Option(
    help: ArgumentHelp(
      "What the U-Net says of a noisy picture: epsilon, its noise; sample, the picture behind it; or v_prediction, a mixture of both that is as well-conditioned at every timestep. (default: epsilon)",
      valueName: "name"))
  var prediction: PredictionType?

  @Option(
    help: ArgumentHelp(
      "Which loss the squared error of the noise is: simple asks about all timesteps alike; bound as often as they count in the variational bound; velocity alike, but so that noisy timesteps, which decide what is where, count as much as others.",
      valueName: "name"))
  var loss = TimestepChoice.uniform

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many training steps.", valueName: "n"))
  var steps = 4000

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many pictures a step sees.", valueName: "n"))
  var batch = 32

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many different scenes there are to learn from.", valueName: "n"))
  var scenes = 24_000

  @Option(
    decimal:
      "The highest learning rate; it warms up over a twentieth of the run and falls as a cosine.",
    valueName: "rate")
  var learningRate = 1e-3

  @Option(
    decimal: "The share of captions that are left out, for guidance to lead away from.",
    valueName: "share", default: Values.text(DiffusionTrainee.Settings.usualUnconditionalShare))
  var unconditional: Double?

  @Option(
    help: ArgumentHelp(
      "The file that keeps the run's state. (default: the output folder's name and .state)",
      valueName: "file"))
  var state: String?

  @Flag(help: "Go on from the state that an earlier run left.")
  var resume = false

  @OptionGroup var seedOption: SeedOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    try Check.path("--autoencoder", autoencoder)
    try Check.path("--from", from)
    try Check.path("--state", state)
    try Check.range("--size", size, 32...512)
    guard size % 32 == 0 else {
      throw ValidationError("--size: expected a multiple of 32, found \(size)")
    }
    try Check.range("--steps", steps, 1...10_000_000)
    try Check.range("--batch", batch, 1...1024)
    try Check.range("--scenes", scenes, 1...1_000_000)
    try Check.range("--learning-rate", learningRate, 1e-8...1)
    if let unconditional { try Check.range("--unconditional", unconditional, 0...1) }
    try Check.together(
      with: "a --condition", condition != .nothing, ("--unconditional", unconditional != nil))
    for (name, isGiven) in [
      ("--autoencoder", autoencoder != nil), ("--pixels", pixels), ("--channels", channels != nil),
      ("--schedule", schedule != nil), ("--prediction", prediction != nil),
    ] where isGiven && from != nil {
      throw ValidationError("\(name): the model of --from brings its own")
    }
    if loss != .uniform && prediction ?? .noise != .noise {
      throw ValidationError(
        "--loss \(loss.rawValue): weighs errors of the noise; --prediction says otherwise")
    }
    if condition == .nothing && from != nil {
      throw ValidationError("--condition none: the model of --from would have nothing to learn")
    }
    _ = try levels
    if pixels && autoencoder != nil {
      throw ValidationError("--pixels: leaves the autoencoder out; --autoencoder names one")
    }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let model = try run.stage("opening") { _ in try initialModel(run) }
    guard loss == .uniform || model.scheduler.predictionType == .noise else {
      throw ValidationError(
        "--loss \(loss.rawValue): weighs errors of the noise; the model of --from says otherwise")
    }
    if condition != .nothing { run.setting("unconditional", .number(unconditionalShare)) }
    let pool = try run.stage(
      "encoding scenes", of: (scenes + LatentPool.batch - 1) / LatentPool.batch
    ) { advance in
      LatentPool(scenes: scenes, seed: seedOption.seed, for: model, progress: advance)
    }
    let experiment = TrainingExperiment(
      trainee: DiffusionTrainee(model, pool: pool, settings: settings),
      latentDeviation: pool.standardDeviation, steps: steps)
    let state = try train(experiment, run)
    let page = TrainDiffusionPage(experiment, state: state, modelIn: run.place + "/model")
    try run.stage("writing the model") { _ in
      try TrainDiffusionFiles(experiment, state: state).write(to: run.output, withModel: true)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  private func train(
    _ experiment: TrainingExperiment, _ run: InspectorRun
  ) throws -> TrainingState {
    var loop = TrainingLoop(
      steps: steps, statePath: try run.statePath(state),
      settings: identity, resumes: resume)
    loop.isStopped = { Interruption.isRequested }
    var state = try loop.begin(experiment)
    // Pictures cost as much as some dozen steps: short runs make them once.
    let sampleInterval = max(steps / 16, min(steps, 100))
    try run.training(of: steps, from: state.step) { made in
      try loop.run(experiment, from: &state) { state in
        made(state.step)
        guard state.step % sampleInterval == 0 || state.step == steps else { return }
        try experiment.sample(after: state.step)
        try run.publish(
          TrainDiffusionPage(experiment, state: state, modelIn: nil).page(),
          seed: seedOption.seed
        ) { try TrainDiffusionFiles(experiment, state: state).write(to: $0, withModel: false) }
      }
    }
    return state
  }

  private func initialModel(_ run: InspectorRun) throws -> TrainingModel {
    if let from {
      let source = try LatentDiffusionModel(opening: from, anyCondition: true)
      guard let tokenizer = try ModelFiles.open(from, parts: [.tokenizer]).tokenizer else {
        throw FileError.missing(path: from + "/tokenizer")
      }
      return try TrainingModel(
        condition, from: source, imageSize: size, tokenizer: tokenizer, seed: seedOption.seed)
    }
    var firstStage = FirstStage.pixels(channels: 3)
    if !pixels {
      let path = try run.settled(
        "autoencoder", autoencoder, default: Shipped.path("fixtures/model/vae"))
      firstStage = try FirstStage(opening: path)
    }
    let channels = try levels
    let architecture = TrainingModel.Architecture(
      firstStage: firstStage, channels: channels,
      schedule: run.settled("schedule", schedule, default: .scaledLinear),
      predictionType: run.settled("prediction", prediction, default: .noise))
    run.setting("channels", .text(channels.map(String.init).joined(separator: ",")))
    return try TrainingModel(
      condition, architecture, imageSize: size,
      tokenizer: Shipped.path("fixtures/model/tokenizer"), seed: seedOption.seed)
  }

  /// The channels of the U-Net's levels.
  private var levels: [Int] {
    get throws {
      let own = LatentDiffusionModel.untrainedUNetConfiguration.blockOutChannels
      guard let channels else { return own }
      let levels = try Values.wholeNumbers("--channels", channels, like: "64,96,128")
      guard 2...5 ~= levels.count, levels.allSatisfy({ $0 % 32 == 0 && 32...1024 ~= $0 }) else {
        throw ValidationError(
          "--channels: expected 2 to 5 multiples of 32 up to 1024, found '\(channels)'")
      }
      return levels
    }
  }

  private var unconditionalShare: Double {
    unconditional ?? DiffusionTrainee.Settings.usualUnconditionalShare
  }

  private var settings: DiffusionTrainee.Settings {
    DiffusionTrainee.Settings(
      batch: batch,
      learningRate: LearningRateSchedule(
        peak: learningRate, warmUp: max(1, steps / 20), steps: steps),
      unconditionalShare: unconditionalShare, timesteps: loss, seed: seedOption.seed)
  }

  /// What makes a run this run: a state is continued with the same only.
  private var identity: [String: String] {
    [
      "--condition": condition.rawValue,
      "--autoencoder": pixels ? "none" : autoencoder ?? "shipped", "--size": "\(size)",
      "--steps": "\(steps)", "--batch": "\(batch)", "--scenes": "\(scenes)",
      "--learning-rate": "\(learningRate)", "--unconditional": "\(unconditionalShare)",
      "--seed": "\(seedOption.seed)", "--from": from ?? "none",
      "--channels": channels ?? "own", "--schedule": schedule?.rawValue ?? "own",
      "--prediction": prediction?.rawValue ?? "own",
      "--loss": loss.rawValue,
    ]
  }
}

extension Condition: ExpressibleByArgument {}
extension NamedSchedule: ExpressibleByArgument {}
extension PredictionType: ExpressibleByArgument {}
extension TimestepChoice: ExpressibleByArgument {}
