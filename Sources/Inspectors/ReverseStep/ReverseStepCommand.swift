import ArgumentParser
import Commands
import Diffusion
import Foundation
import Imaging
import LatentDiffusion
import Networks
import Pages
import Tensors

/// `reverse-step`: one step of the DDPM reverse process, every term of it, or the whole walk.
public struct ReverseStepCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "reverse-step",
    abstract: "One step back from noise, written out term by term; or the whole walk.",
    discussion: """
      With --t the picture is noised to timestep t and one step is taken back. With --trajectory the \
      walk starts from pure noise and goes all the way. The predictors here need no training: they \
      know the data, so that the true reverse process can be seen.

      Example: reverse-step --image photo.png --t 500 --predictor true-noise
      """, version: Versions.line)

  @OptionGroup var imageOption: ImageOption
  @OptionGroup var scheduleOption: ScheduleOption

  @Option(
    help: ArgumentHelp(
      "The timestep to explain, counted from 0; 0 is the last step. (default: 500)",
      valueName: "timestep"))
  var t: Int?

  @Flag(help: "Walk the whole chain from pure noise instead.")
  var trajectory = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --trajectory: how many denoising steps. (default: one for every timestep)",
      valueName: "n"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      """
      What predicts the noise: true-noise knows the picture, image-set knows a few pictures, mixture \
      knows them with grain on top, model is a U-Net. (default: true-noise, and image-set for a walk)
      """, valueName: "name"))
  var predictor: PredictorKind?

  @OptionGroup var modelOption: ModelOption
  @OptionGroup var partsOption: ModelPartsOption

  @Option(
    help: .prompt("With --predictor model: what the U-Net listens to.", default: "no words"))
  var prompt: String?

  @Option(
    name: .customLong("other"),
    help: ArgumentHelp(
      """
      Another picture for image-set and mixture; may be repeated. It is cropped to the size of the \
      first. (default: seven storybook scenes)
      """, valueName: "file"))
  var other: [String] = []

  @Option(
    help: ArgumentHelp(
      "The fixed variance of a step: small is β̃, large is β.", valueName: "small|large"))
  var variance = FixedVariance.small

  @Flag(help: "Hold the predicted picture to the range of pixels, as DDPM does.")
  var clip = false

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var filmOption: FilmOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    for path in other { try Check.path("--other", path) }
    if let t { try Check.range("--t", t, 0...ScheduleOption.count - 1) }
    guard t == nil || !trajectory else {
      throw ValidationError("--t and --trajectory: expected one of them, found both")
    }
    if let steps { try Check.range("--steps", steps, 1...ScheduleOption.count) }
    try Check.together(with: "--trajectory", trajectory, ("--steps", steps != nil))
    try Check.together(
      with: "--predictor image-set or mixture", [.imageSet, .mixture].contains(kind),
      ("--other", !other.isEmpty))
    try Check.together(
      with: "--predictor model", kind == .model, ("--model", modelOption.model != nil),
      ("--variant", modelOption.variant != nil), ("--vae", partsOption.vae != nil),
      ("--ema", partsOption.ema), ("--prompt", prompt != nil))
  }

  /// A walk with a predictor that knows the one picture would be the picture fading in: the set of
  /// pictures is the interesting default there.
  private var kind: PredictorKind { predictor ?? (trajectory ? .imageSet : .trueNoise) }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let problem = try problem(run)
    run.setting("predictor", .text(kind.rawValue))
    let schedule = scheduleOption.value
    // A walk that begins with pure noise begins where the schedule has it, however short it is.
    let sampler = try DDPMSampler(
      schedule, steps: steps, spacing: schedule.endsInNoise ? .trailing : .leading,
      variance: variance, clipRange: clip ? -1...1 : nil)
    let experiment = try self.experiment(problem, schedule, sampler, run)
    try experiment.result.checkedFinite("the walk with --predictor \(kind.rawValue)")
    let beliefs = problem.mixture.map {
      Beliefs($0, pictures: Self.pictures(of: $0), experiment: experiment)
    }
    let page = ReverseStepPage(
      setting: .init(
        isTrajectory: trajectory, predictor: kind, variance: variance, clips: clip,
        start: trajectory ? nil : t ?? 500, firstStage: problem.firstStage),
      schedule: schedule, experiment: experiment, beliefs: beliefs,
      drawing: problem.drawing)
    try run.stage("pictures") { _ in
      try ReverseStepFiles(
        experiment: experiment, beliefs: beliefs?.table, pictures: problem.drawing
      )
      .write(to: run.output, tensors: tensorsOption.tensors, film: filmOption.film)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  /// What is denoised, by whom, and how it is shown.
  private struct Problem {
    /// x_0, in pixels or as a latent.
    let original: Tensor
    let predictor: any NoisePredictor
    /// The data that the predictor knows, where it knows several pictures.
    var mixture: GaussianMixture?
    var drawing = StepPictures.pixels
    /// What takes the place of a model's own.
    var firstStage: OtherFirstStage?
  }

  private func problem(_ run: InspectorRun) throws -> Problem {
    let image = try picture(run)
    let schedule = scheduleOption.value
    guard kind != .model else { return try latentProblem(image, run) }
    guard let mixture = try mixture(around: image, run) else {
      return Problem(
        original: image, predictor: TrueNoise(original: image, schedule: schedule))
    }
    return Problem(
      original: image, predictor: MixtureDenoiser(mixture, schedule: schedule), mixture: mixture)
  }

  /// The picture in the model's own space, and its U-Net listening to the prompt.
  private func latentProblem(_ image: Tensor, _ run: InspectorRun) throws -> Problem {
    let model = try run.open(modelOption, partsOption)
    guard !scheduleOption.value.endsInNoise || model.scheduler.predictionType != .noise else {
      throw ValidationError(
        "--rescale-zero-snr: expected a predictor that knows x̂_0 where nothing of the picture is "
          + "left, found a model that predicts the noise; try --predictor image-set")
    }
    try model.requireLatentAlone()
    let prompts = model.encode(prompt: run.settled("prompt", prompt, default: ""))
    for notice in model.notices(for: prompts) { run.notice(notice) }
    let unet = UNetPredictor(
      model.unet, predictionType: model.scheduler.predictionType,
      conditional: prompts.conditional)
    let multiple =
      max(model.firstStage.downsamplingFactor, 1) * model.unet.configuration.downsamplingFactor
    let fitting = image.resizedToMultiple(of: multiple)
    try run.noticeFit(
      of: imageOption.path(run), image, height: fitting.shape[2], width: fitting.shape[3],
      because: "multiples of \(multiple), as autoencoder and U-Net need")
    run.works(height: fitting.shape[2], width: fitting.shape[3])
    return Problem(
      original: model.firstStage.encode(
        fitting, generator: TorchGenerator(seed: seedOption.seed)),
      predictor: unet,
      drawing: .latents(model.firstStage), firstStage: model.otherFirstStage)
  }

  private func picture(_ run: InspectorRun) throws -> Tensor {
    // Of each step that is shown, and of each picture that the predictor knows, several arrays are kept:
    // more than 2 GB for a million pixels.
    let picture = try run.picture(imageOption.path(run), most: 1 << 20)
    run.works(height: picture.shape[2], width: picture.shape[3])
    return picture
  }

  /// The data that the predictor knows; nil for `true-noise`, which knows one picture.
  private func mixture(around image: Tensor, _ run: InspectorRun) throws -> GaussianMixture? {
    guard kind == .imageSet || kind == .mixture else { return nil }
    let pictures = try KnownPictures.load(besides: image, other) { try run.picture($0) }
    return KnownPictures.mixture(of: pictures, hasGrain: kind == .mixture)
  }

  private func experiment(
    _ problem: Problem, _ schedule: NoiseSchedule, _ sampler: DDPMSampler, _ run: InspectorRun
  ) throws -> ReverseExperiment {
    let generator = seedOption.generator
    let noise = generator.normal(problem.original.shape)
    guard trajectory else {
      let t = run.settled("t", t, default: 500)
      return try run.stage("step") { _ in
        ReverseExperiment(
          single: t, image: problem.original, noise: noise, schedule: schedule,
          sampler: sampler, predictor: problem.predictor, generator: generator,
          mixture: problem.mixture)
      }
    }
    run.setting("steps", .whole(sampler.plan.count))
    return try run.stage("walk", of: sampler.plan.count) { advance in
      ReverseExperiment(
        from: noise, sampler: sampler, kept: ReverseExperiment.kept(of: sampler.plan.count),
        predictor: problem.predictor, generator: generator, image: problem.original,
        mixture: problem.mixture, progress: { _ in advance() })
    }
  }

  private static func pictures(of mixture: GaussianMixture) -> [Picture] {
    Image.batch(mixture.means).map { Picture(png: PNG.data(of: $0)) }
  }
}
