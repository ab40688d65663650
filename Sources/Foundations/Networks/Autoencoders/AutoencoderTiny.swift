import Checkpoints
import JSON
import Tensors

/// The architecture of an `AutoencoderTiny`: the settings of diffusers' `vae/config.json`.
public struct AutoencoderTinyConfiguration: NetworkConfiguration {
  /// As diffusers names the class.
  public static let className = "AutoencoderTiny"

  /// Channels of the images: 3 for red, green and blue.
  public var inChannels = 3
  /// Channels of what the decoder gives.
  public var outChannels = 3
  /// Channels of the latent.
  public var latentChannels = 4
  /// Per level of the encoder, finest first: channels. Those that follow each other are equal.
  public var encoderChannels = [64, 64, 64, 64]
  /// Per level of the decoder, coarsest first: channels. Those that follow each other are equal.
  public var decoderChannels = [64, 64, 64, 64]
  /// Blocks per level of the encoder, finest first.
  public var encoderBlocks = [1, 3, 3, 3]
  /// Blocks per level of the decoder, coarsest first.
  public var decoderBlocks = [3, 3, 3, 1]
  /// What the diffusion model multiplies latents with; 1: the encoder gives scaled latents.
  public var scalingFactor = 1.0
  /// What is taken from latents before that.
  public var shiftFactor = 0.0

  /// TAESD's for Stable Diffusion: 2,445,063 parameters.
  public init() {}

  /// Reads diffusers' settings.
  /// - Throws: `JSONError` for a setting that is missing, wrong or not honoured here.
  public init(_ node: JSONNode) throws {
    var settings = try SettingsReader(node, className: Self.className)
    inChannels = try settings.channels("in_channels") ?? inChannels
    outChannels = try settings.channels("out_channels") ?? outChannels
    latentChannels = try settings.channels("latent_channels") ?? latentChannels
    encoderChannels = try settings.list("encoder_block_out_channels") ?? encoderChannels
    decoderChannels = try settings.list("decoder_block_out_channels") ?? decoderChannels
    encoderBlocks = try settings.list("num_encoder_blocks") ?? encoderBlocks
    decoderBlocks = try settings.list("num_decoder_blocks") ?? decoderBlocks
    scalingFactor = try settings.number("scaling_factor") ?? scalingFactor
    shiftFactor = try settings.number("shift_factor") ?? 0
    try settings.require("act_fn", .string("relu"))
    try settings.require("upsample_fn", .string("nearest"))
    try settings.require("upsampling_scaling_factor", .integer(2))
    // The first two are for keeping latents as pictures; the third is computed in single precision
    // here in any case; the last repeats the decoder's channels.
    settings.ignore("latent_magnitude", "latent_shift", "force_upcast", "block_out_channels")
    try settings.finish()
    try validate(file: node.file)
  }

  /// The settings as diffusers writes them.
  public var json: JSONValue {
    .object([
      "_class_name": .string(Self.className), "in_channels": .integer(inChannels),
      "out_channels": .integer(outChannels), "latent_channels": .integer(latentChannels),
      "encoder_block_out_channels": .integers(encoderChannels),
      "decoder_block_out_channels": .integers(decoderChannels),
      "num_encoder_blocks": .integers(encoderBlocks),
      "num_decoder_blocks": .integers(decoderBlocks), "act_fn": .string("relu"),
      "scaling_factor": .number(scalingFactor), "shift_factor": .number(shiftFactor),
    ])
  }

  /// Checks that the settings agree with each other.
  /// - Throws: `JSONError.unexpected`, which names `file`.
  public func validate(file: String) throws {
    let levels = encoderChannels.count
    try Self.require(
      1...16 ~= levels, "encoder_block_out_channels", "1 to 16 levels", "\(levels)", file)
    for (key, count) in [
      ("num_encoder_blocks", encoderBlocks.count), ("num_decoder_blocks", decoderBlocks.count),
      ("decoder_block_out_channels", decoderChannels.count),
    ] {
      try Self.require(count == levels, key, "\(levels) values, one per level", "\(count)", file)
    }
    for (key, channels) in [
      ("encoder_block_out_channels", encoderChannels),
      ("decoder_block_out_channels", decoderChannels),
    ] {
      // A level begins with a convolution that takes what the level itself has.
      try Self.require(
        Set(channels).count == 1, key, "one number of channels on all levels", "\(channels)", file)
    }
    try Self.require(
      scalingFactor.isFinite && scalingFactor > 0, "scaling_factor", "a positive number",
      "\(scalingFactor)", file)
  }
}

/// A small first stage of convolutions alone, made to give and take the latents of a larger one (TAESD,
/// Ollin Boer Bohan 2023): for pictures in a hurry. It has no posterior and draws no noise.
///
/// Probe sites: the convolutions, under diffusers' names.
public struct AutoencoderTiny: FirstStageNetwork {
  /// The architecture it was built from.
  public let configuration: AutoencoderTinyConfiguration
  /// Every trainable tensor, in the order of building.
  public let parameters: [Parameter]
  private let encoder: [TinyLayer]
  private let decoder: [TinyLayer]

