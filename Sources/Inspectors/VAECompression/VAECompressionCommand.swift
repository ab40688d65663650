import ArgumentParser
import Commands
import Diffusion
import Evaluation
import Imaging
import Storybook
import Tensors
import Training

/// `vae-compression`: what a first stage throws away, and how much room that saves.
public struct VAECompressionCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "vae-compression",
    abstract: "What an autoencoder throws away before diffusion begins, for f = 1 to 32.",
    discussion: """
      Sends a picture through autoencoders with a codebook (VQ) and with a narrow Gaussian (KL), and \
      through block PCA and a cosine codec with the same number of values or bits. Shows what is lost: \
      in the picture, in each frequency, in decibels and in what a network sees; and what a latent \
      holds, how many bits it takes, and how it must be scaled for diffusion.

      Example: vae-compression --image photo.png --models my-vae --factors 1,8
      """, version: Versions.line)

  @OptionGroup var imageOption: ImageOption

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Autoencoders of your own beside the bundled ones: a diffusers folder, a .ckpt or a .safetensors file each; of a whole model its autoencoder is taken. (default: none)",
      valueName: "path"))
  var models: [String] = []

  @OptionGroup var variantOption: VariantOption

  @Option(
    help: ArgumentHelp(
      "Which f of the bundled autoencoders, e.g. 1,4,8; 1 is pixel space. (default: all)",
      valueName: "list"))
  var factors: String?

  @Option(
    help: ArgumentHelp(
      "A PNG or JPEG at the other end of the walk between two pictures. (default: a scene of the storybook)",
      valueName: "file"))
  var second: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Work in tiles of so many pixels a side, and measure what that changes. (default: the whole picture as long as it fits 3 GB and attention stays affordable)",
      valueName: "px"))
  var tile: Int?

  @Option(
    help: ArgumentHelp(
      "A folder of PNG and JPEG pictures over which every model is measured as well: means over all of them, each shrunk to 256 pixels a side. (default: none)",
      valueName: "folder"))
  var images: String?

  @Flag(
    help: """
      Measure the bundled models on held-out scenes again, rather than read what they were measured at.
      """)
  var measureScenes = false

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    for path in models { try Check.path("--models", path) }
    try Check.path("--second", second)
    try Check.path("--images", images)
    try Check.together(
      with: "--models", !models.isEmpty, ("--variant", variantOption.variant != nil))
    _ = try chosenFactors()
    if let tile { try Check.range("--tile", tile, 32...4096) }
  }

  private func chosenFactors() throws -> [Int]? {
    guard let factors else { return nil }
    let numbers = try Values.wholeNumbers("--factors", factors, like: "4,8")
    guard numbers.allSatisfy(ModelChoice.factors.contains) else {
      throw ValidationError(
        "--factors: expected some of \(ModelChoice.factors.map(String.init).joined(separator: ",")),"
          + " found '\(factors)'")
    }
    return Array(Set(numbers)).sorted()
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let path = try imageOption.path(run)
    let original = try run.picture(path, most: 1 << 22)
    run.works(height: original.shape[2], width: original.shape[3])
    let (near, far) = try walkEnds(original, run)
    let folder = try run.stage("reading the folder") { _ in
      try images.map { try PictureFolder(reading: $0, least: 32) }
    }
    let models = try run.stage("opening the models") { _ in
      try ModelChoice.open(
        factors: chosenFactors(), paths: self.models, variant: variantOption.variant,
        digest: run.digest(ofInput:))
    }
    let network = try SceneClassifier(folder: Shipped.path("fixtures/classifiers/perceptual"))
    run.setting("factors", .list((try chosenFactors() ?? ModelChoice.factors).map { .whole($0) }))
    let analyses = try analyses(of: models, run)
    let bench = Workbench(
      original: original, quality: PictureQuality(of: original, network: network),
      generator: seedOption.generator, tile: tile)
    let experiment = try run.stage(
      "reconstructing", of: CompressionExperiment.steps(models: models, analyses: analyses.count)
    ) { advance in
      CompressionExperiment(bench, models: models, analyses: analyses, progress: advance)
    }
    let scenes = try scenes(models, analyses, run)
    let noising = try run.stage("noising", of: scenes.rows.count) { advance in
      NoisingWithoutScale(
        near, scales: scenes.rows.map { ($0.model, $0.scale) },
        schedule: NamedSchedule.scaledLinear.schedule(count: 1000),
        generator: seedOption.generator, progress: advance)
    }
    let walk = try run.stage("walking", of: models.count) { advance in
      WalkExperiment(from: near, to: far, models: models, progress: advance)
    }
    let folderExperiment = try folder.map { folder in
      try run.stage("the folder's pictures", of: folder.entries.count) { advance in
        FolderExperiment(
          folder, models: models, analysis: { self.analysis(for: $0, in: analyses) },
          network: network, progress: advance)
      }
    }
    let report = CompressionReport(
      experiment: experiment, scenes: scenes, folder: folderExperiment, noising: noising,
      walk: walk,
      arguments: run.command.arguments)
    try run.stage("pictures") { _ in
      try VAECompressionFiles(report).write(to: run.output, tensors: tensorsOption.tensors)
    }
    let page = try run.stage("page pictures") { _ in
      VAECompressionPage(report, losses: try LossStudy.bundled())
    }
    return Findings(page: page.page(), summary: report.summary, seed: seedOption.seed)
  }

  /// The two ends of the walk, small: the picture, and another one cut to its shape.
  private func walkEnds(
    _ original: Tensor, _ run: InspectorRun
  ) throws -> (near: Tensor, far: Tensor) {
    let near = original.reduced()
    let (height, width) = (near.shape[2], near.shape[3])
    let other =
      try second.map { try run.picture($0, most: 1 << 22) }
      ?? SceneBatches(seed: 90_210, split: .heldOut).batch(3..<4).pictures
    return (near, other.covering(height: height, width: width).clamped(to: -1...1))
  }

  /// One PCA for each f and number of channels that a model has.
  private func analyses(
    of models: [ComparedModel], _ run: InspectorRun
  ) throws -> [BlockPCA] {
    var shapes: [[Int]] = []
    for model in models where model.isLatent {
      let shape = [model.factor, min(model.channels, 3 * model.factor * model.factor)]
      if !shapes.contains(shape) { shapes.append(shape) }
    }
    return try run.stage("learning PCA", of: shapes.count) { advance in
      guard !shapes.isEmpty else { return [] }
      let lessons = PCALessons.pictures()
      return try shapes.map { shape in
        defer { advance() }
        return try ModelChoice.analysis(factor: shape[0], components: shape[1])
          ?? BlockPCA(learningFrom: lessons, factor: shape[0], components: shape[1])
      }
    }
  }

  private func analysis(for model: ComparedModel, in analyses: [BlockPCA]) -> BlockPCA? {
    analyses.first { $0.factor == model.factor && $0.count == model.channels }
  }

  private func scenes(
    _ models: [ComparedModel], _ analyses: [BlockPCA], _ run: InspectorRun
  ) throws -> ScenesExperiment {
    let known = measureScenes ? [] : try ScenesExperiment.Row.shipped(models)
    let others = models.filter { model in !known.contains { $0.model.name == model.name } }
    let measured = try run.stage("held-out scenes", of: others.count) { advance in
      guard !others.isEmpty else { return [ScenesExperiment.Row]() }
      return ScenesExperiment(
        others, analysis: { self.analysis(for: $0, in: analyses) },
        scenes: FirstStageEvaluation.scenes(), textures: FirstStageEvaluation.textures(),
        progress: advance
      ).rows
    }
    return ScenesExperiment(models, measured: measured, known: known)
  }
}

extension Tensor {
  /// The picture itself when it is no larger than the scenes of the storybook, otherwise a small one:
  /// for what is decoded many times.
  fileprivate func reduced() -> Tensor {
    let longest = max(shape[2], shape[3])
    guard longest > 128 else { return self }
    func side(_ length: Int) -> Int { max(length * 96 / longest, 1) }
    return resized(height: side(shape[2]), width: side(shape[3])).clamped(to: -1...1)
  }
}
