import Networks
import Tensors

/// First values with which an autoencoder is a linear code of its pictures before its first step.
///
/// The strided convolutions of the encoder take the principal components of 2×2 places of the level
/// before (Pearson, Phil. Mag. 2, 1901; Hotelling 1933), so that its latents are nearly those of
/// block PCA, of variance 1. Each convolution of the decoder is the least-squares way back to the
/// encoder's level of that size. Residual blocks and attentions add nothing (`QuietStart`), and the
/// two last norms are undone: each of their groups holds a constant c much larger than the signals,
/// so that its mean and deviation hardly depend on the picture, and every signal stands there twice,
///
///     SiLU(s) − SiLU(−s) = s
///
/// From there training goes on to what is not linear, where the latents are few enough that it would
/// otherwise spend itself on finding the linear part.
public struct LinearStart {
  /// Norm groups of a network that can begin so: of 16 channels, 4 a group hold c, s and −s; with 2
  /// a group a norm takes away how bright a picture is.
  public static let normGroups = 4
  /// A learning rate that keeps what it begins with: twice as much undid it within a few steps.
  public static let learningRate = 3e-4
  /// How large the chain holds pixels: beside it, what the blocks learn to add is small at first.
  private static let gain: Float = 8
  /// c, beside signals of deviation 1.
  private static let constant: Float = 32
  /// Places that are enough to measure a covariance.
  private static let places = 24_000
  /// Numbers of a level that are held at once, for each channel.
  private static let area = 1 << 20

  private let architecture: AutoencoderArchitecture
  private let layers: LayerValues
  private let channels: [Int]

  /// Sets the first values of an untrained KL or VQ autoencoder of the zoo.
  /// - Parameters:
  ///   - autoencoder: with `normGroups` groups; its finest and its coarsest level have more channels
  ///     than the level beside them.
  ///   - pictures: what it learns from, [B, 3, H, W] in [−1, 1], H and W multiples of f.
  public static func apply(to autoencoder: any Autoencoder, learningFrom pictures: Tensor) {
    QuietStart.apply(to: autoencoder.parameters)
    let start = LinearStart(
      architecture: autoencoder.architecture, layers: LayerValues(autoencoder.parameters),
      channels: autoencoder.architecture.blockOutChannels)
    let levels = start.encoder(.toChannelsLast(pictures))
    start.decoder(levels, latents: start.latents(levels[levels.count - 1]))
  }

  // MARK: Encoder

  /// The chain of principal components.
  /// - Parameter pictures: [B, H, W, 3]
  /// - Returns: what each level holds, finest first, the strongest components first:
  ///   [B, H/2^i, W/2^i, n_i], n_0 = 3.
  private func encoder(_ pictures: Tensor) -> [Tensor] {
    var levels = [pictures.scaled(by: Self.gain)]
    layers.pass("encoder.conv_in", channels: pictures.shape[3], times: Self.gain)
    for level in 0..<channels.count - 1 {
      let x = levels[level]
      layers.pass("encoder.down_blocks.\(level).resnets.0.conv_shortcut", channels: x.shape[3])
      let windows = Windows(x, size: 2)
      let principal = windows.covariance(at: Self.places).principal(
        min(windows.width, channels[level]))
      // Half of an orthonormal direction: a level is as bright as the one before.
      let map = LinearMap(principal.directions.scaled(by: 0.5), centre: principal.mean)
      let layer = map.convolution(size: 2, inputs: x.shape[3])
      layers.set("encoder.down_blocks.\(level).downsamplers.0.conv", layer)
      levels.append(
        Tensor.convolution2d(
          x, layer.weight, bias: layer.bias, stride: 2,
          padding: Padding(top: 0, left: 0, bottom: 1, right: 1)))
    }
    return levels
  }

  /// The strongest components of the coarsest level, each of variance 1, past the encoder's last
  /// norm.
  private func latents(_ coarsest: Tensor) -> Tensor {
    let z = architecture.latentChannels
    let strongest = coarsest.slice(0..<z, along: 3)
    let deviations = Windows(strongest, size: 1).covariance(at: .max).deviations
    let whitening = Tensor.scattered([z, coarsest.shape[3]]) { out in
      for j in 0..<z { out[j * coarsest.shape[3] + j] = 1 / max(deviations[j], 1e-6) }
    }
    undoNorms(
      of: "encoder", block: "down_blocks.\(channels.count - 1)", signals: whitening,
      deviations: Array(repeating: 1, count: z),
      others: ["resnets.0.norm1", "attentions.0.group_norm", "resnets.1.norm1"].map {
        "mid_block.\($0)"
      })
    layers.pass("quant_conv", channels: z, clearing: true)
    layers.pass("post_quant_conv", channels: z)
    return Tensor.linear(strongest, whitening.slice(0..<z, along: 1))
  }

  // MARK: Decoder

  /// The way back, level by level.
  private func decoder(_ levels: [Tensor], latents: Tensor) {
    var x = layers.regression(
      "decoder.conv_in", from: latents, to: levels[channels.count - 1], at: Self.places)
    for (block, level) in (0..<channels.count - 1).reversed().enumerated() {
      let width = channels[level + 1]
      let shortcut = "decoder.up_blocks.\(block).resnets.0.conv_shortcut"
      x = x.slice(0..<min(x.shape[3], width), along: 3)
      layers.pass(shortcut, channels: x.shape[3])
      let target = levels[level].slice(0..<min(levels[level].shape[3], width), along: 3)
      let count = min(x.shape[0], max(1, Self.area / (target.shape[1] * target.shape[2])))
      x = layers.regression(
        "decoder.up_blocks.\(block).upsamplers.0.conv",
        from: .upsampleNearest2x(x.rows(0..<count)), to: target.rows(0..<count), at: Self.places)
    }
    let pixels = x.shape[3]
    let shrinking = Tensor.scattered([pixels, pixels]) { out in
      for i in 0..<pixels { out[i * pixels + i] = 1 / Self.gain }
    }
    let deviations = Windows(x, size: 1).covariance(at: Self.places).deviations
    undoNorms(
      of: "decoder", block: "up_blocks.\(channels.count - 1)", signals: shrinking,
      deviations: deviations.map { $0 / Self.gain },
      others: ["up_blocks.\(channels.count - 1).resnets.1.norm1"])
  }

  /// Lets signals through the last norm and SiLU as they are, and through norms of blocks before it.
  /// - Parameters:
  ///   - half: "encoder" or "decoder".
  ///   - block: the level before the norm; its shortcut lays the signals out.
  ///   - signals: each as a mix of the channels that come in, [signals, inputs].
  ///   - deviations: of the signals.
  ///   - others: norms of blocks between the shortcut and the last norm, where there are any.
  private func undoNorms(
    of half: String, block: String, signals: Tensor, deviations: [Float], others: [String]
  ) {
    let width = half == "encoder" ? channels[channels.count - 1] : channels[0]
    let plan = NormPlan(width: width, groups: architecture.normGroups, signals: signals.shape[0])
    layers.set("\(half).\(block).resnets.0.conv_shortcut", plan.layout(signals, Self.constant))
    let (scale, offset) = plan.undoing(deviations, Self.constant)
    for norm in ["conv_norm_out"] + others {
      layers.set("\(half).\(norm)", (weight: scale, bias: offset))
    }
    layers.set("\(half).conv_out", plan.joined)
  }
}
