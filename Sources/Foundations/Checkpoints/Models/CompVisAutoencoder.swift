import JSON

/// The first stage of a CompVis checkpoint, KL or VQ: its architecture, read from names and shapes,
/// and its tensors under diffusers' names.
///
/// The decoder's levels count downwards in CompVis and upwards in diffusers; attention is made of
/// 1×1 convolutions there and of matrices here.
/// Source: CompVis/latent-diffusion, ldm/modules/diffusionmodules/model.py.
struct CompVisAutoencoder {
  let className: String
  let configuration: JSONValue
  let weights: RenamedWeights

  /// One side of the autoencoder: blocks per level and the levels with attention, finest first.
  private struct Side {
    let path: String
    let blocks: Int
    let channels: [Int]
    let attends: [Bool]
    let attendsInMiddle: Bool

    init(_ path: String, in section: WeightSection) throws {
      self.path = path
      let levels = section.count("\(path).", ".block.0.conv1.weight")
      let root = path.prefix { $0 != "." }
      let blocks = (0..<levels).map { section.count("\(path).\($0).block.", ".conv1.weight") }
      guard let first = blocks.first, blocks.allSatisfy({ $0 == first }) else {
        throw CheckpointError.unsupported(
          file: section.source.origin, reason: "\(root) levels of different depths, or none")
      }
      self.blocks = first
      channels = try (0..<levels).map {
        try section.shape("\(path).\($0).block.0.conv1.weight", rank: 4)[0]
      }
      func attends(_ module: String) -> Bool {
        CompVisAutoencoder.queryNames.contains { section.contains("\(module).\($0).weight") }
      }
      self.attends = (0..<levels).map { attends("\(path).\($0).attn.0") }
      attendsInMiddle = attends("\(root).mid.attn_1")
    }
  }

  init(_ section: WeightSection, scalingFactor: Double?) throws {
    let encoder = try Side("encoder.down", in: section)
    let decoder = try Side("decoder.up", in: section)
    guard encoder.channels == decoder.channels, decoder.blocks == encoder.blocks + 1,
      encoder.attendsInMiddle == decoder.attendsInMiddle
    else {
      throw CheckpointError.unsupported(
        file: section.source.origin,
        reason: "an autoencoder whose encoder and decoder do not mirror each other")
    }
    var members = try Self.commonConfiguration(of: section, encoder, decoder)
    if let scalingFactor { members["scaling_factor"] = .number(scalingFactor) }
    let latent = try section.shape("encoder.conv_out.weight", rank: 4)[0]
    if section.contains("quantize.embedding.weight") {
      let codebook = try section.shape("quantize.embedding.weight", rank: 2)
      className = "VQModel"
      members["latent_channels"] = .integer(latent)
      members["num_vq_embeddings"] = .integer(codebook[0])
      members["vq_embed_dim"] = .integer(codebook[1])
    } else {
      let embedding = try section.shape("quant_conv.weight", rank: 4)[0]
      // A KL stage gives a mean and a variance for each channel that the decoder takes.
      guard try section.shape("post_quant_conv.weight", rank: 4)[1] != embedding else {
        throw CheckpointError.unsupported(
          file: section.source.origin,
          reason:
            "a VQ first stage whose codebook (quantize.embedding.weight) was not saved with it: "
            + "take the first stage from a file that has it")
      }
      guard embedding == latent, latent.isMultiple(of: 2) else {
        throw CheckpointError.unsupported(
          file: section.source.origin,
          reason: "a KL autoencoder with \(embedding) moments for \(latent) channels of z; "
            + "diffusers has no such class")
      }
      className = "AutoencoderKL"
      members["latent_channels"] = .integer(latent / 2)
    }
    members["_class_name"] = .string(className)
    configuration = .object(members)
    let map = Self.map(encoder, decoder)
    weights = try section.renamed { name, shape in
      map.rename(name).map { ($0, Self.isAttentionMatrix($0) ? Self.matrix(shape) : shape) }
    }
  }
}

