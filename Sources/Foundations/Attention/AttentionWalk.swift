import Diffusion
import Imaging
import LatentDiffusion
import Tensors

extension AttentionRun {
  /// Makes a picture from a prompt and looks at every step that the settings want; changed pictures
  /// are drawn beside it, step by step.
  /// - Parameter progress: called after each step of each picture.
  package init(
    _ request: GenerationRequest, with model: LatentDiffusionModel, _ settings: AttentionSettings,
    progress: () -> Void = {}
  ) throws {
    let plan = try Generation(request, with: model)
    let latent = (height: plan.start.shape[2], width: plan.start.shape[3])
    let timesteps = (plan.firstIndex..<plan.sampler.plan.count).map { plan.sampler.plan[$0].from.t }
    let recorders = try Recorders(
      model, settings, prompts: plan.prompts, latent: latent, timesteps: timesteps,
      guided: request.guidanceScale != 1)
    let store = AttentionStore(settings.injection, steps: plan.stepCount)
    let needsStore = settings.interventions.contains(where: \.injects)
    let watch = AttentionWatch(
      recorders.layers, recorders.observers + (needsStore ? [store] : []))
    let generation = try Generation(request, with: model, probing: watch.probe)
    var changed = try settings.interventions.map {
      try VariantWalk($0, of: generation, recorders, store: store, settings.injection)
    }
    let shown = Self.decoded(recorders.conditional.page.steps, pixels: latent.height * latent.width)
    var frames: [Frame] = []
    var specimenInput = generation.start
    var last = generation.start
    for step in generation {
      let evaluation = step.denoising.evaluations[0]
      if step.number == recorders.specimen.step { specimenInput = evaluation.input }
      frames.append(
        Frame(
          number: step.number, t: step.t, sigma: step.sigma,
          believed: shown.contains(step.number)
            ? Image(generation.decode(step.predictedOriginal)) : nil))
      last = try step.next.checkedFinite(
        "the U-Net of \(model.origin), after step \(step.number) (t = \(Int(step.t)))")
      progress()
      for index in changed.indices {
        changed[index].step()
        progress()
      }
    }
    let picture = generation.decode(last)
    let heatmaps = recorders.heatmaps()
    self.init(
      model, generation.prompts, looksAtPicture: false, frames: frames, picture: Image(picture),
      recorders: recorders, heatmaps: heatmaps, specimenInput: specimenInput,
      variants: changed.map {
        $0.finished(original: picture, heatmaps: heatmaps, columns: recorders.conditional.columns)
      })
  }

  /// Looks at a person's picture: encoded, noised to each timestep with the same noise, one pass
  /// each.
  /// - Parameters:
  ///   - picture: shape [1, 3, H, W] in [−1, 1], sides multiples of f.
  ///   - timesteps: 0-based.
  package init(
    lookingAt picture: Tensor, prompt: String, negativePrompt: String = "", timesteps: [Int],
    generator: TorchGenerator, with model: LatentDiffusionModel, _ settings: AttentionSettings,
    progress: () -> Void = {}
  ) throws {
    let prompts = model.encode(prompt: prompt, negativePrompt: negativePrompt)
    let original = try model.firstStage.encode(picture, generator: generator)
      .checkedFinite("the autoencoder of \(model.origin), encoding the picture")
    let noise = generator.normal(original.shape)
    let recorders = try Recorders(
      model, settings, prompts: prompts, latent: (original.shape[2], original.shape[3]),
      timesteps: timesteps.map(Double.init), guided: true)
    let watch = AttentionWatch(recorders.layers, recorders.observers)
    // Guidance is not used here; a scale other than 1 makes the U-Net listen to both prompts.
    let predictor = UNetPredictor(
      model.unet, predictionType: model.scheduler.predictionType,
      conditional: prompts.conditional, unconditional: prompts.unconditional,
      guidanceScale: settings.listensToNegative ? 2 : 1, probing: watch.probe)
    let shown = Self.decoded(
      recorders.conditional.page.steps, pixels: original.shape[2] * original.shape[3])
    var frames: [Frame] = []
    var specimenInput = original
    for (number, t) in timesteps.enumerated() {
      let level = model.scheduler.schedule.level(at: t)
      let noisy = level.noisy(original: original, noise: noise)
      if number == recorders.specimen.step { specimenInput = noisy }
      predictor.begin(step: number)
      let evaluation = predictor.predict(noisy, at: Double(t))
      try evaluation.output.checkedFinite("the U-Net of \(model.origin), at t = \(t)")
      let believed =
        shown.contains(number)
        ? Self.believed(evaluation, noisy, at: level, model) : nil
      frames.append(Frame(number: number, t: Double(t), sigma: level.sigma, believed: believed))
      progress()
    }
    self.init(
      model, prompts, looksAtPicture: true, frames: frames, picture: Image(picture),
      recorders: recorders, heatmaps: recorders.heatmaps(), specimenInput: specimenInput,
      variants: [])
  }

  private init(
    _ model: LatentDiffusionModel, _ prompts: EncodedPrompts, looksAtPicture: Bool,
    frames: [Frame], picture: Image, recorders: Recorders, heatmaps: [Heatmaps],
    specimenInput: Tensor, variants: [Variant]
  ) {
    isTrained = model.isTrained
    self.prompts = prompts
    self.looksAtPicture = looksAtPicture
    self.frames = frames
    self.picture = picture
    latent = recorders.latent
    conditional = recorders.conditional
    unconditional = recorders.unconditional
    selfAttention = recorders.selfAttention
    self.heatmaps = heatmaps
    self.variants = variants
    let specimen = recorders.specimen
    arithmetic = AttentionArithmetic(
      model.unet, layer: specimen.layer, input: specimenInput, t: frames[specimen.step].t,
      context: prompts.conditional,
      captured: specimen.matrices
        ?? .zeros([specimen.layer.heads, specimen.layer.pixels, prompts.conditional.shape[1]]))
  }

  /// x̂_0 of what the model said with the prompt.
  private static func believed(
    _ evaluation: Prediction, _ noisy: Tensor, at level: NoiseLevel, _ model: LatentDiffusionModel
  ) -> Image {
    let output = evaluation.guidance?.conditional ?? evaluation.output
    let original =
      switch model.scheduler.predictionType {
      case .noise: level.original(of: noisy, noise: output)
      case .original: output
      case .velocity: level.original(of: noisy, velocity: output)
      }
    return Image(model.firstStage.decode(original))
  }

  /// The steps whose x̂_0 is decoded: all that the page holds of a small picture, six of a large one.
  private static func decoded(_ steps: [Int], pixels: Int) -> Set<Int> {
    guard pixels > 1024, steps.count > 6 else { return Set(steps) }
    return Set((0..<6).map { steps[$0 * (steps.count - 1) / 5] })
  }
}
