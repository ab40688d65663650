import JSON

/// The U-Net of a CompVis checkpoint: its architecture, read from names and shapes, and its tensors
/// under diffusers' names.
///
/// CompVis numbers its blocks in one row; diffusers groups them by level. A level ends with a
/// downsampling (`input_blocks.N.0.op`), which is what the two are matched by.
/// Source: CompVis/stable-diffusion, ldm/modules/diffusionmodules/openaimodel.py.
struct CompVisUNet {
  let configuration: JSONValue
  let weights: RenamedWeights

  /// How many heads attend, which no tensor's shape tells.
  enum Heads: Sendable {
    /// As many on every level; 8 in Stable Diffusion v1.
    case count(Int)
    /// As many as make heads of this width; 64 in Stable Diffusion 2.
    case width(Int)

    fileprivate func setting(_ levels: [Level]) -> JSONValue {
      switch self {
      case .count(let count): .integer(count)
      case .width(let width): .array(levels.map { .integer(max($0.channels / width, 1)) })
      }
    }
  }

  /// One resolution: its residual blocks, channels and whether a transformer follows each block.
  fileprivate struct Level {
    var blocks: [Int] = []
    var channels = 0
    var hasAttention = false
    var downsampling: Int?
  }

  /// - Parameters:
  ///   - section: its tensors under CompVis's names.
  ///   - heads: of attention.
  ///   - sampleSize: height and width of the latents that it was trained on.
  init(_ section: WeightSection, heads: Heads, sampleSize: Int) throws {
    let levels = try Self.levels(of: section)
    guard let blocks = levels.first?.blocks.count, levels.allSatisfy({ $0.blocks.count == blocks })
    else {
      throw CheckpointError.unsupported(
        file: section.source.origin, reason: "U-Net levels of different depths")
    }
    configuration = try Self.configuration(
      of: section, levels: levels, heads: heads, sampleSize: sampleSize)
    let map = try Self.map(levels, in: section)
    weights = try section.renamed { name, shape in
      map.rename(name).map { ($0, Self.isProjection($0) ? Self.convolution(shape) : shape) }
    }
  }

  /// Whether a tensor is a matrix that leads into or out of a transformer. Some programs store it as
  /// the matrix that it is, as Stable Diffusion 2 does, and not as a 1×1 convolution.
  private static func isProjection(_ name: String) -> Bool {
    name.contains(".attentions.")
      && (name.hasSuffix(".proj_in.weight") || name.hasSuffix(".proj_out.weight"))
  }

  /// [C, C] as [C, C, 1, 1].
  private static func convolution(_ shape: [Int]) -> [Int] {
    shape.count == 2 ? shape + [1, 1] : shape
  }
}

// MARK: - Architecture

extension CompVisUNet {
  private static func levels(of section: WeightSection) throws -> [Level] {
    var levels = [Level()]
    var block = 1
    while true {
      let prefix = "input_blocks.\(block)"
      if section.contains("\(prefix).0.op.weight") {
        levels[levels.count - 1].downsampling = block
        levels.append(Level())
      } else if section.contains("\(prefix).0.in_layers.2.weight") {
        let attends = try hasTransformer("\(prefix).1", in: section)
        let last = levels.count - 1
        guard levels[last].blocks.isEmpty || levels[last].hasAttention == attends else {
          throw CheckpointError.unsupported(
            file: section.source.origin, reason: "a U-Net level with attention in only some blocks")
        }
        levels[last].hasAttention = attends
        levels[last].channels = try section.shape("\(prefix).0.out_layers.3.weight", rank: 4)[0]
        levels[last].blocks.append(block)
      } else {
        break
      }
      block += 1
    }
    return levels
  }

  private static func hasTransformer(_ module: String, in section: WeightSection) throws -> Bool {
    guard !section.contains("\(module).qkv.weight") else {
      throw CheckpointError.unsupported(
        file: section.source.origin,
        reason: "a U-Net without text conditioning (\(module).qkv); expected cross-attention")
    }
    return section.contains("\(module).proj_in.weight")
  }

