import Networks
import Training

/// What decides the numbers of a run of the first training stage.
package struct AutoencoderTrainingSettings: Sendable, Equatable {
  package var regularization = LatentRegularization.kl
  /// f, one of `AutoencoderZoo.factors`.
  package var factor = 8
  package var steps = 10_000
  package var seed: UInt64 = 42
  package var batchSize = 8
  /// Pixels a side of the pieces that are trained on.
  package var cropSize = 64
  /// The share of textures among the pictures.
  package var textureShare = 0.3
  /// The folder of one's own pictures and a digest of what it holds; empty for none.
  package var images = ""
  /// The share of one's own pictures among the pieces, where there are any.
  package var imageShare = 1.0
  package var start = FirstValues.quiet
  /// The name of the autoencoder whose blocks this one begins with; empty for none.
  package var source = ""
  package var learningRate = 6e-4
  package var squaredWeight = 10.0
  /// w_kl; only with KL.
  package var divergenceWeight = 1e-6
  /// β; only with VQ.
  package var commitment = 0.25
  /// w_p; 0 trains without.
  package var perceptualWeight = 0.0
  /// w_a; 0 trains without a critic.
  package var adversarialWeight = 0.0
  /// The step at which the critic begins to count. It learns from a little before.
  package var adversarialStart = 0

  package init() {}

  /// Steps over which the learning rate rises.
  package var warmUp: Int { max(1, steps / 50) }
  /// The average of the parameters looks back over about a twentieth of the run.
  package var averageDecay: Double { 1 - min(20 / Double(steps), 1) }

  /// What makes a run this run, by the options that set it: a state goes on with the same only.
  package var identity: [String: String] {
    var identity = [
      "--kind": regularization.rawValue, "--factor": "\(factor)", "--steps": "\(steps)",
      "--seed": "\(seed)", "--batch": "\(batchSize)", "--crop": "\(cropSize)",
      "--textures": "\(textureShare)", "--learning-rate": "\(learningRate)",
      "--start": start.rawValue, "--from": source, "--mse-weight": "\(squaredWeight)",
      "--perceptual-weight": "\(perceptualWeight)",
      "--adversarial-weight": "\(adversarialWeight)",
      "--adversarial-start": "\(adversarialStart)",
    ]
    if !images.isEmpty {
      identity["--images"] = images
      identity["--image-share"] = "\(imageShare)"
    }
    switch regularization {
    case .kl: identity["--kl-weight"] = "\(divergenceWeight)"
    case .vq: identity["--commitment"] = "\(commitment)"
    }
    return identity
  }

  /// Options that take their value from others where they are left out, those first that others follow.
  package static let following = [
    "--factor", "--kind", "--adversarial-start", "--commitment", "--kl-weight", "--learning-rate",
  ]
}

/// What an untrained autoencoder begins with.
package enum FirstValues: String, CaseIterable, Sendable {
  /// See `QuietStart`.
  case quiet
  /// As PyTorch initialises its layers.
  case pytorch
  /// See `LinearStart`.
  case linear
}
