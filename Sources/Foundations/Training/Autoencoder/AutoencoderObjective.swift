import Networks
import Tensors

/// What the first training stage asks of an autoencoder (arXiv:2112.10752, §3.1, §G):
///
///     L = L_rec + w_p · L_perceptual + w_a λ · L_G + L_reg
///
/// L_rec is a mean over pixels and channels. L_reg of a KL autoencoder is w_kl · KL(q(z | x) ‖ N(0, I))
/// divided by the number of a picture's values: the paper sums both over the picture. L_reg of a VQ
/// autoencoder is the codebook's loss.
public struct AutoencoderObjective: Sendable {
  /// L_rec
  public var reconstruction = ReconstructionLoss(squaredWeight: 1)
  /// w_kl
  public var divergenceWeight = 1e-6
  /// L_reg of a VQ autoencoder.
  public var codebook = CodebookLoss()
  /// L_perceptual; nil for none.
  public var perceptual: PerceptualLoss?
  /// w_p
  public var perceptualWeight = 0.0
  /// w_a: how hard the critic pulls, where 1 is as hard as the rest.
  public var adversarialWeight = 0.0

  /// The reconstruction and a little KL divergence; no network judges.
  public init() {}

  /// What one step found.
  public struct Step {
    /// x̂, [B, 3, H, W]
    public let reconstruction: Tensor
    /// By the autoencoder's parameters.
    public let gradients: Gradients
    /// Each term of L.
    public let losses: AutoencoderLosses
    /// The chosen codes, one for each pixel of the latents; empty with KL.
    public let codes: [Int]
    /// What they were chosen for: [B, h, w, features]; nil with KL.
    public let latents: Tensor?
  }

  /// - Parameters:
  ///   - autoencoder: one with a posterior.
  ///   - images: x, [B, 3, H, W] in [−1, 1]
  ///   - noise: ε ~ N(0, I) for the latents, [B, z, H/f, W/f]
  ///   - critic: the discriminator, when it takes part.
  public func step(
    _ autoencoder: some Autoencoder, on images: Tensor, noise: Tensor, critic: PatchDiscriminator?
  ) -> Step {
    let tape = GradientTape(training: autoencoder.parameters)
    let pass = ForwardPass(tape: tape)
    let moments = autoencoder.encode(images, pass).parameters
    let output = autoencoder.decode(pass.gaussianSample(moments, noise: noise), pass)
    var (losses, gradient) = compare(output, images, autoencoder.parameters, tape, critic)
    let divergence = DivergenceLoss.of(moments)
    let perValue = divergenceWeight / Double(images.count / max(images.shape[0], 1))
    losses.divergence = divergence.value
    losses.total += perValue * divergence.value
    let gradients = tape.backward(from: [
      (output, gradient), (moments, divergence.gradient.scaled(by: Float(perValue))),
    ])
    return Step(
      reconstruction: output, gradients: gradients, losses: losses, codes: [], latents: nil)
  }

  /// - Parameters:
  ///   - autoencoder: the network that learns.
  ///   - images: x, [B, 3, H, W] in [−1, 1]
  ///   - critic: the discriminator, when it takes part.
  public func step(
    _ autoencoder: VQModel, on images: Tensor, critic: PatchDiscriminator?
  ) -> Step {
    let tape = GradientTape(training: autoencoder.parameters)
    let pass = ForwardPass(tape: tape)
    let latents = pass.channelsLast(autoencoder.encode(images, pass).parameters)
    let (vectors, codes) = autoencoder.codebook.quantize(latents, pass)
    let passed = pass.straightThrough(latents, replacedBy: vectors)
    let output = autoencoder.decode(quantized: pass.channelsFirst(passed), pass)
    var (losses, gradient) = compare(output, images, autoencoder.parameters, tape, critic)
    let codebook = codebook(latents, vectors)
    losses.codebook = codebook.value
    losses.total += codebook.value
    let gradients = tape.backward(from: [
      (output, gradient), (latents, codebook.latentGradient), (vectors, codebook.vectorGradient),
    ])
    return Step(
      reconstruction: output, gradients: gradients, losses: losses, codes: codes, latents: latents)
  }