// MARK: - Architecture

extension CompVisAutoencoder {
  private static func commonConfiguration(
    of section: WeightSection, _ encoder: Side, _ decoder: Side
  ) throws -> [String: JSONValue] {
    func types(_ attends: [Bool], _ name: String) -> JSONValue {
      .array(attends.map { .string(($0 ? "Attn" : "") + name) })
    }
    return [
      "act_fn": .string("silu"),
      "block_out_channels": .array(encoder.channels.map { .integer($0) }),
      "down_block_types": types(encoder.attends, "DownEncoderBlock2D"),
      "in_channels": .integer(try section.shape("encoder.conv_in.weight", rank: 4)[1]),
      "layers_per_block": .integer(encoder.blocks),
      "mid_block_add_attention": .bool(encoder.attendsInMiddle),
      "norm_num_groups": .integer(32),
      "out_channels": .integer(try section.shape("decoder.conv_out.weight", rank: 4)[0]),
      "up_block_types": types(decoder.attends.reversed(), "UpDecoderBlock2D"),
    ]
  }
}

// MARK: - Names

extension CompVisAutoencoder {
  private static let residual = ModuleMap.Inner.renamed([
    "norm1": "norm1", "conv1": "conv1", "norm2": "norm2", "conv2": "conv2",
    "nin_shortcut": "conv_shortcut",
  ])
  /// CompVis' names, and what trainers that build on diffusers put in their place.
  private static let attention = ModuleMap.Inner.renamed([
    "norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0",
    "group_norm": "group_norm", "to_q": "to_q", "to_k": "to_k", "to_v": "to_v",
    "to_out.0": "to_out.0", "query": "to_q", "key": "to_k", "value": "to_v",
    "proj_attn": "to_out.0",
  ])
  fileprivate static let queryNames = ["q", "to_q", "query"]

  private static func map(_ encoder: Side, _ decoder: Side) -> ModuleMap {
    var map = ModuleMap()
    for name in ["quant_conv", "post_quant_conv"] { map.add(name, name) }
    map.add("quantize.embedding", "quantize.embedding")
    for side in ["encoder", "decoder"] {
      map.add("\(side).conv_in", "\(side).conv_in")
      map.add("\(side).norm_out", "\(side).conv_norm_out")
      map.add("\(side).conv_out", "\(side).conv_out")
      map.add("\(side).mid.block_1", "\(side).mid_block.resnets.0", inner: residual)
      map.add("\(side).mid.attn_1", "\(side).mid_block.attentions.0", inner: attention)
      map.add("\(side).mid.block_2", "\(side).mid_block.resnets.1", inner: residual)
    }
    let levels = encoder.channels.count
    for level in 0..<levels {
      let down = "encoder.down_blocks.\(level)"
      add(encoder, level: level, as: down, to: &map)
      map.add("encoder.down.\(level).downsample.conv", "\(down).downsamplers.0.conv")
      let up = "decoder.up_blocks.\(levels - 1 - level)"
      add(decoder, level: level, as: up, to: &map)
      map.add("decoder.up.\(level).upsample.conv", "\(up).upsamplers.0.conv")
    }
    return map
  }

  private static func add(_ side: Side, level: Int, as new: String, to map: inout ModuleMap) {
    for block in 0..<side.blocks {
      let old = "\(side.path).\(level)"
      map.add("\(old).block.\(block)", "\(new).resnets.\(block)", inner: residual)
      map.add("\(old).attn.\(block)", "\(new).attentions.\(block)", inner: attention)
    }
  }

  private static func isAttentionMatrix(_ name: String) -> Bool {
    name.contains(".attentions.") && name.hasSuffix(".weight")
      && !name.hasSuffix(".group_norm.weight")
  }

  /// [C, C, 1, 1] as [C, C].
  private static func matrix(_ shape: [Int]) -> [Int] {
    shape.count == 4 && shape[2...] == [1, 1] ? Array(shape[..<2]) : shape
  }
}
