import Evaluation
import JSON
import Networks
import Storybook
import Tensors
import Training

/// What a run has come to, after its last step or where it was stopped.
struct AutoencoderTrainingResult {
  let trainee: AutoencoderTrainee
  let state: TrainingState
  /// 1/std of the latents of what was trained on; of a network that went on as it was, its own scale.
  let latentScale: Double
  let quality: FirstStageEvaluation.Result
  /// Of one's own pictures that were held out; nil where none is.
  let imageQuality: ReconstructionQuality?
  /// The best linear autoencoder with as many values, learned from the same pieces, and how good it is.
  let analysis: BlockPCA
  let analysisQuality: FirstStageEvaluation.Result
  let analysisImageQuality: ReconstructionQuality?
  /// How far the objective's slope along its own gradient is from the gradient's norm, relative.
  let gradientResidual: Double

  var settings: AutoencoderTrainingSettings { trainee.settings }
  var isFinished: Bool { state.step >= settings.steps }

  /// Measures with the averaged parameters, which are what is saved.
  init(_ trainee: AutoencoderTrainee, _ state: TrainingState) {
    (self.trainee, self.state) = (trainee, state)
    let autoencoder = trainee.autoencoder
    let seed = trainee.settings.seed
    let (pieces, weights) = (trainee.piecesForScale(), WeightMemory())
    let measured = trainee.average.applied {
      (
        trainee.latentScale
          ?? autoencoder.latentScale(
            over: pieces, generator: stepGenerator(seed: seed, step: 0, use: "scale")),
        FirstStageEvaluation.result { autoencoder.reconstruct($0, keeping: weights) }
      )
    }
    (latentScale, quality) = measured
    let images = trainee.evaluation.images
    imageQuality = images.map { images in
      trainee.average.applied {
        ReconstructionQuality(of: images) { autoencoder.reconstruct($0, keeping: weights) }
      }
    }
    let analysis = trainee.blockPCA()
    self.analysis = analysis
    analysisQuality = FirstStageEvaluation.result(of: analysis.reconstruct)
    analysisImageQuality = images.map {
      ReconstructionQuality(of: $0, through: analysis.reconstruct)
    }
    gradientResidual = trainee.average.applied { trainee.gradientResidual() }
  }

  /// For each kind of pictures, how good the autoencoder is and how good block PCA.
  var qualities: [(name: String, quality: ReconstructionQuality, linear: ReconstructionQuality)] {
    let images = imageQuality.flatMap { quality in
      analysisImageQuality.map { [("own pictures, held out", quality, $0)] }
    }
    return [
      ("scenes", quality.scenes, analysisQuality.scenes),
      ("textures", quality.textures, analysisQuality.textures),
    ] + (images ?? [])
  }

  /// What lies beside the weights: how they came about and how good they are.
  func record(command: String) -> JSONValue {
    func numbers(_ measure: KeyPath<ReconstructionQuality, Double>) -> JSONValue {
      var numbers = [
        "scenes": JSONValue.number(quality.scenes[keyPath: measure]),
        "textures": .number(quality.textures[keyPath: measure]),
      ]
      numbers["images"] = imageQuality.map { .number($0[keyPath: measure]) }
      return .object(numbers)
    }
    return .object([
      "command": .string(command),
      "seed": Int(exactly: settings.seed).map(JSONValue.integer) ?? .string("\(settings.seed)"),
      "steps": .integer(state.step), "seconds": .number(state.seconds.rounded()),
      "parameters": .integer(trainee.autoencoder.parameterCount),
      "latent_scale": .number(latentScale), "psnr": numbers(\.meanPSNR),
      "ssim": numbers(\.meanSSIM),
    ])
  }
}

extension AutoencoderTrainee {
  /// Block PCA with as many values, learned from the first pieces that the autoencoder learns from.
  func blockPCA() -> BlockPCA {
    let batches = max(256 / settings.batchSize, 1)
    return BlockPCA(
      learningFrom: .concatenated((0..<batches).map { crops.batch($0) }, along: 0),
      factor: settings.factor,
      components: min(autoencoder.latentChannels, 3 * settings.factor * settings.factor))
  }

  /// Compares the norm of the gradient of a KL or VQ objective, without the critic, with the slope
  /// of the loss along it, by central differences.
  ///
  /// The codes of a VQ autoencoder jump, and its gradient goes straight through them: there the
  /// slope is taken in the decoder alone, for which it is exact.
  func gradientResidual() -> Double {
    let images = crops.batch(0)
    let parameters = autoencoder.parameters.filter {
      settings.regularization == .kl || $0.name.hasPrefix("decoder.")
    }
    let gradients = plainStep(0, images).gradients
    let pairs = parameters.compactMap { parameter in
      gradients[parameter].map { (parameter, parameter.value, $0) }
    }
    let norm = pairs.reduce(0) { $0 + $1.2.dot($1.2) }.squareRoot()
    let scale = pairs.reduce(0) { $0 + $1.1.dot($1.1) }.squareRoot()
    guard norm > 0 else { return 0 }
    func loss(at distance: Double) -> Double {
      for (parameter, value, gradient) in pairs {
        parameter.value = .weightedSum(1, value, Float(distance / norm), gradient)
      }
      return plainStep(0, images).losses.total
    }
    // So short, for a network fresh from its start bends within a thousandth of its length.
    let step = 1e-6 * scale
    let slope = (loss(at: step) - loss(at: -step)) / (2 * step)
    for (parameter, value, _) in pairs { parameter.value = value }
    return abs(slope / norm - 1)
  }
}
