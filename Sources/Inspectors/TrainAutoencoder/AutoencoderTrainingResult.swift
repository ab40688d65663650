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
  /// 1/std of the latents of training scenes.
  let latentScale: Double
  let quality: FirstStageEvaluation.Result
  /// How far the objective's slope along its own gradient is from the gradient's norm, relative.
  let gradientResidual: Double

  var settings: AutoencoderTrainingSettings { trainee.settings }
  var isFinished: Bool { state.step >= settings.steps }

  /// Measures with the averaged parameters, which are what is saved.
  init(_ trainee: AutoencoderTrainee, _ state: TrainingState) {
    (self.trainee, self.state) = (trainee, state)
    let autoencoder = trainee.autoencoder
    let seed = trainee.settings.seed
    let scenes = SceneBatches(seed: seed, split: .training).batch(0..<64).pictures
    let measured = trainee.average.applied {
      (
        autoencoder.latentScale(
          over: scenes, generator: stepGenerator(seed: seed, step: 0, use: "scale")),
        FirstStageEvaluation.result(of: autoencoder.reconstruct)
      )
    }
    (latentScale, quality) = measured
    gradientResidual = trainee.average.applied { trainee.gradientResidual() }
  }

  /// What lies beside the weights: how they came about and how good they are.
  func record(command: String) -> JSONValue {
    func numbers(_ measure: KeyPath<ReconstructionQuality, Double>) -> JSONValue {
      .object([
        "scenes": .number(quality.scenes[keyPath: measure]),
        "textures": .number(quality.textures[keyPath: measure]),
      ])
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
