import Tensors

/// ℰ: image → latent, one level after the other, each half the size of the one before.
struct AutoencoderEncoder: Sendable {
  let path: String
  let convIn: Convolution2d
  let levels: [AutoencoderLevel]
  let mid: AutoencoderMidBlock
  let normOut: GroupNorm
  let convOut: Convolution2d

  /// - Parameter outputs: channels of what comes out: twice the latent's where it holds mean and
  ///   log-variance.
  init(
    _ architecture: AutoencoderArchitecture, outputs: Int, in scope: ParameterScope
  ) throws {
    let channels = architecture.blockOutChannels
    let last = channels.count - 1
    path = scope.path
    convIn = try Convolution2d(architecture.inChannels, channels[0], in: scope["conv_in"])
    levels = try (0...last).map { level in
      let scope = scope["down_blocks"][level]
      return try AutoencoderLevel(
        architecture, inputs: channels[max(level - 1, 0)], outputs: channels[level],
        layers: architecture.layersPerBlock, attends: architecture.encoderAttention[level],
        resampling: level == last
          ? .none : .down(Downsample(channels[level], padding: 0, in: scope["downsamplers"][0])),
        in: scope)
    }
    mid = try AutoencoderMidBlock(architecture, in: scope["mid_block"])
    normOut = try architecture.norm(channels[last], in: scope["conv_norm_out"])
    convOut = try Convolution2d(channels[last], outputs, in: scope["conv_out"])
  }

  /// - Parameter x: [B, H, W, inChannels]
  /// - Returns: [B, H/f, W/f, outputs]
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .encoder, x.shape) {
      var h = convIn(x, pass)
      for level in levels {
        h = level(h, level.attentions.isEmpty ? .encoderBlock : .attentionEncoderBlock, pass)
      }
      h = mid(h, pass)
      h = normOut(h, thenSiLU: true, pass)
      return convOut(h, pass)
    }
  }
}

/// 𝒟: latent → image, the encoder's mirror image with one ResNet block more per level.
struct AutoencoderDecoder: Sendable {
  let path: String
  let convIn: Convolution2d
  let mid: AutoencoderMidBlock
  /// Coarsest first.
  let levels: [AutoencoderLevel]
  let normOut: GroupNorm
  let convOut: Convolution2d

  init(_ architecture: AutoencoderArchitecture, in scope: ParameterScope) throws {
    let channels = Array(architecture.blockOutChannels.reversed())
    let last = channels.count - 1
    path = scope.path
    convIn = try Convolution2d(architecture.latentChannels, channels[0], in: scope["conv_in"])
    mid = try AutoencoderMidBlock(architecture, in: scope["mid_block"])
    levels = try (0...last).map { index in
      let scope = scope["up_blocks"][index]
      return try AutoencoderLevel(
        architecture, inputs: channels[max(index - 1, 0)], outputs: channels[index],
        layers: architecture.layersPerBlock + 1, attends: architecture.decoderAttention[index],
        resampling: index == last
          ? .none : .up(Upsample(channels[index], in: scope["upsamplers"][0])),
        in: scope)
    }
    normOut = try architecture.norm(channels[last], in: scope["conv_norm_out"])
    convOut = try Convolution2d(channels[last], architecture.outChannels, in: scope["conv_out"])
  }

  /// Large images are decoded one after the other and in bands of rows where nobody looks on.
  /// - Parameters:
  ///   - z: [B, h, w, latentChannels]
  ///   - pass: which probe looks on and which tape records.
  ///   - limit: the most numbers of an image that a layer may give at once.
  /// - Returns: [B, f·h, f·w, outChannels]
  func callAsFunction(
    _ z: Tensor, _ pass: ForwardPass, inBandsAbove limit: Int = largestWhole
  ) -> Tensor {
    let shape = [1, z.shape[1], z.shape[2]]
    guard !pass.isObserved, pass.tape == nil, let cut = bands(of: shape, above: limit) else {
      return whole(z, pass)
    }
    let images = (0..<z.shape[0]).map { image in
      var h = mid(convIn(z.rows(image..<image + 1), pass), pass)
      for level in levels[..<cut.level] { h = level(h, .decoderBlock, pass) }
      return inBands(h, from: cut.level, rows: cut.rows)
    }
    return images.count == 1 ? images[0] : .concatenated(images, along: 0)
  }

