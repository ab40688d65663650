import Checkpoints
import Tensors

/// How an autoencoder's latents are kept in order.
public enum LatentRegularization: String, CaseIterable, Codable, Sendable {
  /// A small pull towards a standard normal (`AutoencoderKL`).
  case kl
  /// A codebook (`VQModel`).
  case vq
}

/// The settings of an autoencoder.
public protocol AutoencoderConfiguration: NetworkConfiguration {
  /// Encoder and decoder.
  var architecture: AutoencoderArchitecture { get set }
}

/// A network that brings pictures to latents and back (LDM, arXiv:2112.10752, §3.1). Its latents are
/// not multiplied with the scaling factor.
public protocol FirstStageNetwork: Network {
  /// f = H/h.
  var downsamplingFactor: Int { get }
  /// Channels of a picture that goes in.
  var imageChannels: Int { get }
  /// z: channels of a latent.
  var latentChannels: Int { get }
  /// What the diffusion model multiplies latents with.
  var scalingFactor: Double { get }
  /// What is taken from latents before that.
  var shiftFactor: Double { get }

  /// What the encoder says of the latents of pictures.
  /// - Parameters:
  ///   - images: x in [−1, 1], shape [B, inChannels, H, W]; a remainder of height or width
  ///     below f is lost, as in diffusers.
  ///   - pass: which probe looks on and which tape records.
  func encode(_ images: Tensor, _ pass: ForwardPass) -> LatentDistribution

  /// The pictures of latents.
  /// - Parameters:
  ///   - latents: [B, z, h, w]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, outChannels, f·h, f·w], roughly in [−1, 1]
  func decode(_ latents: Tensor, _ pass: ForwardPass) -> Tensor
}

/// A first stage whose latents a training kept in order: an `AutoencoderKL` or a `VQModel`.
public protocol Autoencoder: FirstStageNetwork where Configuration: AutoencoderConfiguration {
  /// How its latents are kept in order.
  var regularization: LatentRegularization { get }
}

extension FirstStageNetwork {
  /// What messages call it.
  public static var role: String { "the autoencoder" }

  /// What the encoder says of the latents of pictures, [B, imageChannels, H, W] in [−1, 1].
  public func encode(_ images: Tensor) -> LatentDistribution { encode(images, ForwardPass()) }

  /// The pictures of latents, [B, z, h, w].
  public func decode(_ latents: Tensor) -> Tensor { decode(latents, ForwardPass()) }

  /// There and back, by the mean of what the encoder says.
  /// - Parameters:
  ///   - images: [B, imageChannels, H, W] in [−1, 1].
  ///   - weights: spares what earlier passes made of the weights.
  public func reconstruct(_ images: Tensor, keeping weights: WeightMemory? = nil) -> Tensor {
    decode(
      encode(images, ForwardPass(weightMemory: weights)).mean, ForwardPass(weightMemory: weights))
  }

  /// The pictures of latents of one shape. Small ones, up to 256×256, are decoded side by side, each by one
  /// thread: their layers are too short to be shared.
  /// - Parameter latents: each [1, z, h, w].
  /// - Returns: each [1, outChannels, f·h, f·w], roughly in [−1, 1].
  public func decode(each latents: [Tensor]) -> [Tensor] {
    let places = latents.first.map { $0.shape[2] * $0.shape[3] } ?? 0
    guard places * downsamplingFactor * downsamplingFactor <= 1 << 16,
      latents.count >= Threads.count
    else {
      return latents.map { decode($0) }
    }
    let weights = WeightMemory()
    return Threads.map(latents.count) {
      decode(latents[$0], ForwardPass(weightMemory: weights))
    }
  }

  func checkImages(_ images: Tensor) {
    let f = downsamplingFactor
    precondition(
      images.rank == 4 && images.shape[1] == imageChannels && images.shape[2] >= f
        && images.shape[3] >= f,
      "images: expected [B, \(imageChannels), H, W] of at least \(f) pixels a side, "
        + "found \(images.shape)")
  }

  func checkLatents(_ latents: Tensor) {
    precondition(
      latents.rank == 4 && latents.shape[1] == latentChannels,
      "latents: expected [B, \(latentChannels), h, w], found \(latents.shape)")
  }
}

extension Autoencoder {
  /// What older files call the attention of the middle block.
  public static var naming: TensorNaming { AutoencoderArchitecture.naming }

  /// Encoder and decoder.
  public var architecture: AutoencoderArchitecture { configuration.architecture }
  /// f = H/h.
  public var downsamplingFactor: Int { architecture.downsamplingFactor }
  /// Channels of a picture that goes in.
  public var imageChannels: Int { architecture.inChannels }
  /// What the diffusion model multiplies latents with, so that their variance is near 1.
  public var scalingFactor: Double { architecture.scalingFactor }
  /// What is taken from latents before that; 0 but in Stable Diffusion 3 and its kin.
  public var shiftFactor: Double { architecture.shiftFactor }
}
