import Diffusion
import Networks
import Tensors

/// One step of the denoising loop with everything that happened in it.
public struct GenerationStep: Sendable {
  /// 0-based position in the loop.
  public let number: Int
  /// The step in the sampler's own terms.
  public let denoising: DenoisingStep
  let predictionType: PredictionType
  /// Wall-clock time.
  public let seconds: Double

  /// 0-based, possibly between two training timesteps.
  public var t: Double { denoising.t }
  /// σ = √((1 − ᾱ)/ᾱ) at t.
  public var sigma: Double { denoising.transition.from.sigma }
  /// z_t as the sampler carries it: scaled as its `space` says, like diffusers' `latents`.
  public var latent: Tensor { denoising.current }
  /// What the sampler carries on to the next step.
  public var next: Tensor { denoising.next }
  /// ε̂, guided.
  public var predictedNoise: Tensor { denoising.predictedNoise }
  /// x̂_0 in the latent space.
  public var predictedOriginal: Tensor { denoising.predictedOriginal }
  /// s; 1 where there was no guidance.
  public var guidanceScale: Double { guidance?.scale ?? 1 }
  /// ε_u; nil without guidance.
  public var unconditionalNoise: Tensor? { guidance.map { noise($0.unconditional) } }
  /// ε_c; nil without guidance, when it is `predictedNoise`.
  public var conditionalNoise: Tensor? { guidance.map { noise($0.conditional) } }
  /// ε_c − ε_u: where guidance pushes; nil without it.
  public var guidanceDirection: Tensor? {
    guard let unconditionalNoise, let conditionalNoise else { return nil }
    return conditionalNoise - unconditionalNoise
  }

  /// What the next step begins with, if all of it is finite.
  /// - Throws: `NotFiniteError`.
  @discardableResult
  package func checkedNext(of model: LatentDiffusionModel) throws -> Tensor {
    try next.checkedFinite("the U-Net of \(model.origin), after step \(number) (t = \(Int(t)))")
  }

  private var first: Evaluation { denoising.evaluations[0] }
  private var guidance: Guidance? { first.prediction.guidance }

  /// A model's output read as the noise in z_t.
  private func noise(_ output: Tensor) -> Tensor {
    switch predictionType {
    case .noise: output
    case .original: first.level.noise(of: first.input, original: output)
    case .velocity: first.level.noise(of: first.input, velocity: output)
    }
  }
}
