import Diffusion
import LatentDiffusion
import Networks
import Tensors
import Training

/// Captions as the U-Net hears them: the shipped text encoder's words, computed once and held still,
/// so that nothing but the space of diffusion differs between the models.
struct StudyContexts {
  /// τ_θ of every caption, [N, M, D].
  let captions: Tensor
  /// τ_θ of the empty caption, [1, M, D].
  let empty: Tensor

  init(_ captions: [String], by model: LatentDiffusionModel) {
    func encoded(_ texts: [String]) -> Tensor {
      model.textEncoder(texts.map { model.tokenizer.tokenize($0).ids })
    }
    let parts = stride(from: 0, to: captions.count, by: 64).map {
      encoded(Array(captions[$0..<min($0 + 64, captions.count)]))
    }
    self.captions = .concatenated(parts, along: 0)
    empty = encoded([""])
  }

  /// The contexts of some captions, each left out with a chance of 10 %.
  func drawn(_ indices: [Int], generator: TorchGenerator) -> Tensor {
    let drops = generator.uniform([indices.count]).elements
    return .concatenated(
      zip(indices, drops).map { $1 < 0.1 ? empty : captions.rows($0..<$0 + 1) }, along: 0)
  }
}

/// LDM-f in training: a U-Net that learns to tell the noise in noisy latents.
///
///     L_LDM = E ‖ε − ε_θ(z_t, t, τ(y))‖²                      LDM (arXiv:2112.10752) Eq. 3
final class StudyTrainee: Trainee {
  let unet: UNet2DConditionModel
  private lazy var latents = encode()
  private let encode: () -> EncodedPictures
  private let contexts: StudyContexts
  private let schedule: NoiseSchedule
  private let batch: Int
  private let seed: UInt64
  private let optimizer: AdamW
  private let average: ParameterAverage

  /// After a warm-up the rate stays, so that a model is at each moment what a shorter run would have
  /// made.
  static let learningRate = 1e-3
  private static let warmUp = 50

  /// - Parameter latents: asked for at the first step: a finished model needs none.
  init(
    _ unet: UNet2DConditionModel, latents: @escaping () -> EncodedPictures,
    contexts: StudyContexts, schedule: NoiseSchedule, batch: Int, seed: UInt64
  ) {
    (self.unet, encode, self.contexts) = (unet, latents, contexts)
    (self.schedule, self.batch, self.seed) = (schedule, batch, seed)
    optimizer = AdamW(unet.parameters, AdamW.Settings(clipNorm: 1))
    average = ParameterAverage(unet.parameters, decay: 0.999)
  }

  let columns = ["loss"]

  var parts: [String: any TrainingPart] {
    ["model": SavedParameters(unet.parameters), "adamw": optimizer, "average": average]
  }

  /// Encodes the scenes, if that is still to be done: it is no part of a step's time.
  func prepare() { _ = latents.count }

  func step(_ index: Int) -> [Double] {
    let random = stepGenerator(seed: seed, step: index)
    let scenes = random.integers(in: 0..<latents.count, count: batch)
    let noisy = NoisyBatch(
      latents.latents(scenes, generator: random), schedule, generator: random)
    let context = contexts.drawn(scenes, generator: random)
    let tape = GradientTape(training: unet.parameters)
    let predicted = unet(
      noisy.noisy, timesteps: noisy.timesteps.map(Float.init), context: context,
      ForwardPass(tape: tape))
    let loss = Loss.meanSquaredError(predicted, noisy.target)
    let rate = Self.learningRate * min(Double(index + 1) / Double(Self.warmUp), 1)
    optimizer.step(tape.backward(from: [(predicted, loss.gradient)]), learningRate: rate)
    average.update()
    return [loss.value]
  }

  /// Runs `body` with the averaged weights.
  func withAverage<Result>(_ body: () throws -> Result) rethrows -> Result {
    try average.applied(body)
  }
}
