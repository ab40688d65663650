import ArgumentParser
import Checkpoints
import Commands
import Foundation
import LatentDiffusion
import Networks
import Tensors
import Tracing

/// `unet-walk`: what flows through the U-Net in one pass.
public struct UNetWalkCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "unet-walk",
    abstract: "What flows through the U-Net in one pass, block by block.",
    discussion: """
      Shapes, parameters, operations, time and statistics of every layer, with pictures of its \
      channels, the timestep as a vector, and the skip connections.

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
      "A diffusers folder, or a .ckpt or .safetensors file, with a U-Net in it. (default: the model that comes along)",
      valueName: "path")
  )
  var model: String?

  @OptionGroup var variantOption: VariantOption

  @Option(
    help: .prompt(
      "What the U-Net should listen to; a --model then needs its text encoder and vocabulary.",
      default: "\(Self.defaultPrompt); with --model alone random numbers"))
  var prompt: String?

  private static let defaultPrompt = "a red house on the snow under the moon at night"

  @Option(help: ArgumentHelp("The timestep, counted from 0.", valueName: "timestep"))
  var t = 500

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    try Check.range("--t", t, 0...999)
    guard architecture == nil || model == nil else {
      throw ValidationError("--architecture and --model: expected one of them, found both")
    }
    guard prompt == nil || architecture == nil else {
      throw ValidationError("--prompt: random weights listen to nothing; leave --architecture out")
    }
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let walked = try run.stage("opening") { _ in try self.walked(run) }
    for notice in walked.notices { run.notice(notice) }
    let unet = walked.unet
    let c = unet.configuration
    let generator = seedOption.generator
    let size = c.sampleSize ?? [64, 64]
    let sample = generator.normal([1, c.inChannels] + size)
    let context =
      walked.context
      ?? (c.usesContext ? generator.normal([1, 77, c.crossAttentionDimensions[0]]) : nil)
    let walk = try run.stage("two passes") { _ in
      WalkExperiment(unet, sample: sample, t: Float(t), context: context)
    }
    try walk.output.checkedFinite("the U-Net of \(walked.name), at t = \(t)")
    let page = UNetWalkPage(
      name: walked.name, unet: unet, walk: walk, t: t, context: walked.context != nil,
      provenance: walked.isTrained ? .trained : .untrained)
    try run.stage("pictures") { _ in
      let files = UNetWalkFiles(walk: walk, isUntrained: !walked.isTrained)
      try files.write(to: run.folder, tensors: tensorsOption.tensors)
    }
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }

  private struct Walked {
    let name: String
    let unet: UNet2DConditionModel
    let context: Tensor?
    let isTrained: Bool
    /// What a person may not expect of their prompt.
    var notices: [String] = []
  }

  private func walked(_ run: InspectorRun) throws -> Walked {
    if architecture == nil, model == nil || prompt != nil {
      let whole = try LatentDiffusionModel(
        opening: run.settled("model", model, default: Shipped.model()),
        variant: variantOption.variant)
      let prompts = whole.encode(
        prompt: run.settled("prompt", prompt, default: Self.defaultPrompt))
      return Walked(
        name: model ?? "the storybook model", unet: whole.unet, context: prompts.conditional,
        isTrained: whole.isTrained, notices: whole.notices(for: prompts))
    }
    if let model {
      return Walked(
        name: model,
        unet: try UNet2DConditionModel(opening: model, variant: variantOption.variant),
        context: nil, isTrained: try !ModelFiles.isMarkedUntrained(model))
    }
    switch architecture ?? .storybook {
    case .storybook:
      return Walked(
        name: "the storybook architecture",
        unet: try UNet2DConditionModel(
          LatentDiffusionModel.untrainedUNetConfiguration, seed: seedOption.seed),
        context: nil, isTrained: false)
    case .sdV1:
      return Walked(
        name: "the architecture of Stable Diffusion v1",
        unet: try UNet2DConditionModel(UNetConfiguration(), seed: seedOption.seed), context: nil,
        isTrained: false)
    }
  }
}
