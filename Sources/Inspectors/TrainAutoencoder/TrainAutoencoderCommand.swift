import ArgumentParser
import Commands
import Foundation
import LatentDiffusion
import Networks
import Tensors
import Training

/// `train-autoencoder`: stage one of the LDM paper, from scratch, on the storybook.
public struct TrainAutoencoderCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "train-autoencoder",
    abstract: "How an autoencoder learns what may be left out of a picture.",
    discussion: """
      Teaches an autoencoder to bring storybook scenes and textures through a narrow place and back: \
      the first stage of latent diffusion. The run folder holds the losses, reconstructions of the \
      same two pictures as they get better, and the network as a folder that diffusers opens. Ctrl-C \
      saves; --resume goes on bit for bit.

      Example: train-autoencoder --factor 4 --steps 300
      """, version: Versions.line)

  @Option(
    help: ArgumentHelp(
      """
      What keeps the latents in order: kl pulls them towards a standard normal, vq replaces them by \
      entries of a codebook. (default: that of --from, else kl)
      """, valueName: "name"))
  var kind: LatentRegularization?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      f: how many pixels of the picture lie along one of the latent's: 2, 4, 8, 16 or 32. (default: \
      that of --from, else 8)
      """, valueName: "f"))
  var factor: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many training steps.", valueName: "n"))
  var steps = 10_000

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many pieces a step sees.", valueName: "n"))
  var batch = 8

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Height and width of the pieces that are cut out of the pictures, a multiple of f up to 128.",
      valueName: "px"))
  var crop = 64

  @Option(
    decimal: "The share of textures among the storybook's pictures; the others are scenes.",
    valueName: "share")
  var textures = 0.3

  @Option(
    help: ArgumentHelp(
      """
      One's own pictures to learn from, PNG and JPEG of any size: pieces of them at several scales. A \
      tenth is held out and measured. (default: none)
      """, valueName: "folder"))
  var images: String?

  @Option(
    decimal: "With --images: their share among the pieces; the others are the storybook's.",
    valueName: "share", default: Values.text(AutoencoderTrainingSettings().imageShare))
  var imageShare: Double?

  @Option(
    help: ArgumentHelp(
      """
      What the network begins with: quiet lets its blocks add nothing and its latents hold little \
      noise, pytorch is how PyTorch fills its layers, from which it learns more slowly, linear makes \
      it nearly block PCA of the pictures before its first step, with norms of 4 groups.
      """, valueName: "name"))
  var start = FirstValues.quiet

  @Option(
    help: ArgumentHelp(
      """
      A trained autoencoder. Without --kind and --factor it goes on learning as it is, that of Stable \
      Diffusion too, and keeps its scale. With either, one of this project's size begins with its \
      blocks where they fit, level by level from the picture inwards; the others begin as --start \
      says. (default: none)
      """, valueName: "folder"))
  var from: String?

  @Option(
    decimal: "The highest learning rate; it warms up and falls as a cosine.", valueName: "rate",
    default: "0.0006, with --start linear 0.0003")
  var learningRate: Double?

  @Option(
    decimal: "The weight of the squared error beside the absolute one.", valueName: "weight")
  var mseWeight = 10.0

  @Option(
    decimal: "With --kind kl: how strongly latents are pulled towards a standard normal.",
    valueName: "weight", default: Values.text(AutoencoderTrainingSettings().divergenceWeight))
  var klWeight: Double?

  @Option(
    decimal: "With --kind vq: how strongly the encoder is held to its choice of code.",
    valueName: "weight", default: Values.text(AutoencoderTrainingSettings().commitment))
  var commitment: Double?

  @Option(
    decimal: """
      How much it counts that a picture looks right to a network that reads scenes (its features are \
      compared); 0 leaves it out.
      """, valueName: "weight")
  var perceptualWeight = 0.05

  @Option(
    decimal: """
      How hard a critic pulls that learns to tell reconstructions from pictures: 1 is as hard as the \
      other losses, 0 leaves it out.
      """, valueName: "weight")
  var adversarialWeight = 0.2

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The step at which the critic begins to count. (default: two thirds of the steps)",
      valueName: "n"))
  var adversarialStart: Int?

  @Option(
    help: ArgumentHelp(
      """
      The file that keeps the run's state; it stays when the run is finished. (default: the output \
      folder's name and .state, until the run is finished)
      """, valueName: "file"))
  var state: String?

  @Flag(help: "Go on from the state that an earlier run left.")
  var resume = false

  @OptionGroup var seedOption: SeedOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    try Check.path("--from", from)
    try Check.path("--images", images)
    try Check.path("--state", state)
    let factors = AutoencoderZoo.factors
    if let factor, !factors.contains(factor) {
      let list = factors.map(String.init).joined(separator: ", ")
      throw ValidationError("--factor: expected one of \(list), found \(factor)")
    }
    try Check.range("--steps", steps, 1...10_000_000)
    try Check.range("--batch", batch, 1...1024)
    try Check.range("--crop", crop, 2...128)
    if let factor, crop % factor != 0 {
      throw ValidationError("--crop: expected a multiple of --factor \(factor), found \(crop)")
    }
    try Check.range("--textures", textures, 0...1)
    try Check.range("--image-share", imageShare ?? 1, 0...1)
    try Check.range("--learning-rate", learningRate ?? 1, 1e-8...1)
    try Check.range("--mse-weight", mseWeight, 0...1000)
    try Check.range("--kl-weight", klWeight ?? 0, 0...1)
    try Check.range("--commitment", commitment ?? 0, 0...100)
    try Check.range("--perceptual-weight", perceptualWeight, 0...100)
    try Check.range("--adversarial-weight", adversarialWeight, 0...100)
    try checkCompany()
  }

  /// Options that mean something only beside others.
  private func checkCompany() throws {
    try Check.together(with: "--images", images != nil, ("--image-share", imageShare != nil))
    guard start != .linear || from == nil else {
      throw ValidationError(
        "--start linear: learns its first values from the pictures, found --from beside it")
    }
    if let kind = kind ?? (from == nil ? .kl : nil) { try checkWeights(of: kind) }
    if let adversarialStart {
      guard adversarialWeight > 0 else {
        throw ValidationError(
          "--adversarial-start: expected a critic, found --adversarial-weight 0")
      }
      try Check.range("--adversarial-start", adversarialStart, 0...steps)
    }
    guard adversarialWeight == 0 || crop >= 16 else {
      throw ValidationError(
        "--crop: a critic needs pieces of 16 pixels (--adversarial-weight 0 has none), found \(crop)"
      )
    }
  }

  private func settings(
    _ run: InspectorRun, _ materials: TrainingMaterials
  ) throws -> AutoencoderTrainingSettings {
    var settings = AutoencoderTrainingSettings()
    let source = materials.source
    settings.regularization = run.settled(
      "kind", kind, default: source?.regularization ?? settings.regularization)
    settings.factor = run.settled(
      "factor", factor, default: source?.architecture.downsamplingFactor ?? settings.factor)
    settings.steps = steps
    settings.seed = seedOption.seed
    settings.batchSize = batch
    settings.cropSize = crop
    settings.textureShare = textures
    settings.images = materials.imagesIdentity
    if images != nil {
      settings.imageShare = run.settled("image-share", imageShare, default: settings.imageShare)
    }
    settings.start = start
    settings.source = from ?? ""
    settings.learningRate = run.settled(
      "learning-rate", learningRate,
      default: start == .linear ? LinearStart.learningRate : settings.learningRate)
    settings.squaredWeight = mseWeight
    switch settings.regularization {
    case .kl:
      settings.divergenceWeight = run.settled(
        "kl-weight", klWeight, default: settings.divergenceWeight)
    case .vq:
      settings.commitment = run.settled("commitment", commitment, default: settings.commitment)
    }
    settings.perceptualWeight = perceptualWeight
    settings.adversarialWeight = adversarialWeight
    settings.adversarialStart = run.settled(
      "adversarial-start", adversarialStart, default: steps * 2 / 3)
    try check(settings)
    return settings
  }

  /// What can be said only when it is known what --from is.
  private func check(_ settings: AutoencoderTrainingSettings) throws {
    guard AutoencoderZoo.factors.contains(settings.factor) || goesOn else {
      throw ValidationError("--factor: expected with this --from, which has f = \(settings.factor)")
    }
    guard crop % settings.factor == 0 else {
      throw ValidationError("--crop: expected a multiple of f = \(settings.factor), found \(crop)")
    }
    try checkWeights(of: settings.regularization)
  }

  private func checkWeights(of kind: LatentRegularization) throws {
    try Check.together(with: "--kind kl", kind == .kl, ("--kl-weight", klWeight != nil))
    try Check.together(with: "--kind vq", kind == .vq, ("--commitment", commitment != nil))
  }

  /// Whether the network of --from itself learns on.
  private var goesOn: Bool { from != nil && kind == nil && factor == nil }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let materials = try run.stage("reading") { _ in
      try TrainingMaterials(from: from, images: images, least: crop)
    }
    let trainee = try AutoencoderTrainee(
      settings(run, materials), features: features(run),
      source: materials.source, continuing: goesOn ? materials.learner() : nil,
      photographs: materials.photographs, resumes: resume)
    let reached = try train(trainee, run)
    let result = try run.stage("measuring") { _ in AutoencoderTrainingResult(trainee, reached) }
    let page = TrainAutoencoderPage(trainee: trainee, state: reached, result: result)
    try run.stage("writing the autoencoder") { _ in
      let files = TrainAutoencoderFiles(trainee: trainee, state: reached)
      try files.write(to: run.output)
      try files.write(result, command: run.command.text, to: run.output)
    }
    if state == nil && result.isFinished, let place = try run.statePath(nil) {
      try? FileManager.default.removeItem(atPath: place)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  /// The classifier whose features a perceptual loss compares.
  private func features(_ run: InspectorRun) throws -> SceneClassifier? {
    guard perceptualWeight > 0 else { return nil }
    let folder = try Shipped.path("fixtures/classifiers/perceptual")
    return try SceneClassifier(folder: folder)
  }

  private func train(_ trainee: AutoencoderTrainee, _ run: InspectorRun) throws -> TrainingState {
    var loop = TrainingLoop(
      steps: steps, statePath: try run.statePath(state), settings: trainee.settings.identity,
      resumes: resume)
    loop.following = AutoencoderTrainingSettings.following
    loop.isStopped = { Interruption.isRequested }
    var state = try loop.begin(trainee)
    try run.training(of: steps, from: state.step) { made in
      try loop.run(trainee, from: &state) { state in
        made(state.step)
        guard trainee.evaluation.snapshots.last?.steps == state.step else { return }
        let page = TrainAutoencoderPage(trainee: trainee, state: state, result: nil)
        try run.publish(page.page(), seed: seedOption.seed) {
          try TrainAutoencoderFiles(trainee: trainee, state: state).write(to: $0)
        }
      }
    }
    return state
  }
}

extension LatentRegularization: ExpressibleByArgument {}
extension FirstValues: ExpressibleByArgument {}
