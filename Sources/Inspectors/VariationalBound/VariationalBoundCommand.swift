import ArgumentParser
import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Tensors
import Training

/// `variational-bound`: what diffusion minimises, term by term, in bits per dimension.
public struct VariationalBoundCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "variational-bound",
    abstract: "The bound on -log p(x0): L_T, every L_(t-1), L_0, and what their bits buy.",
    discussion: """
      Noises a picture to many timesteps, asks a predictor for the noise, and adds up what each step \
      back costs in bits per dimension. Two small U-Nets that paint pixels come along: one trained \
      with L_simple, one with the weights of the true bound. With a predictor that knows the data the \
      sum is held against the true entropy.

      Example: variational-bound --predictor mixture
      """, version: Versions.line)

  @OptionGroup var imageOption: ImageOption

  @Option(
    help: ArgumentHelp(
      """
      What predicts the noise: model is a U-Net that paints pixels, image-set knows a few pictures, \
      mixture knows them with grain on top.
      """, valueName: "name"))
  var predictor = BoundPredictor.model

  @Option(
    help: ArgumentHelp(
      "With --predictor model: a diffusers folder with a U-Net that paints pixels without words, and its scheduler. (default: the two bundled ones)",
      valueName: "path"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      """
      Another picture for image-set and mixture; may be repeated. It is cropped to the size of the \
      first. (default: seven storybook scenes)
      """, valueName: "file"))
  var other: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      How many pictures the bound is averaged over: held-out scenes in place of --image for a model, \
      draws of a mixture. (default: the picture of --image for a model, 16 draws, or the whole image \
      set)
      """, valueName: "n"))
  var pictures: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      How many of the 1000 timesteps are measured, more of them where little noise is left; the terms \
      between them take their errors from their neighbours. (default: 120 for a model, else all)
      """, valueName: "n"))
  var timesteps: Int?

  @Option(
    help: ArgumentHelp(
      "The fixed variance of a step: small is β̃, large is β. (default: large for mixture, else small)",
      valueName: "small|large"))
  var variance: FixedVariance?

  @Flag(
    help: """
      With --predictor model: leave the predicted picture outside the range of pixels, to which it is \
      held otherwise.
      """)
  var unclipped = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Measure the models on so many held-out scenes and by as many samples, and write report.csv. \
      (default: the bundled report is shown)
      """, valueName: "n"))
  var evaluate: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --evaluate: how many denoising steps draw a sample. (default: \(Self.usualSteps))",
      valueName: "n"))
  var steps: Int?

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  private static let usualSteps = 250
  private static let usualTimesteps = 120
  private static let usualDraws = 16
  /// Height and width where no model says otherwise.
  private static let side = 32

  public init() {}

  public mutating func validate() throws {
    try Check.path("--model", model)
    for path in other { try Check.path("--other", path) }
    if let pictures { try Check.range("--pictures", pictures, 1...10_000) }
    if let timesteps { try Check.range("--timesteps", timesteps, 2...ScheduleOption.count) }
    if let evaluate { try Check.range("--evaluate", evaluate, 2...10_000) }
    if let steps { try Check.range("--steps", steps, 1...ScheduleOption.count) }
    try Check.together(
      with: "--predictor model", predictor == .model, ("--model", model != nil),
      ("--evaluate", evaluate != nil), ("--unclipped", unclipped))
    try Check.together(
      with: "--predictor image-set or mixture", predictor != .model, ("--other", !other.isEmpty))
    try Check.together(
      with: "--predictor model or mixture", predictor != .imageSet, ("--pictures", pictures != nil))
    try Check.together(with: "--evaluate", evaluate != nil, ("--steps", steps != nil))
    guard predictor != .model || pictures == nil || imageOption.image == nil else {
      throw ValidationError("--image and --pictures: expected one of them, found both")
    }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let study = try predictor == .model ? modelStudy(run) : knownStudy(run)
    let page = VariationalBoundPage(study)
    try run.stage("pictures") { _ in
      try BoundFiles(study).write(to: run.output, tensors: tensorsOption.tensors)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  private func chosenVariance(_ run: InspectorRun) -> FixedVariance {
    run.settled("variance", variance, default: predictor == .mixture ? .large : .small)
  }

  /// The timesteps of a schedule that are measured.
  private func measured(_ run: InspectorRun, of schedule: NoiseSchedule) -> [Int] {
    let usual = predictor == .model ? Self.usualTimesteps : ScheduleOption.count
    return BoundExperiment.timesteps(
      run.settled("timesteps", timesteps, default: usual), of: schedule.count)
  }
}

// MARK: - Models

extension VariationalBoundCommand {
  private func modelStudy(_ run: InspectorRun) throws -> BoundStudy {
    let models = try run.stage("opening") { _ in
      try run.settled("model", model.map { [$0] }, default: Self.bundled())
        .map { try PixelModel(opening: $0) }
    }
    let variance = chosenVariance(run)
    let originals = try originals(run, for: models[0])
    let report = try report(models, variance, run)
    let timesteps = models.map { measured(run, of: $0.scheduler.schedule) }
    let work = timesteps.reduce(0) {
      $0 + BoundExperiment.batches(pictures: originals.shape[0], timesteps: $1.count)
    }
    let found = try run.stage("noising", of: work) { advance in
      zip(models, timesteps).map { model, timesteps in
        BoundStudy.Found(
          name: model.name,
          experiment: BoundExperiment(
            LikelihoodBound(model.scheduler.schedule, variance: variance), originals: originals,
            timesteps: timesteps, kept: BoundStudy.kept(of: timesteps),
            clips: !unclipped, seed: seedOption.seed, predictor: model, advance: advance))
      }
    }
    return BoundStudy(
      predictor: .model, originals: originals, found: found, entropy: nil,
      report: report)
  }

  private static func bundled() throws -> [String] {
    try ["simple", "bound"].map { try Shipped.path("fixtures/pixels/\($0)") }
  }

  /// x_0 as an 8-bit file holds it: held-out scenes, or the picture.
  private func originals(_ run: InspectorRun, for model: PixelModel) throws -> Tensor {
    let (height, width) = model.size
    if let pictures {
      return BoundEvaluation.scenes(pictures, height: height, width: width)
    }
    run.setting("pictures", .whole(1))
    return try picture(run, height: height, width: width, because: "as the model paints")
      .roundedToBytes
  }

  private func picture(
    _ run: InspectorRun, height: Int, width: Int, because reason: String
  ) throws -> Tensor {
    let path = try imageOption.path(run)
    let picture = try run.picture(path)
    if imageOption.image != nil {
      run.noticeFit(of: path, picture, height: height, width: width, because: reason)
    }
    run.works(height: height, width: width)
    return picture.covering(height: height, width: width)
  }

  /// Made anew, or the bundled one beside the bundled models.
  private func report(
    _ models: [PixelModel], _ variance: FixedVariance, _ run: InspectorRun
  ) throws -> BoundReport? {
    guard let evaluate else {
      return try model == nil
        ? BoundReport(readingFrom: Shipped.path("fixtures/pixels")) : nil
    }
    let evaluation = BoundEvaluation(
      count: evaluate, steps: run.settled("steps", steps, default: Self.usualSteps),
      variance: variance, clips: !unclipped, timesteps: timesteps ?? Self.usualTimesteps,
      seed: seedOption.seed)
    let reader = try PictureReader(
      SceneClassifier(folder: Shipped.path("fixtures/classifiers/evaluator")))
    return try run.stage("evaluating", of: models.count * evaluation.parts) { advance in
      let reference = BoundEvaluation.reference(for: models[0], reader)
      return BoundReport(
        try models.map {
          try evaluation.row(of: $0, reader, reference: reference, advance: advance)
        })
    }
  }
}

// MARK: - Data that is known

extension VariationalBoundCommand {
  private func knownStudy(_ run: InspectorRun) throws -> BoundStudy {
    let first = try picture(
      run, height: Self.side, width: Self.side, because: "small enough to know all of it")
    let images = try KnownPictures.load(besides: first, other) { try run.picture($0) }
    let data = knownData(images, run)
    let schedule = NamedSchedule.linear.schedule(count: ScheduleOption.count)
    let bound = LikelihoodBound(
      schedule, variance: chosenVariance(run), decoder: predictor.decoder(schedule))
    let timesteps = measured(run, of: schedule)
    let work = BoundExperiment.batches(
      pictures: data.pictures.shape[0], timesteps: timesteps.count)
    let experiment = try run.stage("noising", of: work) { advance in
      BoundExperiment(
        bound, originals: data.pictures, timesteps: timesteps,
        kept: BoundStudy.kept(of: timesteps), seed: seedOption.seed,
        predictor: MixtureDenoiser(data.mixture, schedule: schedule), advance: advance)
    }
    return BoundStudy(
      predictor: predictor, originals: data.pictures,
      found: [.init(name: predictor.rawValue, experiment: experiment)],
      entropy: data.entropy, report: nil)
  }

  private func knownData(_ images: Tensor, _ run: InspectorRun) -> KnownData {
    guard predictor == .mixture else {
      let data = KnownData(images: images)
      run.setting("pictures", .whole(data.pictures.shape[0]))
      return data
    }
    return KnownData(
      grainOn: images, count: run.settled("pictures", pictures, default: Self.usualDraws),
      generator: seedOption.generator)
  }
}