  /// The losses that look at the picture alone.
  /// - Returns: them, and ∂L/∂x̂.
  private func compare(
    _ output: Tensor, _ images: Tensor, _ parameters: [Parameter], _ tape: GradientTape,
    _ critic: PatchDiscriminator?
  ) -> (AutoencoderLosses, Tensor) {
    var losses = AutoencoderLosses()
    losses.meanSquaredError = output.meanSquaredError(from: images)
    var (value, gradient) = reconstruction(output, images)
    losses.reconstruction = value
    if let perceptual, perceptualWeight > 0 {
      let seen = perceptual(output, images)
      losses.perceptual = seen.value
      value += perceptualWeight * seen.value
      gradient = Tensor.weightedSum(1, gradient, Float(perceptualWeight), seen.gradient)
    }
    if let critic {
      let opinion = Self.opinion(of: critic, on: output)
      let weight =
        adversarialWeight * Self.balance(gradient, opinion.gradient, at: output, parameters, tape)
      losses.generator = opinion.value
      losses.adaptiveWeight = weight
      value += weight * opinion.value
      gradient = Tensor.weightedSum(1, gradient, Float(weight), opinion.gradient)
    }
    losses.total = value
    return (losses, gradient)
  }

  /// L_G and ∂L_G/∂x̂.
  private static func opinion(
    of critic: PatchDiscriminator, on output: Tensor
  ) -> (value: Double, gradient: Tensor) {
    let tape = GradientTape(training: [])
    tape.watch(output)
    let logits = critic(output, ForwardPass(tape: tape))
    let loss = AdversarialLoss.generator(fake: logits)
    let gradients = tape.backward(from: [(logits, loss.gradient)])
    return (loss.value, gradients[output] ?? .zeros(output.shape))
  }

  /// λ: the two gradients compared at the decoder's last layer.
  private static func balance(
    _ reconstruction: Tensor, _ adversarial: Tensor, at output: Tensor, _ parameters: [Parameter],
    _ tape: GradientTape
  ) -> Double {
    guard let last = parameters.first(where: { $0.name == "decoder.conv_out.weight" }) else {
      return 0
    }
    func byLast(_ gradient: Tensor) -> Tensor? {
      tape.backward(from: [(output, gradient)], only: [last])[last]
    }
    guard let ours = byLast(reconstruction), let theirs = byLast(adversarial) else { return 0 }
    return AdversarialLoss.adaptiveWeight(reconstruction: ours, adversarial: theirs)
  }
}

/// The parts of a step's loss; 0 where a part does not take part.
public struct AutoencoderLosses: Sendable, Equatable {
  /// L, the sum that is minimised.
  public var total = 0.0
  /// L_rec
  public var reconstruction = 0.0
  /// mean (x̂ − x)²
  public var meanSquaredError = 0.0
  /// L_perceptual, before its weight.
  public var perceptual = 0.0
  /// KL(q(z | x) ‖ N(0, I)) in nats per picture.
  public var divergence = 0.0
  /// The codebook's loss.
  public var codebook = 0.0
  /// L_G, before its weight.
  public var generator = 0.0
  /// w_a λ
  public var adaptiveWeight = 0.0
  /// L_D
  public var discriminator = 0.0

  /// Nothing measured yet.
  public init() {}
}

extension PatchDiscriminator {
  /// L_D of pictures and their reconstructions, and its gradients by the critic's parameters.
  public func judge(
    real: Tensor, fake: Tensor
  ) -> (value: Double, gradients: Gradients) {
    let tape = GradientTape(training: parameters)
    let pass = ForwardPass(tape: tape)
    let (onReal, onFake) = (self(real, pass), self(fake, pass))
    let loss = AdversarialLoss.discriminator(real: onReal, fake: onFake)
    let gradients = tape.backward(from: [
      (onReal, loss.realGradient), (onFake, loss.fakeGradient),
    ])
    return (loss.value, gradients)
  }
}