  private func whole(_ z: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .decoder, z.shape) {
      var h = convIn(z, pass)
      h = mid(h, pass)
      for level in levels {
        h = level(h, level.attentions.isEmpty ? .decoderBlock : .attentionDecoderBlock, pass)
      }
      h = normOut(h, thenSiLU: true, pass)
      return convOut(h, pass)
    }
  }
}

/// ResNet blocks at one resolution, each followed by attention where the level attends, and then the
/// way to the next resolution.
struct AutoencoderLevel: Sendable {
  enum Resampling: Sendable {
    case none
    case down(Downsample)
    case up(Upsample)
  }

  let path: String
  let resnets: [ResnetBlock]
  let attentions: [ImageAttention]
  let resampling: Resampling

  init(
    _ architecture: AutoencoderArchitecture, inputs: Int, outputs: Int, layers: Int, attends: Bool,
    resampling: Resampling, in scope: ParameterScope
  ) throws {
    path = scope.path
    self.resampling = resampling
    resnets = try (0..<layers).map {
      try architecture.resnet($0 == 0 ? inputs : outputs, outputs, in: scope["resnets"][$0])
    }
    attentions = try (0..<(attends ? layers : 0)).map {
      try architecture.attention(outputs, in: scope["attentions"][$0])
    }
  }

  func callAsFunction(_ x: Tensor, _ kind: LayerKind, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, kind, x.shape) {
      var h = x
      for (index, resnet) in resnets.enumerated() {
        h = resnet(h, pass)
        if index < attentions.count { h = attentions[index](h, pass) }
      }
      switch resampling {
      case .none: return h
      case .down(let downsample): return downsample(h, pass)
      case .up(let upsample): return upsample(h, pass)
      }
    }
  }
}

/// The coarsest level: a ResNet block, attention where there is any, a ResNet block.
struct AutoencoderMidBlock: Sendable {
  let path: String
  let resnets: [ResnetBlock]
  let attention: ImageAttention?

  init(_ architecture: AutoencoderArchitecture, in scope: ParameterScope) throws {
    path = scope.path
    let channels = architecture.blockOutChannels[architecture.levels - 1]
    resnets = try (0..<2).map {
      try architecture.resnet(channels, channels, in: scope["resnets"][$0])
    }
    attention =
      try architecture.midBlockAttention
      ? architecture.attention(channels, in: scope["attentions"][0]) : nil
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .midBlock, x.shape) {
      let h = resnets[0](x, pass)
      return resnets[1](attention?(h, pass) ?? h, pass)
    }
  }
}

extension AutoencoderArchitecture {
  fileprivate func resnet(
    _ inputs: Int, _ outputs: Int, in scope: ParameterScope
  ) throws -> ResnetBlock {
    try ResnetBlock(inputs, outputs, groups: normGroups, epsilon: 1e-6, in: scope)
  }

  fileprivate func attention(
    _ channels: Int, in scope: ParameterScope
  ) throws -> ImageAttention {
    try ImageAttention(channels, groups: normGroups, epsilon: 1e-6, in: scope)
  }

  fileprivate func norm(_ channels: Int, in scope: ParameterScope) throws -> GroupNorm {
    try GroupNorm(channels, groups: normGroups, epsilon: 1e-6, in: scope)
  }

  /// How the attention of autoencoders was called before diffusers 0.18.
  static let naming = TensorNaming(alternatives: { name in
    let old = ["to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"]
    return old.compactMap { current, former in
      name.contains(".attentions.") && name.contains(".\(current).")
        ? name.replacing(".\(current).", with: ".\(former).") : nil
    }
  })
}
