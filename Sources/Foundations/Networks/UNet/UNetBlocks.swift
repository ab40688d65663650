import Tensors

/// One level on the way down: ResNet blocks, each followed by a transformer where the level attends,
/// then half the size. Everything it makes on the way is kept for the way up.
struct UNetDownBlock: Sendable {
  let path: String
  let resnets: [ResnetBlock]
  let transformers: [SpatialTransformer]
  let downsample: Downsample?

  init(_ configuration: UNetConfiguration, level: Int, in scope: ParameterScope) throws {
    path = scope.path
    let channels = configuration.blockOutChannels
    let layers = configuration.layersPerBlock[level]
    resnets = try (0..<layers).map { layer in
      let inputs = layer == 0 ? channels[max(level - 1, 0)] : channels[level]
      return try configuration.resnet(inputs, channels[level], in: scope["resnets"][layer])
    }
    transformers = try configuration.transformers(
      configuration.downBlocks[level], level: level, count: layers, in: scope)
    downsample =
      try level == configuration.levels - 1
      ? nil
      : Downsample(
        channels[level], padding: configuration.downsamplePadding, in: scope["downsamplers"][0])
  }

  func callAsFunction(
    _ x: Tensor, _ condition: UNetCondition, keeping skips: inout [Tensor], _ pass: ForwardPass
  ) -> Tensor {
    let kind: LayerKind = transformers.isEmpty ? .downBlock : .crossAttentionDownBlock
    return pass.layer(path, kind, x.shape) {
      var h = x
      for (index, resnet) in resnets.enumerated() {
        h = resnet(h, activatedTime: condition.time(of: h, pass), pass)
        if index < transformers.count { h = condition.attend(transformers[index], h, pass) }
        skips.append(h)
      }
      if let downsample {
        h = downsample(h, pass)
        skips.append(h)
      }
      return h
    }
  }
}

/// The coarsest level: a ResNet block, and between it and a second one a transformer.
struct UNetMidBlock: Sendable {
  let path: String
  let resnets: [ResnetBlock]
  let transformers: [SpatialTransformer]

  init(
    _ kind: UNetBlockKind, _ configuration: UNetConfiguration, in scope: ParameterScope
  ) throws {
    path = scope.path
    let level = configuration.levels - 1
    let channels = configuration.blockOutChannels[level]
    resnets = try (0..<(kind == .crossAttention ? 2 : 1)).map {
      try configuration.resnet(channels, channels, in: scope["resnets"][$0])
    }
    transformers = try configuration.transformers(kind, level: level, count: 1, in: scope)
  }

  func callAsFunction(
    _ x: Tensor, _ condition: UNetCondition, _ pass: ForwardPass
  ) -> Tensor {
    let kind: LayerKind = transformers.isEmpty ? .midBlock : .crossAttentionMidBlock
    return pass.layer(path, kind, x.shape) {
      var h = x
      for (index, resnet) in resnets.enumerated() {
        h = resnet(h, activatedTime: condition.time(of: h, pass), pass)
        if index < transformers.count { h = condition.attend(transformers[index], h, pass) }
      }
      return h
    }
  }
}

/// One level on the way up: each ResNet block gets what is there joined to what the way down left,
/// last kept first used; then twice the size.
struct UNetUpBlock: Sendable {
  let path: String
  let resnets: [ResnetBlock]
  let transformers: [SpatialTransformer]
  let upsample: Upsample?

  init(_ configuration: UNetConfiguration, level: Int, in scope: ParameterScope) throws {
    path = scope.path
    let channels = configuration.blockOutChannels
    let layers = configuration.layersPerBlock[level] + 1
    let below = channels[min(level + 1, configuration.levels - 1)]
    let above = channels[max(level - 1, 0)]
    resnets = try (0..<layers).map { layer in
      let main = layer == 0 ? below : channels[level]
      let skip = layer == layers - 1 ? above : channels[level]
      return try configuration.resnet(main + skip, channels[level], in: scope["resnets"][layer])
    }
    transformers = try configuration.transformers(
      configuration.upBlocks[configuration.levels - 1 - level], level: level, count: layers,
      in: scope)
    upsample = try level == 0 ? nil : Upsample(channels[level], in: scope["upsamplers"][0])
  }

  func callAsFunction(
    _ x: Tensor, _ condition: UNetCondition, using skips: inout [Tensor], _ pass: ForwardPass
  ) -> Tensor {
    let kind: LayerKind = transformers.isEmpty ? .upBlock : .crossAttentionUpBlock
    return pass.layer(path, kind, x.shape) {
      var h = x
      for (index, resnet) in resnets.enumerated() {
        h = pass.layer("\(path).skips.\(index)", .skip, h.shape) {
          pass.concatenateChannels(h, pass.repeated(skips.removeLast(), to: h.shape[0]))
        }
        h = resnet(h, activatedTime: condition.time(of: h, pass), pass)
        if index < transformers.count { h = condition.attend(transformers[index], h, pass) }
      }
      guard let upsample else { return h }
      return upsample(h, to: skips.last.map { ($0.shape[1], $0.shape[2]) }, pass)
    }
  }
}

/// What steers every block: the time embedding and the context.
struct UNetCondition {
  /// SiLU(e), shape [B, timeFeatures]
  let activatedTime: Tensor
  /// τ_θ(y), shape [B, M, D]; images that several prompts share have met it, or not yet.
  let context: Tensor?

  /// SiLU(e) for the images that `x` has.
  func time(of x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.repeated(activatedTime, to: x.shape[0])
  }

  func attend(_ transformer: SpatialTransformer, _ x: Tensor, _ pass: ForwardPass) -> Tensor {
    guard let context else {
      preconditionFailure("\(transformer.path) attends to a context, and none was given")
    }
    return transformer(x, context: context, pass)
  }
}

extension UNetConfiguration {
  fileprivate func resnet(
    _ inputs: Int, _ outputs: Int, in scope: ParameterScope
  ) throws -> ResnetBlock {
    try ResnetBlock(
      inputs, outputs, timeFeatures: timeFeatures, groups: normGroups,
      epsilon: Float(normEpsilon), in: scope)
  }

  fileprivate func transformers(
    _ kind: UNetBlockKind, level: Int, count: Int, in scope: ParameterScope
  ) throws -> [SpatialTransformer] {
    guard kind == .crossAttention else { return [] }
    return try (0..<count).map {
      try SpatialTransformer(
        blockOutChannels[level], context: crossAttentionDimensions[level],
        heads: attentionHeads[level], depth: transformerLayers[level], groups: normGroups,
        linearProjection: usesLinearProjection, in: scope["attentions"][$0])
    }
  }
}
