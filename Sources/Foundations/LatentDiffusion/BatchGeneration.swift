import Diffusion
import Networks
import Tensors

extension LatentDiffusionModel {
  /// The pictures of several prompts, made together: one batch through the U-Net at each step.
  /// - Parameters:
  ///   - prompts: one for each picture.
  ///   - negativePrompt: what guidance leads away from, the same for all.
  ///   - noise: z_T, one standard normal latent for each prompt, [B, z, h, w].
  ///   - sampler: which one walks back; nil for the model's own.
  ///   - steps: how many steps it plans.
  ///   - guidanceScale: s; 1 is no guidance; nil for what the model recommends.
  ///   - refinements: where guidance acts, and what becomes of its spread.
  ///   - generator: for samplers that draw noise on the way.
  ///   - probing: looks into, or changes, passes of the U-Net.
  /// - Returns: latents [B, z, h, w]; `firstStage.decode` makes pictures of them.
  /// - Throws: `SamplerError` or `JSONError` for a sampler that the model's schedule does not
  ///   suit.
  public func latents(
    of prompts: [String], negativePrompt: String = "", noise: Tensor, sampler: SamplerName? = nil,
    steps: Int = 50, guidanceScale: Double? = nil,
    refinements: GuidanceRefinements = GuidanceRefinements(),
    generator: TorchGenerator = TorchGenerator(seed: 0), probing: UNetProbing? = nil
  ) throws -> Tensor {
    precondition(
      noise.shape[0] == prompts.count, "\(noise.shape) is no noise for \(prompts.count) prompts")
    let name = try scheduler.samplerName(given: sampler)
    let sampler = try scheduler.sampler(name, steps: steps)
    let guidanceScale = guidanceScale ?? defaults.guidanceScale
    let predictor = UNetPredictor(
      unet, predictionType: scheduler.predictionType,
      conditional: textEncoder(prompts.map { tokenizer.tokenize($0).ids }),
      unconditional: guidanceScale == 1
        ? nil : textEncoder(prompts.map { _ in tokenizer.tokenize(negativePrompt).ids }),
      guidanceScale: guidanceScale, refinements: refinements,
      schedule: scheduler.schedule(for: name), probing: probing)
    let start = noise.scaled(by: Float(sampler.initialNoiseScale))
    var latent = start
    for step in DenoisingTrajectory(
      from: start, sampler: sampler, predictor: predictor, generator: generator)
    {
      latent = step.next
    }
    return latent
  }
}
