import LatentDiffusion
import Networks

/// One attention layer of a U-Net: where it stands, and the grid of pixels that ask.
package struct AttentionLayer: Sendable, Hashable {
  /// Who is asked.
  package enum Kind: String, Sendable {
    /// Pixels attend to the tokens of the prompt.
    case cross = "attn2"
    /// Pixels attend to each other.
    case selfAttention = "attn1"
  }

  /// On which part of the U a layer stands.
  package enum Place: String, Sendable {
    /// On the way down.
    case down
    /// At the bottom.
    case mid
    /// On the way up.
    case up
  }

  /// The diffusers module path, which ends in `attn2` or `attn1`.
  package let path: String
  /// Short, for people: `down 0.1`, `mid 0`, `up 2.0`.
  package let name: String
  /// Who is asked.
  package let kind: Kind
  /// On which part of the U it stands.
  package let place: Place
  /// How many heads it has.
  package let heads: Int
  /// The grid: height · width pixels ask.
  package let height: Int
  /// The grid, likewise.
  package let width: Int

  /// N
  package var pixels: Int { height * width }

  /// A layer by its place.
  package init(
    path: String, name: String, kind: Kind, place: Place, heads: Int, height: Int, width: Int
  ) {
    (self.path, self.name, self.kind, self.place) = (path, name, kind, place)
    (self.heads, self.height, self.width) = (heads, height, width)
  }
}

extension AttentionLayer {
  /// Every attention layer of a U-Net in the order in which they run.
  /// - Parameters:
  ///   - kind: cross-attention or self-attention.
  ///   - unet: the architecture.
  ///   - height: of the latent.
  ///   - width: of the latent.
  package static func all(
    _ kind: Kind, of unet: UNetConfiguration, height: Int, width: Int
  ) -> [AttentionLayer] {
    let grids = grids(of: unet, height: height, width: width)
    var layers: [AttentionLayer] = []
    func add(_ place: Place, _ block: Int?, level: Int, count: Int) {
      let stem = block.map { "\(place.rawValue)_blocks.\($0)" } ?? "mid_block"
      for attention in 0..<count {
        for depth in 0..<unet.transformerLayers[level] {
          let number = (block.map { "\($0)." } ?? "") + "\(attention)"
          layers.append(
            AttentionLayer(
              path: "\(stem).attentions.\(attention).transformer_blocks.\(depth).\(kind.rawValue)",
              name: "\(place.rawValue) \(number)"
                + (unet.transformerLayers[level] > 1 ? ".\(depth)" : ""),
              kind: kind, place: place, heads: unet.attentionHeads[level],
              height: grids[level].height, width: grids[level].width))
        }
      }
    }
    for level in 0..<unet.levels where unet.downBlocks[level] == .crossAttention {
      add(.down, level, level: level, count: unet.layersPerBlock[level])
    }
    if unet.midBlock == .crossAttention { add(.mid, nil, level: unet.levels - 1, count: 1) }
    for block in 0..<unet.levels where unet.upBlocks[block] == .crossAttention {
      let level = unet.levels - 1 - block
      add(.up, block, level: level, count: unet.layersPerBlock[level] + 1)
    }
    return layers
  }

  /// The size of the images on each level: each 3×3 convolution of stride 2 halves, rounding up when
  /// it pads on all sides, down when it pads below and to the right only.
  private static func grids(
    of unet: UNetConfiguration, height: Int, width: Int
  ) -> [(height: Int, width: Int)] {
    var grids = [(height: height, width: width)]
    for _ in 1..<max(unet.levels, 1) {
      let (h, w) = grids[grids.count - 1]
      grids.append(((h + unet.downsamplePadding) / 2, (w + unet.downsamplePadding) / 2))
    }
    return grids
  }
}
