import ArgumentParser
import Commands
import Foundation
import LatentDiffusion
import Networks
import Tensors

/// `unet-walk`: what flows through the U-Net in one pass.
public struct UNetWalkCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "unet-walk",
    abstract: "What flows through the U-Net in one pass, block by block.",
    discussion: """
      Shapes, parameters, operations, time and statistics of every layer, with pictures of its \
      channels, the timestep as a vector, and the skip connections. It looks at a scene that was \
      encoded and noised to the timestep.

      Example: unet-walk --architecture sd-v1 --t 500
      """, version: Versions.line)

  /// An architecture whose weights are drawn at random: the shapes and costs are real.
  enum Architecture: String, CaseIterable, ExpressibleByArgument {
    case storybook
    case sdV1 = "sd-v1"
  }

  @Option(
    help: ArgumentHelp(
      """
      A network with random weights: storybook is small, sd-v1 has the full size of Stable Diffusion \
      v1 (860 million parameters, 4 GB of memory). (default: the weights of --model)
      """, valueName: "name"))
  var architecture: Architecture?

  @Option(
    help: ArgumentHelp(
      "A diffusers folder, or a .ckpt or .safetensors file, with a U-Net in it. (default: the bundled model)",
      valueName: "path")
  )
  var model: String?

  @OptionGroup var variantOption: VariantOption

  @Option(
    help: .prompt(
      "What the U-Net should listen to; a --model then needs its text encoder and vocabulary.",
      default: "\(PromptOption.usual); with --model alone random numbers"))
  var prompt: String?

  @OptionGroup var imageOption: ImageOption

  @Flag(help: "Look at noise alone, with nothing of a picture in it.")
  var pureNoise = false

  @Option(help: ArgumentHelp("The timestep, counted from 0.", valueName: "timestep"))
  var t = 500

  @Flag(
    help:
      "Also measure what each layer reaches of what this machine can do, and write roofline.csv.")
  var roofline = false

  @Flag(
    help: ArgumentHelp(
      """
      Also measure how the time of a pass grows with the latent, the batch and the prompt, beside its \
      operations, and write sizes.csv; minutes at full size.
      """))
  var sizes = false

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    try Check.path("--model", model)
    try Check.range("--t", t, 0...999)
    try Check.together(
      with: "trained weights (--architecture draws its own)", architecture == nil,
      ("--model", model != nil), ("--variant", variantOption.variant != nil),
      ("--prompt", prompt != nil))
    guard !pureNoise || imageOption.image == nil else {
      throw ValidationError("--pure-noise and --image: expected one of them, found both")
    }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let walked = try run.stage("opening") { _ in try self.walked(run) }
    for notice in walked.notices { run.notice(notice) }
    let unet = walked.unet
    let c = unet.configuration
    let generator = seedOption.generator
    let input = try input(of: walked, generator, run)
    let context =
      walked.context
      ?? (c.usesContext ? generator.normal([1, 77, c.crossAttentionDimensions[0]]) : nil)
    let walk = try run.stage("two passes") { _ in
      WalkExperiment(unet, sample: input.sample, t: Float(t), context: context)
    }
    let roof =
      try roofline
      ? run.stage("roofline") { _ in
        Roofline(unet, sample: input.sample, t: Float(t), context: context)
      } : nil
    let sizes = try sizes ? sizeStudy(unet, generator, run) : nil
    let page = UNetWalkPage(
      name: walked.name, unet: unet, walk: walk, input: input, t: t,
      context: walked.context != nil, roofline: roof, sizes: sizes)
    try run.stage("pictures") { _ in
      let files = UNetWalkFiles(walk: walk, input: input, roofline: roof, sizes: sizes)
      try files.write(to: run.output, tensors: tensorsOption.tensors)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  private func sizeStudy(
    _ unet: UNet2DConditionModel, _ generator: TorchGenerator, _ run: InspectorRun
  ) throws -> SizeStudy {
    let sizes = SizeStudy.sizes(for: unet.configuration)
    // The usual size is one of each list, and measured once.
    let count = sizes.values.reduce(1) { $0 + max($1.count - 1, 0) }
    return try run.stage("sizes", of: count) { advance in
      SizeStudy(unet, sizes: sizes, generator: generator, advance: advance)
    }
  }

  /// What the U-Net is to look at. One that comes without a first stage borrows the shipped model's.
  private func input(
    of walked: Walked, _ generator: TorchGenerator, _ run: InspectorRun
  ) throws -> WalkInput {
    let c = walked.unet.configuration
    let noise = generator.normal([1, c.inChannels] + (c.sampleSize ?? [64, 64]))
    guard !pureNoise else { return WalkInput(noise: noise) }
    let whole = try walked.whole ?? LatentDiffusionModel(opening: Shipped.model())
    let (stage, schedule) = (whole.firstStage, whole.scheduler.schedule)
    try Check.range("--t", t, 0...schedule.count - 1)
    guard c.inChannels == stage.latentChannels else {
      guard imageOption.image == nil else {
        throw ModelError.misfit(
          model: walked.name, what: "channels that the U-Net takes, for --image",
          expected: "\(stage.latentChannels), as a latent has", found: "\(c.inChannels)")
      }
      run.notice(
        "\(walked.name): takes \(c.inChannels) channels, a latent has \(stage.latentChannels): "
          + "it looks at noise alone")
      return WalkInput(noise: noise)
    }
    let picture = try run.picture(imageOption.path(run))
    let input = WalkInput(
      picture: picture, noise: noise, firstStage: stage, level: schedule.level(at: t))
    if let scene = input.scene {
      let (height, width) = (scene.picture.shape[2], scene.picture.shape[3])
      run.works(height: height, width: width)
      if let path = imageOption.image {
        run.noticeFit(
          of: path, picture, height: height, width: width,
          because: "the size that the U-Net was made for")
      }
    }
    return input
  }

  private struct Walked {
    let name: String
    let unet: UNet2DConditionModel
    let context: Tensor?
    /// The model that the U-Net is a part of; nil for a U-Net alone.
    var whole: LatentDiffusionModel?
    /// What a person may not expect of their prompt.
    var notices: [String] = []
  }

  private func walked(_ run: InspectorRun) throws -> Walked {
    if architecture == nil, model == nil || prompt != nil {
      let whole = try LatentDiffusionModel(
        opening: run.settled("model", model, default: Shipped.model()),
        variant: variantOption.variant)
      let prompts = whole.encode(
        prompt: run.settled("prompt", prompt, default: PromptOption.usual))
      return Walked(
        name: model ?? "the storybook model", unet: whole.unet, context: prompts.conditional,
        whole: whole, notices: whole.notices(for: prompts))
    }
    if let model {
      return Walked(
        name: model,
        unet: try UNet2DConditionModel(opening: model, variant: variantOption.variant),
        context: nil)
    }
    switch architecture ?? .storybook {
    case .storybook:
      return Walked(
        name: "the storybook architecture",
        unet: try UNet2DConditionModel(
          LatentDiffusionModel.untrainedUNetConfiguration, seed: seedOption.seed),
        context: nil)
    case .sdV1:
      return Walked(
        name: "the architecture of Stable Diffusion v1",
        unet: try UNet2DConditionModel(UNetConfiguration(), seed: seedOption.seed), context: nil)
    }
  }
}
