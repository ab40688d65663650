import ArgumentParser
import Checkpoints
import Commands
import Diffusion
import Foundation
import Imaging
import Tensors
import Tracing

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
      """)

  @OptionGroup var imageOption: ImageOption
  @OptionGroup var scheduleOption: ScheduleOption

  @Option(
    help: ArgumentHelp(
      "The timestep to explain, counted from 0; 0 is the last step. (default: 500)",
      valueName: "timestep"))
  var t: Int?

  @Flag(help: "Walk the whole chain from pure noise instead.")
  var trajectory = false

  @OptionGroup var stepsOption: StepsOption

  @Option(
    help: ArgumentHelp(
      """
      What predicts the noise: true-noise knows the picture, image-set knows a few pictures, mixture \
      knows them with grain on top.
      """, valueName: "name"))
  var predictor: PredictorKind?

  @Option(
    name: .customLong("other"),
    help: ArgumentHelp(
      """
      Another picture for image-set and mixture; may be repeated. It is cropped to the size of the \
      first. (default: seven storybook scenes)
      """, valueName: "file"))
  var others: [String] = []

  @Option(
    help: ArgumentHelp(
      "The fixed variance of a step: small is β̃, large is β.", valueName: "small|large"))
  var variance = FixedVariance.small

  @Flag(help: "Hold the predicted picture to the range of pixels, as DDPM does.")
  var clip = false

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    if let t { try Check.range("--t", t, 0...ScheduleOption.count - 1) }
    guard t == nil || !trajectory else {
      throw ValidationError("--t and --trajectory: expected one of them, found both")
    }
    guard stepsOption.steps == nil || trajectory else {
      throw ValidationError("--steps: expected together with --trajectory, found alone")
    }
    guard others.isEmpty || kind != .trueNoise else {
      throw ValidationError(
        "--other: expected with --predictor image-set or mixture, found true-noise")
    }
  }

  /// A walk with a predictor that knows the one picture would be the picture fading in: the set of
  /// pictures is the interesting default there.
  private var kind: PredictorKind { predictor ?? (trajectory ? .imageSet : .trueNoise) }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let image = try picture(run)
    let schedule = scheduleOption.value
    let mixture = try mixture(around: image, run)
    let model: any NoisePredictor =
      mixture.map { MixtureDenoiser($0, schedule: schedule) }
      ?? TrueNoise(original: image, schedule: schedule)
    let sampler = try DDPMSampler(
      schedule, steps: stepsOption.steps, variance: variance, clipRange: clip ? -1...1 : nil)
    let experiment = self.experiment(image, schedule, sampler, model, run)
    let beliefs = mixture.map {
      Beliefs($0, pictures: Self.pictures(of: $0), frames: experiment.frames)
    }
    let page = ReverseStepPage(
      setting: .init(
        isTrajectory: trajectory, predictor: kind, variance: variance, clips: clip,
        start: trajectory ? nil : t ?? 500),
      schedule: schedule, experiment: experiment, beliefs: beliefs, provenance: .analytic)
    try run.stage("pictures") { _ in
      try ReverseStepFiles(experiment: experiment)
        .write(to: run.folder, tensors: tensorsOption.tensors)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  private func picture(_ run: InspectorRun) throws -> Tensor {
    let path = try imageOption.path()
    let image = try PNG.readTensor(path)
    try run.noteInput(path)
    return image
  }

  /// The data that the predictor knows; nil for `true-noise`.
  private func mixture(around image: Tensor, _ run: InspectorRun) throws -> GaussianMixture? {
    guard kind != .trueNoise else { return nil }
    let (height, width) = (image.shape[2], image.shape[3])
    let pictures =
      try [image]
      + PictureSet.load(others, height: height, width: width) {
        try run.noteInput($0)
      }
    let grain = kind == .mixture ? PictureSet.grain : 0
    return GaussianMixture(
      means: .concatenated(pictures, along: 0),
      variances: .isotropic(pictures.map { _ in grain * grain }))
  }

  private func experiment(
    _ image: Tensor, _ schedule: NoiseSchedule, _ sampler: DDPMSampler,
    _ model: any NoisePredictor, _ run: InspectorRun
  ) -> ReverseExperiment {
    let generator = seedOption.generator
    let noise = generator.normal(image.shape)
    guard trajectory else {
      return run.stage("step") { _ in
        ReverseExperiment(
          single: t ?? 500, image: image, noise: noise, schedule: schedule, sampler: sampler,
          predictor: model, generator: generator)
      }
    }
    return run.stage("walk", of: sampler.plan.count) { advance in
      ReverseExperiment(
        from: noise, sampler: sampler, kept: ReverseExperiment.kept(of: sampler.plan.count),
        predictor: model, generator: generator, image: image, progress: { _ in advance() })
    }
  }

  private static func pictures(of mixture: GaussianMixture) -> [Picture] {
    Image.batch(mixture.means).map { Picture(png: PNG.data(of: $0)) }
  }
}

extension FixedVariance: ExpressibleByArgument {}
