import Diffusion
import Imaging
import LatentDiffusion
import Networks
import Tensors

extension AttentionRun {
  /// Makes a picture and looks at every step that the settings want.
  /// - Parameters:
  ///   - generation: the picture.
  ///   - settings: which matrices are looked at.
  ///   - progress: called after each step.
  package init(
    _ generation: Generation, _ settings: AttentionSettings, progress: () -> Void = {}
  ) throws {
    let (model, latent) = (generation.model, generation.latentSize)
    let recorders = try Recorders(
      model, settings, prompts: generation.prompts, latent: latent,
      timesteps: generation.timesteps, guided: generation.request.guidanceScale != 1)
    let watch = AttentionWatch(recorders.layers, recorders.observers)
    let shown = Self.decoded(recorders.conditional.page.steps, pixels: latent.height * latent.width)
    var frames: [Frame] = []
    var specimenInput = generation.start
    var last = generation.start
    for step in generation.probed(by: watch.probe) {
      let evaluation = step.denoising.evaluations[0]
      if step.number == recorders.specimen.step { specimenInput = evaluation.input }
      frames.append(
        Frame(
          number: step.number, t: step.t, sigma: step.sigma,
          believed: shown.contains(step.number)
            ? Image(generation.decode(step.predictedOriginal)) : nil))
      last = try step.checkedNext(of: model)
      progress()
    }
    self.init(
      model, generation.prompts, walkWords: generation.walkWords,
      partsWords: generation.partsWords, frames: frames,
      picture: Image(generation.decode(last)), recorders: recorders, specimenInput: specimenInput)
  }

  /// Looks at a person's picture: encoded, noised to each timestep with the same noise, one pass
  /// each.
  /// - Parameters:
  ///   - picture: shape [1, 3, H, W] in [−1, 1], sides multiples of f.
  ///   - request: both prompts, how they are read, and the seed; nothing else of it counts.
  ///   - timesteps: 0-based.
  ///   - model: the one that looks.
  ///   - settings: which matrices are looked at.
  ///   - progress: called after each pass.
  package init(
    lookingAt picture: Tensor, for request: GenerationRequest, timesteps: [Int],
    with model: LatentDiffusionModel, _ settings: AttentionSettings, progress: () -> Void = {}
  ) throws {
    try model.requireLatentAlone()
    try request.requireLayers(of: model)
    let prompts = try model.encode(
      prompt: request.prompt, negativePrompt: request.negativePrompt, reading: request.reading,
      skippingLast: request.clipSkip)
    let generator = TorchGenerator(seed: request.seed)
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
      model, prompts, walkWords: nil, partsWords: request.partsWords(with: model),
      frames: frames, picture: Image(picture),
      recorders: recorders, specimenInput: specimenInput)
  }

  private init(
    _ model: LatentDiffusionModel, _ prompts: EncodedPrompts, walkWords: String?,
    partsWords: [String], frames: [Frame], picture: Image, recorders: Recorders,
    specimenInput: Tensor
  ) {
    self.prompts = prompts
    (self.walkWords, self.partsWords) = (walkWords, partsWords)
    looksAtPicture = walkWords == nil
    self.frames = frames
    self.picture = picture
    latent = recorders.latent
    conditional = recorders.conditional
    unconditional = recorders.unconditional
    selfAttention = recorders.selfAttention
    heatmaps = conditional.heatmaps(latent: latent)
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

extension Generation {
  /// Height and width of the latent.
  var latentSize: (height: Int, width: Int) { (start.shape[2], start.shape[3]) }

  /// Of every step, 0-based.
  var timesteps: [Double] {
    (firstIndex..<sampler.plan.count).map { sampler.plan[$0].from.t }
  }
}
