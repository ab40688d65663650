import Checkpoints
import Diagnostics
import Diffusion
import LatentDiffusion
import Networks
import Storybook
import Tensors
import Training

/// A diffusion model with the parts that its way of conditioning needs.
package struct ConditionedModel {
  package let way: Way
  package let origin: String
  package let unet: UNet2DConditionModel
  package let firstStage: FirstStage
  let scheduler: SchedulerConfiguration
  /// Where the U-Net listens to words.
  private let text: (tokenizer: CLIPTokenizer, encoder: CLIPTextModel)?
  /// Where it listens to boxes.
  private let layoutEncoder: LDMBertModel?

  /// Opens the folder of a model of one way.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError`, or `ModelError` for a folder of another way.
  package init(_ way: Way, opening path: String) throws {
    let files = try ModelFiles.open(path)
    func part<Part>(_ part: Part?, _ name: String) throws -> Part {
      guard let part else {
        throw ModelError.missingPart(
          model: path, part: name, remedy: "expected a model of the way \(way.rawValue)")
      }
      return part
    }
    (self.way, origin) = (way, path)
    unet = try UNet2DConditionModel(part(files.unet, "the U-Net (unet)"))
    firstStage = try FirstStage(opening: path)
    scheduler = try SchedulerConfiguration(
      part(files.scheduler, "the noise schedule (scheduler)"), isForLatents: firstStage.isLatent)
    if way == .layout {
      layoutEncoder = try LDMBertModel(part(files.layoutEncoder, "the layout encoder (bert)"))
      text = nil
    } else {
      layoutEncoder = nil
      text = (
        try CLIPTokenizer(folder: part(files.tokenizer, "the tokenizer")),
        try CLIPTextModel(part(files.textEncoder, "the text encoder (text_encoder)"))
      )
    }
    try requireFit()
  }

  private func requireFit() throws {
    let z = firstStage.latentChannels
    let (taken, expected) = (unet.configuration.inChannels, z + way.condition.channels(latent: z))
    for (what, expected, found) in [
      ("input channels of its U-Net for \(way.rawValue)", "\(expected)", "\(taken)"),
      (
        "class labels for \(way.rawValue)", "\(way.condition.labelCount ?? 0)",
        "\(unet.configuration.classCount ?? 0)"
      ),
    ] where expected != found {
      throw ModelError.misfit(model: origin, what: what, expected: expected, found: found)
    }
  }

  /// Height and width of its pictures.
  package var side: Int {
    (unet.configuration.sampleSize?[0] ?? 16) * firstStage.downsamplingFactor
  }

  /// [z, h, w]
  package var latentShape: [Int] {
    let side = side / firstStage.downsamplingFactor
    return [firstStage.latentChannels, side, side]
  }

  /// The whole conditions as the U-Net gets them.
  package struct Inputs {
    /// τ_θ(y) and that of nothing, [B, M, D].
    package let context, noContext: Tensor?
    /// One for each picture, and those that guidance leads away from.
    package let labels, noLabels: [Int]?
    /// What is joined to z_t, [B, C, h, w].
    package let joined: Tensor?
  }

  /// What the U-Net gets to hear and see.
  package func inputs(_ told: [Told]) -> Inputs {
    func words(_ prompts: [String]) -> Tensor? {
      text.map { text in text.encoder(prompts.map { text.tokenizer.tokenize($0).ids }) }
    }
    func layouts(_ boxes: [[SceneBox]]) -> Tensor? {
      layoutEncoder?(boxes.map(LayoutVocabulary.tokens))
    }
    let joined = told.compactMap(\.joined)
    return Inputs(
      context: layouts(told.map(\.boxes)) ?? words(told.map(\.prompt)),
      noContext: layouts(told.map { _ in [] }) ?? words(told.map { _ in "" }),
      labels: unet.configuration.classCount.map { _ in told.map(\.label) },
      noLabels: way == .classLabel ? told.map { _ in Condition.noClass } : nil,
      joined: joined.isEmpty ? nil : .concatenated(joined, along: 0))
  }

  /// Pictures of conditions, made together, [B, 3, H, W] in [−1, 1].
  /// - Parameters:
  ///   - told: the conditions, one for each picture.
  ///   - noise: z_T, one for each.
  ///   - steps: of the model's own sampler.
  ///   - guidanceScale: s; 1 is no guidance.
  ///   - each: is given z of each step.
  /// - Throws: `SamplerError`, `JSONError`, or what numbers that are not finite throw.
  package func pictures(
    _ told: [Told], noise: Tensor, steps: Int, guidanceScale: Double,
    each: (Tensor) -> Void = { _ in }
  ) throws -> Tensor {
    let inputs = inputs(told)
    let predictor = UNetPredictor(
      unet, predictionType: scheduler.predictionType, conditional: inputs.context,
      unconditional: inputs.noContext, labels: inputs.labels, unconditionalLabels: inputs.noLabels,
      guidanceScale: guidanceScale, concatenated: inputs.joined)
    let sampler = try scheduler.sampler(nil, steps: steps)
    var latent = noise.scaled(by: Float(sampler.initialNoiseScale))
    for step in DenoisingTrajectory(
      from: latent, sampler: sampler, predictor: predictor, generator: TorchGenerator(seed: 0))
    {
      latent = step.next
      each(latent)
    }
    try latent.checkedFinite("the U-Net of \(origin)")
    return try firstStage.decode(latent).checkedFinite("the autoencoder of \(origin)")
      .clamped(to: -1...1)
  }
}