  private static func configuration(
    of section: WeightSection, levels: [Level], heads: Heads, sampleSize: Int
  ) throws -> JSONValue {
    let input = try section.shape("input_blocks.0.0.weight", rank: 4)
    let output = try section.shape("out.2.weight", rank: 4)
    let transformer = "middle_block.1.transformer_blocks."
    _ = try section.shape("middle_block.1.proj_in.weight", rank: 2, 4)
    let context = try section.shape("\(transformer)0.attn2.to_k.weight", rank: 2)[1]
    let types = levels.map(\.hasAttention)
    func named(_ attends: [Bool], _ side: String) -> JSONValue {
      .array(attends.map { .string(($0 ? "CrossAttn" : "") + "\(side)Block2D") })
    }
    return .object([
      "_class_name": .string("UNet2DConditionModel"),
      "act_fn": .string("silu"),
      // diffusers keeps the number of heads under this name.
      "attention_head_dim": heads.setting(levels),
      "block_out_channels": .array(levels.map { .integer($0.channels) }),
      "center_input_sample": .bool(false),
      "cross_attention_dim": .integer(context),
      "down_block_types": named(types, "Down"),
      "downsample_padding": .integer(1),
      "flip_sin_to_cos": .bool(true),
      "freq_shift": .integer(0),
      "in_channels": .integer(input[1]),
      "layers_per_block": .integer(levels[0].blocks.count),
      "mid_block_scale_factor": .integer(1),
      "norm_eps": .number(1e-5),
      "norm_num_groups": .integer(32),
      "out_channels": .integer(output[0]),
      "sample_size": .integer(sampleSize),
      "transformer_layers_per_block": .integer(
        section.count(transformer, ".attn2.to_k.weight")),
      "up_block_types": named(types.reversed(), "Up"),
    ])
  }
}

// MARK: - Names

extension CompVisUNet {
  private static let residual = ModuleMap.Inner.renamed([
    "in_layers.0": "norm1", "in_layers.2": "conv1", "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2", "out_layers.3": "conv2", "skip_connection": "conv_shortcut",
  ])

  private static func map(_ levels: [Level], in section: WeightSection) throws -> ModuleMap {
    var map = ModuleMap()
    map.add("time_embed.0", "time_embedding.linear_1")
    map.add("time_embed.2", "time_embedding.linear_2")
    map.add("input_blocks.0.0", "conv_in")
    map.add("out.0", "conv_norm_out")
    map.add("out.2", "conv_out")
    map.add("middle_block.0", "mid_block.resnets.0", inner: residual)
    map.add("middle_block.1", "mid_block.attentions.0")
    map.add("middle_block.2", "mid_block.resnets.1", inner: residual)
    for (index, level) in levels.enumerated() {
      for (position, block) in level.blocks.enumerated() {
        let new = "down_blocks.\(index)"
        map.add("input_blocks.\(block).0", "\(new).resnets.\(position)", inner: residual)
        if level.hasAttention {
          map.add("input_blocks.\(block).1", "\(new).attentions.\(position)")
        }
      }
      if let block = level.downsampling {
        map.add("input_blocks.\(block).0.op", "down_blocks.\(index).downsamplers.0.conv")
      }
    }
    // The way up has one block more per level; its last one ends with the upsampling.
    for (index, level) in levels.reversed().enumerated() {
      let blocks = level.blocks.count + 1
      for position in 0..<blocks {
        let (old, new) = ("output_blocks.\(index * blocks + position)", "up_blocks.\(index)")
        map.add("\(old).0", "\(new).resnets.\(position)", inner: residual)
        if level.hasAttention { map.add("\(old).1", "\(new).attentions.\(position)") }
        if position == blocks - 1, index < levels.count - 1 {
          map.add("\(old).\(level.hasAttention ? 2 : 1).conv", "\(new).upsamplers.0.conv")
        }
      }
    }
    return map
  }
}
