import Foundation
import Tensors

/// One place on the way from image to noise: how much of each x_t holds.
///
///     x_t = √ᾱ · x_0 + √(1 − ᾱ) · ε
///
/// Notation: `t` is the 0-based training timestep; samplers may stop between two timesteps, and −1
/// stands for the clean image.
public struct NoiseLevel: Sendable, Equatable {
  /// 0-based; −1 when no noise is left to remove.
  public let t: Double
  /// ᾱ, the share of the variance that is signal: 1 is the clean image, 0 is pure noise.
  public let alphaCumprod: Double

  /// A level by its timestep and ᾱ, which lies in 0…1.
  public init(t: Double, alphaCumprod: Double) {
    self.t = t
    self.alphaCumprod = alphaCumprod
  }

  /// The level at which the noise is `sigma` times the signal: ᾱ = 1/(1 + σ²).
  public init(t: Double, sigma: Double) {
    self.init(t: t, alphaCumprod: 1 / (1 + sigma * sigma))
  }

  /// The image itself.
  public static let clean = NoiseLevel(t: -1, alphaCumprod: 1)

  /// √ᾱ
  public var signalScale: Double { alphaCumprod.squareRoot() }
  /// √(1 − ᾱ)
  public var noiseScale: Double { (1 - alphaCumprod).squareRoot() }
  /// σ = √((1 − ᾱ)/ᾱ): the noise over the signal (k-diffusion).
  public var sigma: Double { ((1 - alphaCumprod) / alphaCumprod).squareRoot() }
  /// ᾱ/(1 − ᾱ)
  public var snr: Double { alphaCumprod / (1 - alphaCumprod) }
  /// ln SNR, natural logarithm.
  public var logSNR: Double { log(alphaCumprod) - log1p(-alphaCumprod) }
  /// λ = ln(√ᾱ/√(1 − ᾱ)), half of `logSNR` (DPM-Solver, arXiv:2206.00927).
  public var lambda: Double { logSNR / 2 }
}

// MARK: - ε, x_0 and v say the same thing

extension NoiseLevel {
  /// x_t = √ᾱ · x_0 + √(1 − ᾱ) · ε                                 DDPM (arXiv:2006.11239) Eq. 4
  public func noisy(original: Tensor, noise: Tensor) -> Tensor {
    .combination(signalScale, original, noiseScale, noise)
  }

  /// x̂_0 = (x_t − √(1 − ᾱ) · ε) / √ᾱ                               DDPM Eq. 15
  ///
  /// Not finite at ᾱ = 0: there the noise says nothing about the image.
  public func original(of x: Tensor, noise: Tensor) -> Tensor {
    .combination(1 / signalScale, x, -noiseScale / signalScale, noise)
  }

  /// ε = (x_t − √ᾱ · x_0) / √(1 − ᾱ)
  public func noise(of x: Tensor, original: Tensor) -> Tensor {
    .combination(1 / noiseScale, x, -signalScale / noiseScale, original)
  }

  /// v = √ᾱ · ε − √(1 − ᾱ) · x_0                 progressive distillation (arXiv:2202.00512) §4
  public func velocity(original: Tensor, noise: Tensor) -> Tensor {
    .combination(signalScale, noise, -noiseScale, original)
  }

  /// x̂_0 = √ᾱ · x_t − √(1 − ᾱ) · v
  public func original(of x: Tensor, velocity: Tensor) -> Tensor {
    .combination(signalScale, x, -noiseScale, velocity)
  }

  /// ε = √ᾱ · v + √(1 − ᾱ) · x_t
  public func noise(of x: Tensor, velocity: Tensor) -> Tensor {
    .combination(signalScale, velocity, noiseScale, x)
  }
}