  /// f = H/h.
  public var downsamplingFactor: Int { 1 << (configuration.encoderChannels.count - 1) }
  /// Channels of a picture that goes in.
  public var imageChannels: Int { configuration.inChannels }
  /// z: channels of a latent.
  public var latentChannels: Int { configuration.latentChannels }
  /// What the diffusion model multiplies latents with.
  public var scalingFactor: Double { configuration.scalingFactor }
  /// What is taken from latents before that.
  public var shiftFactor: Double { configuration.shiftFactor }

  /// Builds encoder and decoder; each parameter is asked of `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ configuration: AutoencoderTinyConfiguration, in scope: ParameterScope) throws {
    self.configuration = configuration
    encoder = try Self.encoder(configuration, in: scope["encoder"]["layers"])
    decoder = try Self.decoder(configuration, in: scope["decoder"]["layers"])
    parameters = scope.parameters
  }

  private static func encoder(
    _ c: AutoencoderTinyConfiguration, in scope: ParameterScope
  ) throws -> [TinyLayer] {
    var layers: [TinyLayer] = []
    for (level, channels) in c.encoderChannels.enumerated() {
      layers.append(
        .convolution(
          level == 0
            ? try Convolution2d(c.inChannels, channels, in: scope[layers.count])
            : try Convolution2d(
              channels, channels, stride: 2, hasBias: false, in: scope[layers.count])))
      for _ in 0..<c.encoderBlocks[level] {
        layers.append(.block(try TinyBlock(channels, in: scope[layers.count])))
      }
    }
    let last = c.encoderChannels[c.encoderChannels.count - 1]
    layers.append(.convolution(try Convolution2d(last, c.latentChannels, in: scope[layers.count])))
    return layers
  }

  private static func decoder(
    _ c: AutoencoderTinyConfiguration, in scope: ParameterScope
  ) throws -> [TinyLayer] {
    var layers: [TinyLayer] = [
      .convolution(try Convolution2d(c.latentChannels, c.decoderChannels[0], in: scope[0])), .relu,
    ]
    for (level, channels) in c.decoderChannels.enumerated() {
      for _ in 0..<c.decoderBlocks[level] {
        layers.append(.block(try TinyBlock(channels, in: scope[layers.count])))
      }
      let isLast = level == c.decoderChannels.count - 1
      if !isLast { layers.append(.upsample) }
      layers.append(
        .convolution(
          try Convolution2d(
            channels, isLast ? c.outChannels : channels, hasBias: isLast,
            in: scope[layers.count])))
    }
    return layers
  }

  /// The latent of pictures.
  /// - Parameters:
  ///   - images: x in [−1, 1], shape [B, inChannels, H, W]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: one latent, [B, z, H/f, W/f], rounded up.
  public func encode(_ images: Tensor, _ pass: ForwardPass) -> LatentDistribution {
    checkImages(images)
    let x = pass.affine(pass.channelsLast(images), by: 0.5, plus: 0.5)
    let z = encoder.reduce(x) { $1($0, pass) }
    return LatentDistribution(watched(pass.channelsFirst(z)), channels: latentChannels)
  }

  /// The picture of a latent that is no longer multiplied with the scaling factor.
  /// - Parameters:
  ///   - latents: z, shape [B, z, h, w]; what goes beyond ±3 is bent back by tanh.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, outChannels, f·h, f·w], roughly in [−1, 1]
  public func decode(_ latents: Tensor, _ pass: ForwardPass) -> Tensor {
    checkLatents(latents)
    let z = pass.softClamp(pass.channelsLast(latents), to: 3)
    let image = decoder.reduce(z) { $1($0, pass) }
    return watched(pass.channelsFirst(pass.affine(image, by: 2, plus: -1)))
  }
}

/// One place in the row of layers that an `AutoencoderTiny`'s half is.
private enum TinyLayer: Sendable {
  case convolution(Convolution2d)
  case block(TinyBlock)
  case relu
  case upsample

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    switch self {
    case .convolution(let layer): layer(x, pass)
    case .block(let block): block(x, pass)
    case .relu: pass.relu(x)
    case .upsample: pass.upsample(x)
    }
  }
}

/// relu(x + three convolutions of x with relu between them).
private struct TinyBlock: Sendable {
  private let convolutions: [Convolution2d]

  init(_ channels: Int, in scope: ParameterScope) throws {
    convolutions = try [0, 2, 4].map {
      try Convolution2d(channels, channels, in: scope["conv"][$0])
    }
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let h = pass.relu(convolutions[1](pass.relu(convolutions[0](x, pass)), pass))
    return pass.relu(convolutions[2](h, adding: x, pass))
  }
}
