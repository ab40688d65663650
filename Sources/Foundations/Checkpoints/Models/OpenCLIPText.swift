import Diagnostics

/// The text encoder of OpenCLIP (ViT-H/14 in Stable Diffusion 2), told in the names of CLIP's.
///
/// The two compute alike but for the activation. OpenCLIP keeps queries, keys and values of a layer in
/// one matrix, [3·width, width]; and Stable Diffusion 2 listens to the last layer but one, so that the
/// last of its 24 has no place.
/// Source: mlfoundations/open_clip, src/open_clip/transformer.py; Stability-AI/stablediffusion,
/// `layer: penultimate` in configs/stable-diffusion/v2-inference.yaml.
enum OpenCLIPText {
  static let prefix = "cond_stage_model.model."
  /// The vectors of the vocabulary.
  static let tokens = "token_embedding.weight"
  /// As many of ViT-H's 24 layers as are listened to. Programs that write such files from a diffusers
  /// folder leave the last one out.
  private static let layers = 23

  /// The tensors under the names of `CLIPTextModel`. What a whole OpenCLIP has besides is passed over.
  /// - Throws: `CheckpointError` for a tensor that has no place, or another shape.
  static func weights(_ section: WeightSection) throws -> RenamedWeights {
    let width = try section.shape(tokens, rank: 2)[1]
    var table: [String: RenamedWeights.Entry] = [:]
    for (name, sourceName) in section.sourceNames.sorted(by: { $0.key < $1.key })
    where !isBeside(name) {
      let shape = section.source.info(sourceName)?.shape ?? []
      guard let new = renamed(name) else {
        throw CheckpointError.unexpectedTensor(
          file: section.source.origin, name: sourceName, shape: shape)
      }
      let whole = RenamedWeights.Entry(name: sourceName, shape: shape)
      guard new.contains(joint) else {
        table[CLIPTextWeights.prefix + new] = whole
        continue
      }
      guard shape.first == 3 * width else {
        throw CheckpointError.shapeMismatch(
          file: section.source.origin, name: sourceName,
          expected: [3 * width] + shape.dropFirst(), actual: shape)
      }
      for (place, letter) in ["q", "k", "v"].enumerated() {
        let name = new.replacing(joint, with: ".\(letter)_proj.")
        table[CLIPTextWeights.prefix + name] = whole.rows(place * width..<(place + 1) * width)
      }
    }
    return RenamedWeights(section.source, table)
  }

  /// Where queries, keys and values lie together.
  private static let joint = ".in_proj_"

  private static func isBeside(_ name: String) -> Bool {
    ["text_projection", "logit_scale", "attn_mask"].contains(name)
      || (layer(of: name) ?? 0) >= layers
  }

  private static let blocks = "transformer.resblocks."

  private static func layer(of name: String) -> Int? {
    guard name.hasPrefix(blocks) else { return nil }
    return Int(name.dropFirst(blocks.count).prefix { $0 != "." })
  }

  /// CLIP's name for one of OpenCLIP's; nil where there is none.
  private static func renamed(_ name: String) -> String? {
    guard let layer = layer(of: name) else { return whole[name] }
    let rest = name.dropFirst("\(blocks)\(layer).".count)
    for (old, new) in inner where rest.hasPrefix(old) {
      return "encoder.layers.\(layer).\(new)\(rest.dropFirst(old.count))"
    }
    return nil
  }

  private static let whole = [
    "positional_embedding": "embeddings.position_embedding.weight",
    tokens: "embeddings.token_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight", "ln_final.bias": "final_layer_norm.bias",
  ]

  private static let inner = [
    ("ln_1.", "layer_norm1."), ("ln_2.", "layer_norm2."), ("mlp.c_fc.", "mlp.fc1."),
    ("mlp.c_proj.", "mlp.fc2."), ("attn.out_proj.", "self_attn.out_proj."),
    ("attn.in_proj_", "self_attn.in_proj_"),
  ]
}
