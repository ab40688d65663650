import Networks
import Storybook
import Tensors
import Training

/// The first training stage: an autoencoder, its critic, and all that changes from step to step.
package final class AutoencoderTrainee: Trainee {
  package let settings: AutoencoderTrainingSettings
  package let autoencoder: any Autoencoder
  /// What is saved in the end: the average of the parameters over the last steps.
  package let average: ParameterAverage
  package let evaluation: AutoencoderEvaluation
  let crops: PictureCrops
  private let critic: PatchDiscriminator
  private let optimizer, criticOptimizer: AdamW
  private let revival: CodebookRevival?
  private let objective: AutoencoderObjective
  private let schedule: LearningRateSchedule

  /// - Parameters:
  ///   - features: what the perceptual loss compares; needed unless its weight is 0.
  ///   - source: a trained autoencoder whose blocks to begin with, where they fit.
  ///   - network: a trained autoencoder that goes on learning as it is; nil for one of the zoo.
  ///   - photographs: one's own pictures.
  ///   - resumes: whether a state takes the place of all first values, so that none are learned.
  /// - Throws: never for the factors of the zoo.
  package init(
    _ settings: AutoencoderTrainingSettings, features: (any PerceptualFeatures)? = nil,
    source: (any Autoencoder)? = nil, continuing network: (any Autoencoder)? = nil,
    photographs: PhotographCrops? = nil, resumes: Bool = false
  ) throws {
    precondition(
      settings.perceptualWeight == 0 || features != nil, "a perceptual loss without features")
    self.settings = settings
    latentScale = network?.architecture.scalingFactor
    crops = PictureCrops(
      of: PictureMix(seed: settings.seed, textureShare: settings.textureShare),
      and: photographs, share: settings.imageShare, size: settings.cropSize,
      batchSize: settings.batchSize, seed: settings.seed)
    autoencoder =
      try network
      ?? Self.network(
        settings, from: source, learningFrom: resumes ? nil : crops)
    revival = (autoencoder as? VQModel).map {
      CodebookRevival(
        $0.codebook, interval: max(1, min(100, settings.steps / 20)),
        lastStep: settings.steps * 3 / 4)
    }
    critic = try PatchDiscriminator(PatchDiscriminatorConfiguration(), seed: settings.seed)
    average = ParameterAverage(autoencoder.parameters, decay: settings.averageDecay)
    optimizer = AdamW(
      autoencoder.parameters,
      AdamW.Settings(beta1: 0.9, beta2: 0.99, weightDecay: 0, clipNorm: 1))
    // A critic must forget quickly: the paper's code has these moments for both networks.
    criticOptimizer = AdamW(
      critic.parameters, AdamW.Settings(beta1: 0.5, beta2: 0.9, weightDecay: 0, clipNorm: 1))
    objective = Self.objective(settings, features)
    schedule = LearningRateSchedule(
      peak: settings.learningRate, warmUp: settings.warmUp, steps: settings.steps)
    evaluation = AutoencoderEvaluation(steps: settings.steps, photographs: photographs)
  }

  /// A new one of the zoo with the first values of the settings, or the blocks of `source` where they
  /// fit.
  /// - Parameter crops: what a linear start learns from; nil where its values are not wanted.
  private static func network(
    _ settings: AutoencoderTrainingSettings, from source: (any Autoencoder)?,
    learningFrom crops: PictureCrops?
  ) throws -> any Autoencoder {
    let groups =
      settings.start == .linear
      ? LinearStart.normGroups : source?.architecture.normGroups ?? AutoencoderZoo.normGroups
    let network = try AutoencoderZoo.network(
      settings.regularization, factor: settings.factor, normGroups: groups, seed: settings.seed)
    switch settings.start {
    case .pytorch: break
    case .quiet: QuietStart.apply(to: network.parameters)
    case .linear:
      guard let crops else { break }
      let lessons = (0..<(256 + settings.batchSize - 1) / settings.batchSize).map(crops.batch)
      LinearStart.apply(to: network, learningFrom: .concatenated(lessons, along: 0))
    }
    if let source { WarmStart.apply(to: network.parameters, from: source.parameters) }
    return network
  }

  private static func objective(
    _ settings: AutoencoderTrainingSettings, _ features: (any PerceptualFeatures)?
  ) -> AutoencoderObjective {
    var objective = AutoencoderObjective()
    objective.reconstruction = ReconstructionLoss(squaredWeight: settings.squaredWeight)
    objective.divergenceWeight = settings.divergenceWeight
    objective.codebook = CodebookLoss(commitment: settings.commitment)
    objective.perceptual = features.map { PerceptualLoss($0) }
    objective.perceptualWeight = settings.perceptualWeight
    objective.adversarialWeight = settings.adversarialWeight
    return objective
  }

  package let columns = [
    "learning_rate", "loss", "reconstruction", "mse", "perceptual", "kl", "codebook",
    "codes_in_use", "generator", "adaptive_weight", "discriminator", "gradient_norm",
    "psnr_scenes", "psnr_textures", "psnr_images",
  ]

  package var parts: [String: any TrainingPart] {
    var parts: [String: any TrainingPart] = [
      "model": SavedParameters(autoencoder.parameters), "average": average,
      "optimizer": optimizer, "evaluation": evaluation,
    ]
    if let revival { parts["codebook"] = revival }
    if usesCritic {
      parts["critic"] = SavedParameters(critic.parameters)
      parts["critic_optimizer"] = criticOptimizer
    }
    return parts
  }

  private var usesCritic: Bool { settings.adversarialWeight > 0 }

  package func step(_ index: Int) -> [Double] {
    let images = crops.batch(index)
    let rate = schedule[index]
    let counts = usesCritic && index >= settings.adversarialStart
    let step = step(index, images, critic: counts ? critic : nil)
    let norm = optimizer.step(step.gradients, learningRate: rate)
    let codesInUse = step.latents.flatMap {
      revival?.note(
        step.codes, of: $0, step: index,
        generator: stepGenerator(seed: settings.seed, step: index, use: "codebook"))
    }
    average.update()
    let judged = trainCritic(index, images, step.reconstruction)
    let quality = evaluation.isDue(after: index) ? measure(index) : nil
    let (losses, none) = (step.losses, Double.nan)
    let isKL = settings.regularization == .kl
    return [
      rate, losses.total, losses.reconstruction, losses.meanSquaredError,
      settings.perceptualWeight > 0 ? losses.perceptual : none,
      isKL ? losses.divergence : none, isKL ? none : losses.codebook, codesInUse ?? none,
      counts ? losses.generator : none, counts ? losses.adaptiveWeight : none, judged ?? none, norm,
      quality?.scenes ?? none, quality?.textures ?? none, quality?.images ?? none,
    ]
  }

  /// What a network that went on as it was multiplies its latents with: the diffusion models that
  /// know it expect that. Nil for one of the zoo, whose scale is measured.
  let latentScale: Double?

  /// Sixty-four pictures to measure the latents of: training scenes, or pieces of what is trained on
  /// where one's own pictures are among it.
  func piecesForScale() -> Tensor {
    guard crops.photographs != nil else {
      return SceneBatches(seed: settings.seed, split: .training).batch(0..<64).pictures
    }
    let batches = (0..<max(64 / settings.batchSize, 1)).map { crops.batch($0) }
    return .concatenated(batches, along: 0)
  }

  /// The objective of step `index` without the critic.
  func plainStep(_ index: Int, _ images: Tensor) -> AutoencoderObjective.Step {
    step(index, images, critic: nil)
  }

  private func step(
    _ index: Int, _ images: Tensor, critic: PatchDiscriminator?
  ) -> AutoencoderObjective.Step {
    if let network = autoencoder as? VQModel {
      return objective.step(network, on: images, critic: critic)
    }
    let side = settings.cropSize / settings.factor
    let noise = stepGenerator(seed: settings.seed, step: index, use: "latent")
      .normal([images.shape[0], autoencoder.latentChannels, side, side])
    return objective.step(autoencoder, on: images, noise: noise, critic: critic)
  }

  /// The critic's own step. It begins a little before it counts, so that it knows what it speaks of,
  /// and keeps its speed while the autoencoder slows down.
  private func trainCritic(
    _ index: Int, _ images: Tensor, _ reconstruction: Tensor
  ) -> Double? {
    let headStart = settings.steps / 50
    guard usesCritic, index >= settings.adversarialStart - headStart else { return nil }
    let judged = critic.judge(real: images, fake: reconstruction)
    criticOptimizer.step(judged.gradients, learningRate: 0.5 * settings.learningRate)
    return judged.value
  }

  private func measure(_ index: Int) -> AutoencoderEvaluation.Quality {
    average.applied { evaluation.measure(autoencoder, after: index) }
  }
}
