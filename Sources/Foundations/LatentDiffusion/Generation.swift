import Diffusion
import Networks
import Tensors

/// A picture in the making: the denoising loop as a sequence of its steps.
///
///     let generation = try Generation(request, with: model)
///     for step in generation { latent = step.next }
///     let picture = generation.decode(latent)
///
/// Everything random comes from the request's seed, drawn in the order in which diffusers draws it.
/// Walking a second time gives the same numbers.
public struct Generation: Sequence {
  /// What makes the picture.
  public let model: LatentDiffusionModel
  /// What was asked for.
  public let request: GenerationRequest
  /// The prompts as the U-Net hears them.
  public private(set) var prompts: EncodedPrompts
  /// Of the picture, in pixels.
  public let height: Int
  /// Of the picture, in pixels.
  public let width: Int
  /// The sampler by name: the request's, or the model's own.
  public let samplerName: SamplerName
  /// What its walk does, the model's own settings and those of the request; nil for what says nothing of it.
  public let walk: WalkSettings
  /// Its plan is walked from `firstIndex` on.
  public let sampler: any Sampler
  /// More than 0 when a picture is there to begin from.
  public let firstIndex: Int
  /// z at the first noise level, shape [1, z, H/f, W/f], scaled as the sampler's `space` says.
  public private(set) var start: Tensor
  private let knownRegion: KnownRegion?
  private let concatenated: Tensor?
  private let generator: TorchGenerator
  private let batching: UNetPredictor.Batching
  private var probing: UNetProbing?

  /// Encodes the prompts and prepares the first latent; no step is made yet.
  /// - Parameters:
  ///   - request: what picture is wanted.
  ///   - model: what makes it.
  ///   - batching: how the two halves of guidance are computed.
  /// - Throws: `GenerationError`, `PromptMarkError`, `SamplerError`, or `JSONError` for a scheduler setting that
  ///   the sampler cannot honour.
  public init(
    _ request: GenerationRequest, with model: LatentDiffusionModel,
    batching: UNetPredictor.Batching = .together
  ) throws {
    let size = try request.size(for: model)
    try request.validate(for: model, height: size.height, width: size.width)
    samplerName = try model.scheduler.samplerName(given: request.sampler)
    let sampler = try model.scheduler.sampler(
      samplerName, steps: request.steps, settings: request.walk)
    walk = try model.scheduler.settings(of: samplerName, given: request.walk)
    let firstIndex = try request.firstIndex(in: sampler, of: model)
    let generator = TorchGenerator(seed: request.seed)
    let beginning = Beginning(
      request, model, sampler: sampler, firstIndex: firstIndex, size: size, generator: generator)
    self.model = model
    self.request = request
    (height, width) = size
    self.sampler = sampler
    self.firstIndex = firstIndex
    self.generator = generator
    self.batching = batching
    start = beginning.latent
    knownRegion = beginning.knownRegion
    concatenated = beginning.concatenated
    prompts = try model.encode(
      prompt: request.prompt, negativePrompt: request.negativePrompt, reading: request.reading,
      skippingLast: request.clipSkip)
  }

  /// The same generation while somebody looks into the passes of its U-Net, or changes them.
  /// - Parameters:
  ///   - probing: gives the probe for each pass.
  ///   - other: what the U-Net hears instead; nil for the same prompts.
  public func probed(
    by probing: @escaping UNetProbing, hearing other: EncodedPrompts? = nil
  ) -> Generation {
    var copy = self
    copy.probing = probing
    if let other { copy.prompts = other }
    return copy
  }

  /// Several pictures made together, with one batch through the U-Net at each step. Row b of every
  /// tensor is that of generation b alone, to rounding.
  ///
  /// - Parameter generations: of one model, and alike in all but prompt and seed.
  /// - Returns: nil where each must be made by itself: its sampler draws noise on its way, which is
  ///   another one for each seed, part of a picture is kept, or the prompts are of several lengths.
  /// - Precondition: sampler, steps, guidance scale, precision and size are the same for all.
  public static func together(_ generations: [Generation]) -> Generation? {
    guard var whole = generations.first, !whole.sampler.drawsNoise, whole.knownRegion == nil,
      whole.concatenated == nil,
      Set(generations.map(\.prompts.conditional.shape)).count == 1
    else { return nil }
    precondition(
      generations.allSatisfy {
        $0.samplerName == whole.samplerName && $0.request.walk == whole.request.walk
          && $0.sampler.plan.count == whole.sampler.plan.count
          && $0.firstIndex == whole.firstIndex && $0.start.shape == whole.start.shape
          && $0.request.guidanceScale == whole.request.guidanceScale
          && $0.request.precision == whole.request.precision
      }, "generations that are not alike")
    whole.start = .concatenated(generations.map(\.start), along: 0)
    whole.prompts = EncodedPrompts(
      conditionalTokens: whole.prompts.conditionalTokens,
      unconditionalTokens: whole.prompts.unconditionalTokens,
      conditional: .concatenated(generations.map(\.prompts.conditional), along: 0),
      unconditional: .concatenated(generations.map(\.prompts.unconditional), along: 0))
    return whole
  }

  /// How many steps the loop has.
  public var stepCount: Int { sampler.plan.count - firstIndex }

  /// The noise schedule that the sampler walks.
  var schedule: NoiseSchedule { model.scheduler.schedule(for: samplerName) }

