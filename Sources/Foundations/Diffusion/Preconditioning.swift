import Foundation
import Tensors

/// How a network is wrapped into a denoiser: what it is shown, what it must say, and what of x̃ is passed
/// by it.
///
///     D(x̃; σ) = c_skip(σ) · x̃ + c_out(σ) · F(c_in(σ) · x̃; c_noise(σ)),   x̃ = x_0 + σ·ε
///
/// F is the network, D its x̂_0. Models that predict ε or v are denoisers of this form as well.
///
/// Source: Karras et al. (arXiv:2206.00364) Eq. 7 and Table 1.
public enum Preconditioning: Sendable, Equatable {
  /// A network that predicts ε from x_t, as Stable Diffusion's: F = ε̂.
  ///
  ///     c_skip = 1,  c_out = −σ,  c_in = 1/√(σ² + 1),  c_noise = t
  case noise
  /// A network that predicts v from x_t: F = v̂ (arXiv:2202.00512).
  ///
  ///     c_skip = 1/(σ² + 1),  c_out = −σ/√(σ² + 1),  c_in = 1/√(σ² + 1),  c_noise = t
  case velocity
  /// EDM's, for data of the given root mean square. With 1 it is that of v with the sign turned.
  ///
  ///     c_skip = σ_d²/(σ² + σ_d²),  c_out = σ·σ_d/√(σ² + σ_d²),  c_in = 1/√(σ² + σ_d²)
  ///     c_noise = ln(σ)/4
  case edm(dataDeviation: Double)

  /// What x̃ is multiplied by on the way past the network.
  /// - Parameter level: by its σ.
  public func skip(at level: NoiseLevel) -> Double {
    switch self {
    case .noise: 1
    case .velocity: 1 / (level.sigma * level.sigma + 1)
    case .edm(let data): data * data / (level.sigma * level.sigma + data * data)
    }
  }

  /// What the network's output is multiplied by.
  /// - Parameter level: by its σ.
  public func output(at level: NoiseLevel) -> Double {
    let sigma = level.sigma
    switch self {
    case .noise: return -sigma
    case .velocity: return -sigma / (sigma * sigma + 1).squareRoot()
    case .edm(let data): return sigma * data / (sigma * sigma + data * data).squareRoot()
    }
  }

  /// What x̃ is multiplied by before the network sees it.
  /// - Parameter level: by its σ.
  public func input(at level: NoiseLevel) -> Double {
    let data = if case .edm(let data) = self { data } else { 1.0 }
    return 1 / (level.sigma * level.sigma + data * data).squareRoot()
  }

  /// What the network is told of the noise: 0-based timestep, or ln(σ)/4.
  /// - Parameter level: its timestep or its σ, which must be above 0 for EDM.
  public func condition(at level: NoiseLevel) -> Double {
    if case .edm = self { log(level.sigma) / 4 } else { level.t }
  }

  /// What a network of this kind is to say in training: (x_0 − c_skip · x̃)/c_out.
  /// - Parameters:
  ///   - original: x_0.
  ///   - noise: ε ~ N(0, I), same shape.
  ///   - level: σ above 0.
  /// - Returns: the same shape.
  public func target(original: Tensor, noise: Tensor, at level: NoiseLevel) -> Tensor {
    let (skip, output) = (skip(at: level), output(at: level))
    return .combination((1 - skip) / output, original, -skip * level.sigma / output, noise)
  }

  /// D(x̃; σ), what the denoiser makes of a network's output.
  /// - Parameters:
  ///   - x: x̃ = x_0 + σ·ε.
  ///   - network: F at c_in · x̃, same shape.
  ///   - level: by its σ.
  /// - Returns: x̂_0, the same shape.
  public func denoised(_ x: Tensor, network: Tensor, at level: NoiseLevel) -> Tensor {
    .combination(skip(at: level), x, output(at: level), network)
  }
}
