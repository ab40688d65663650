import Foundation
import Tensors

extension Sampler {
  /// The step to begin with when an image is to be changed by `strength`.
  ///
  ///     index = S − min(⌊S · strength⌋, S)          SDEdit (arXiv:2108.01073), as diffusers counts
  ///
  /// - Parameter strength: 0 keeps the image, 1 starts from pure noise.
  /// - Throws: `SamplerError.strength`.
  public func firstIndex(strength: Double) throws -> Int {
    guard (0...1).contains(strength) else { throw SamplerError.strength(strength) }
    return steps - min(Int(Double(steps) * strength), steps)
  }

  /// An image noised to where step `index` begins.
  /// - Parameters:
  ///   - original: x_0, shape [B, …].
  ///   - noise: standard normal, same shape.
  ///   - index: of the step in the plan; 0 is the noisiest.
  /// - Precondition: the plan has a step `index`.
  public func start(from original: Tensor, noise: Tensor, at index: Int) -> Tensor {
    space.noisy(original: original, noise: noise, at: plan[index].from)
  }
}

/// The part of a picture that inpainting must keep.
///
/// After each step the known part is put back, noised to the level that the step has reached:
///
///     x ← mask · x + (1 − mask) · q(x_t | x_0)          RePaint (arXiv:2201.09865) Eq. 8, one round
///
/// The same noise is used at every step, as in diffusers; at strength 1 it is also what the walk
/// starts from there.
public struct KnownRegion: Sendable {
  /// x_0, shape [B, C, H, W].
  public let original: Tensor
  /// Standard normal, same shape.
  public let noise: Tensor
  /// 1 where the picture may change, 0 where it is known; same shape.
  public let mask: Tensor
  /// 1 − mask.
  private let keep: Tensor

  /// - Parameters:
  ///   - original: x_0, shape [B, C, H, W].
  ///   - noise: standard normal, same shape.
  ///   - mask: shape [B, C, H, W], or [B, 1, H, W] for all channels alike.
  /// - Precondition: the shapes agree.
  public init(original: Tensor, noise: Tensor, mask: Tensor) {
    precondition(original.shape == noise.shape, "shapes differ: \(original.shape), \(noise.shape)")
    self.original = original
    self.noise = noise
    let channels = original.rank > 1 ? original.shape[1] : 1
    self.mask =
      mask.shape == original.shape
      ? mask : .concatenated(Array(repeating: mask, count: channels), along: 1)
    precondition(
      self.mask.shape == original.shape,
      "a mask of shape \(mask.shape) does not fit \(original.shape)")
    keep = self.mask.scaled(by: -1, plus: 1)
  }

  /// x with the known part put back at a noise level.
  public func imposed(on x: Tensor, at level: NoiseLevel, in space: SampleSpace) -> Tensor {
    let known =
      level == .clean ? original : space.noisy(original: original, noise: noise, at: level)
    return mask * x + keep * known
  }
}