  /// What memory the U-Net's passes spend.
  public var memoryUse: MemoryUse {
    request.memoryUse ?? MemoryUse(fitting: model.unet.parameters, passes: stepCount)
  }

  /// The U-Net under this request's prompts.
  /// - Parameters:
  ///   - guidanceScale: the request's unless given.
  ///   - batching: how the two halves of guidance are computed.
  ///   - precision: the request's unless given.
  public func predictor(
    guidanceScale: Double? = nil, batching: UNetPredictor.Batching? = nil,
    precision: Precision? = nil
  ) -> UNetPredictor {
    UNetPredictor(
      model.unet, predictionType: model.scheduler.predictionType,
      conditional: prompts.conditional, unconditional: prompts.unconditional,
      guidanceScale: guidanceScale ?? request.guidanceScale, refinements: request.refinements,
      schedule: schedule, concatenated: concatenated,
      imageGuidanceScale: model.isForEditing
        ? request.imageGuidanceScale ?? GenerationRequest.usualImageGuidanceScale : 1,
      batching: batching ?? self.batching, precision: precision ?? request.precision,
      memoryUse: memoryUse, probing: probing)
  }

  /// How far rounding moves what the U-Net says: ‖ε − ε₃₂‖ / ‖ε₃₂‖ at a step, ε as the walk has it and
  /// ε₃₂ from the same latent with products in Float32. Costs a step.
  /// - Parameter step: of this picture's walk, or of one together with others of which it is the first.
  /// - Returns: nil where nothing is rounded.
  public func distanceFromFloat32(at step: GenerationStep) -> Double? {
    guard request.precision != .float32 else { return nil }
    let evaluation = step.denoising.evaluations[0]
    let exact = predictor(precision: .float32)
      .predict(evaluation.input.rows(0..<1), at: evaluation.level.t).output
    let difference = Tensor.weightedSum(1, evaluation.prediction.output.rows(0..<1), -1, exact)
    return difference.norm / Swift.max(exact.norm, .leastNormalMagnitude)
  }

  /// The picture of a latent, shape [1, 3, H, W], roughly in [−1, 1]; outside the mask that of the
  /// request itself where it is put back.
  public func decode(_ latent: Tensor) -> Tensor { pasted(model.firstStage.decode(latent)) }

  /// The same of the last latent, if all of the picture is finite.
  /// - Throws: `NotFiniteError`.
  package func finished(_ latent: Tensor) throws -> Tensor {
    try decode(latent)
      .checkedFinite("the autoencoder of \(model.origin), decoding the last latent")
  }

  /// The pictures of latents, each as `decode` makes it.
  public func decode(each latents: [Tensor]) -> [Tensor] {
    model.firstStage.decode(each: latents).map(pasted)
  }

  /// The pictures that the model believes in on the way: x̂_0 decoded by the model's preview, where it
  /// has one.
  /// - Parameter originals: x̂_0, [B, z, h, w], scaled.
  /// - Returns: [B, 3, f·h, f·w], roughly in [−1, 1].
  public func believed(_ originals: Tensor) -> Tensor {
    pasted((model.preview ?? model.firstStage).decode(originals))
  }

  /// The same of several by themselves.
  /// - Parameter originals: x̂_0, each [1, z, h, w], scaled.
  /// - Returns: each [1, 3, f·h, f·w], roughly in [−1, 1].
  public func believed(each originals: [Tensor]) -> [Tensor] {
    (model.preview ?? model.firstStage).decode(each: originals).map(pasted)
  }

  /// A picture with the request's own outside of its mask, where that was asked for.
  private func pasted(_ picture: Tensor) -> Tensor {
    guard request.pastesBack, let mask = request.mask, let image = request.initialImage else {
      return picture
    }
    let new = Tensor.concatenated([mask, mask, mask], along: 1).map { $0 < 0.5 ? 0 : 1 }
    // Exactly the one or the other, also where the autoencoder goes beyond what a picture holds.
    return Tensor(
      picture.shape,
      zip(zip(picture.elements, image.elements), new.elements).map { $1 > 0 ? $0.0 : $0.1 })
  }

  /// Walks the steps, from the first noise on, with a fresh generator.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// The walk through the steps.
  public struct Iterator: IteratorProtocol {
    private let predictor: UNetPredictor
    private var steps: DenoisingTrajectory.Iterator
    private var number = 0

    init(_ generation: Generation) {
      let predictor = generation.predictor()
      self.predictor = predictor
      steps = DenoisingTrajectory(
        from: generation.start, sampler: generation.sampler,
        predictor: generation.knownRegion.map {
          RegionPredictor(predictor, region: $0, schedule: generation.schedule)
        } ?? predictor,
        generator: generation.generator.copy(), firstIndex: generation.firstIndex,
        knownRegion: generation.knownRegion
      ).makeIterator()
    }

    /// Makes the next step, with one or more passes of the U-Net; nil after the last.
    public mutating func next() -> GenerationStep? {
      predictor.begin(step: number)
      let start = ContinuousClock.now
      guard let step = steps.next() else { return nil }
      defer { number += 1 }
      return GenerationStep(
        number: number, denoising: step, predictionType: predictor.predictionType,
        seconds: (ContinuousClock.now - start) / .seconds(1))
    }
  }
}
