import Tensors

/// ε_θ(x_t, t, τ_θ(y)): the U-Net of latent diffusion (Rombach et al. 2022, arXiv:2112.10752, §3.3;
/// Ho et al. 2020, arXiv:2006.11239, App. B), with the module tree of diffusers.
///
/// Going down, each level halves height and width; going up, each doubles them and is joined to what
/// the way down left. Time reaches every ResNet block, the context every transformer.
public struct UNet2DConditionModel: Network {
  /// The architecture it was built from.
  public let configuration: UNetConfiguration
  /// Every trainable tensor, in the order of building.
  public let parameters: [Parameter]
  /// What convolutions made of their weights in passes that keep it.
  public let weightMemory = WeightMemory()
  let convIn: Convolution2d
  let timeEmbedding: TimestepEmbedding
  let classEmbedding: Embedding?
  let downBlocks: [UNetDownBlock]
  let midBlock: UNetMidBlock?
  /// In the order in which they run, coarsest first.
  let upBlocks: [UNetUpBlock]
  let normOut: GroupNorm
  let convOut: Convolution2d

  /// What messages call it.
  public static var role: String { "the U-Net" }

  /// Builds the network; each parameter is asked of `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ configuration: UNetConfiguration, in scope: ParameterScope) throws {
    let channels = configuration.blockOutChannels
    let levels = configuration.levels
    self.configuration = configuration
    convIn = try Convolution2d(configuration.inChannels, channels[0], in: scope["conv_in"])
    timeEmbedding = try TimestepEmbedding(configuration, in: scope["time_embedding"])
    classEmbedding = try configuration.classCount.map {
      try Embedding($0, configuration.timeFeatures, in: scope["class_embedding"])
    }
    downBlocks = try (0..<levels).map {
      try UNetDownBlock(configuration, level: $0, in: scope["down_blocks"][$0])
    }
    midBlock = try configuration.midBlock.map {
      try UNetMidBlock($0, configuration, in: scope["mid_block"])
    }
    upBlocks = try (0..<levels).map {
      try UNetUpBlock(configuration, level: levels - 1 - $0, in: scope["up_blocks"][$0])
    }
    normOut = try GroupNorm(
      channels[0], groups: configuration.normGroups, epsilon: Float(configuration.normEpsilon),
      in: scope["conv_norm_out"])
    convOut = try Convolution2d(channels[0], configuration.outChannels, in: scope["conv_out"])
    parameters = scope.parameters
  }

  /// - Parameters:
  ///   - sample: x_t, shape [B, inChannels, H, W] of any height and width; concatenated conditions
  ///     are its last channels.
  ///   - timesteps: t, 0-based, one per image.
  ///   - context: τ_θ(y), shape [B, M, D]; needed where the architecture attends to one. Of shape
  ///     [n·B, M, D] where no one looks on and there are no classes, each image is shared by n
  ///     contexts, as by the two of guidance: what comes before the first of them is computed once.
  ///   - classLabels: one per image, where the architecture has classes.
  ///   - guidance: w = s − 1, one per image, where the architecture is told its guidance scale s; nil
  ///     tells it nothing.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: what the model was trained to predict (ε, v or x_0), shape [B, outChannels, H, W], or
  ///   [n·B, …]: all images under the first of their contexts, then under the next.
  public func callAsFunction(
    _ sample: Tensor, timesteps: [Float], context: Tensor? = nil, classLabels: [Int]? = nil,
    guidance: [Float]? = nil, _ pass: ForwardPass = ForwardPass()
  ) -> Tensor {
    check(sample, timesteps, context, classLabels)
    let batch = context?.shape[0] ?? sample.shape[0]
    let condition = UNetCondition(
      activatedTime: pass.silu(embed(timesteps, classLabels, guidance, pass)), context: context)
    var h = convIn(pass.channelsLast(sample), pass)
    var skips = [h]
    for block in downBlocks { h = block(h, condition, keeping: &skips, pass) }
    if let midBlock { h = midBlock(h, condition, pass) }
    for block in upBlocks { h = block(h, condition, using: &skips, pass) }
    h = normOut(h, thenSiLU: true, pass)
    return watched(pass.channelsFirst(pass.repeated(convOut(h, pass), to: batch)))
  }

  private func embed(
    _ timesteps: [Float], _ classLabels: [Int]?, _ guidance: [Float]?, _ pass: ForwardPass
  ) -> Tensor {
    let time = timeEmbedding(timesteps, guidance: guidance, pass)
    guard let classEmbedding, let classLabels else { return time }
    return pass.add(time, classEmbedding(classLabels, pass))
  }

  private func check(
    _ sample: Tensor, _ timesteps: [Float], _ context: Tensor?, _ classLabels: [Int]?
  ) {
    let c = configuration
    precondition(
      sample.rank == 4 && sample.shape[1] == c.inChannels,
      "sample: expected [B, \(c.inChannels), H, W], found \(sample.shape)")
    precondition(
      timesteps.count == sample.shape[0],
      "\(timesteps.count) timesteps for \(sample.shape[0]) images")
    precondition(
      !c.usesContext
        || context?.rank == 3 && (context?.shape[0] ?? 0) % max(sample.shape[0], 1) == 0
          && (classLabels == nil || context?.shape[0] == sample.shape[0]),
      "context: expected [\(sample.shape[0]), M, D], found \(context?.shape ?? [])")
    precondition(
      classLabels?.count == c.classCount.map { _ in sample.shape[0] },
      "\(classLabels?.count ?? 0) class labels for \(sample.shape[0]) images and "
        + "\(c.classCount ?? 0) classes")
  }
}
