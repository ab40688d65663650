import JSON
import Tensors

/// The architecture of a `PatchDiscriminator`.
public struct PatchDiscriminatorConfiguration: NetworkConfiguration {
  /// What the class is called in `config.json`.
  public static let className = "PatchDiscriminator"

  /// Channels of the pictures.
  public var inChannels = 3
  /// Of the layers: each but the last halves height and width.
  public var channels = [32, 64, 128]
  /// The number of groups in every group normalisation; divides all of `channels`.
  public var normGroups = 16

  /// Three layers of 32, 64 and 128 channels.
  public init() {}

  /// Reads `config.json`.
  /// - Throws: `JSONError` for a setting that is wrong or unknown.
  public init(_ node: JSONNode) throws {
    var settings = try SettingsReader(node, className: Self.className)
    inChannels = try settings.channels("in_channels") ?? inChannels
    channels = try settings.list("channels") ?? channels
    normGroups = try settings.channels("norm_num_groups") ?? normGroups
    try settings.finish()
    try validate(file: node.file)
  }

  /// The settings as `config.json` holds them.
  public var json: JSONValue {
    .object([
      "_class_name": .string(Self.className), "in_channels": .integer(inChannels),
      "channels": .integers(channels), "norm_num_groups": .integer(normGroups),
    ])
  }

  /// Checks that the settings agree with each other.
  /// - Throws: `JSONError.unexpected`, which names `file`.
  public func validate(file: String) throws {
    try Self.require(
      2...16 ~= channels.count, "channels", "2 to 16 layers", "\(channels.count)", file)
    for count in channels {
      try Self.require(
        normGroups > 0 && count > 0 && count % normGroups == 0, "channels",
        "multiples of norm_num_groups (\(normGroups))", "\(count)", file)
    }
  }
}

/// The critic that an autoencoder is trained against: it judges every patch of a picture by itself,
/// so that it asks for sharp detail and leaves the composition to the other losses (Isola et al.
/// 2017, arXiv:1611.07004, §3.2.2; its use here: Esser et al. 2021, arXiv:2012.09841, §3.1).
///
/// Convolutions of 4×4, each but the last two of stride 2, with LeakyReLU(0.2) between them. Groups
/// of channels are normalised, not batches: what the critic says of a picture depends on that picture
/// alone.
public struct PatchDiscriminator: Network {
  /// The architecture it was built from.
  public let configuration: PatchDiscriminatorConfiguration
  /// Every trainable tensor, in the order of building.
  public let parameters: [Parameter]
  private let layers: [(convolution: Convolution2d, norm: GroupNorm?)]
  private let convOut: Convolution2d

  /// Builds the layers; each parameter is asked of `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ configuration: PatchDiscriminatorConfiguration, in scope: ParameterScope) throws {
    let channels = configuration.channels
    self.configuration = configuration
    layers = try channels.indices.map { index in
      let scope = scope["layers"][index]
      let convolution = try Convolution2d(
        index == 0 ? configuration.inChannels : channels[index - 1], channels[index], kernel: 4,
        stride: index == channels.count - 1 ? 1 : 2, padding: Padding(1), in: scope["conv"])
      let norm =
        try index == 0
        ? nil
        : GroupNorm(
          channels[index], groups: configuration.normGroups, epsilon: 1e-5, in: scope["norm"])
      return (convolution, norm)
    }
    convOut = try Convolution2d(
      channels[channels.count - 1], 1, kernel: 4, padding: Padding(1), in: scope["conv_out"])
    parameters = scope.parameters
  }

  /// How real each patch looks: large for a photograph's, small for a reconstruction's.
  /// - Parameters:
  ///   - images: [B, inChannels, H, W] in [−1, 1]; as many pixels a side as `leastSize`.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, h, w, 1]
  public func callAsFunction(_ images: Tensor, _ pass: ForwardPass) -> Tensor {
    var h = pass.channelsLast(images)
    for layer in layers {
      h = layer.convolution(h, pass)
      if let norm = layer.norm { h = norm(h, pass) }
      h = pass.leakyReLU(h, slope: 0.2)
    }
    return convOut(h, pass)
  }

  /// The fewest pixels a side that leave a patch to judge.
  public var leastSize: Int { 3 << (configuration.channels.count - 1) }
}
