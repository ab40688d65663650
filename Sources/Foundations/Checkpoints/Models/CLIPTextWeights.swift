import Diagnostics
import JSON

/// The CLIP text encoder, whose names are the same everywhere but for a prefix.
enum CLIPTextWeights {
  /// The tensors under the names of `CLIPTextModel`, which begin with `text_model.`; some versions
  /// of transformers leave that out. Position numbers are no weights and are dropped; so is, with a
  /// notice, what else a whole CLIP has: its projection and its eye.
  static func canonical(_ section: WeightSection) throws -> RenamedWeights {
    var kept = WeightSection(section.source)
    var passedOver: [String] = []
    for (name, sourceName) in section.sourceNames where !name.hasSuffix("position_ids") {
      if beside.contains(where: name.hasPrefix) {
        passedOver.append(sourceName)
      } else {
        kept.insert(name, from: sourceName)
      }
    }
    if let first = passedOver.min() {
      let others = passedOver.count == 1 ? "" : " and \(passedOver.count - 1) others"
      Notices.tell(
        "\(section.source.origin): not needed and passed over: \(first.quoted)\(others)")
    }
    return try kept.renamed { name, shape in
      (name.hasPrefix(prefix) ? name : prefix + name, shape)
    }
  }

  static let prefix = "text_model."
  private static let beside = [
    "text_projection", "visual_projection", "vision_model.", "logit_scale",
  ]

  /// The architecture, from names and shapes; heads are 64 wide, as in every CLIP text encoder.
  /// - Parameters:
  ///   - weights: under the names of `CLIPTextModel`.
  ///   - activation: `quick_gelu` in CLIP, `gelu` in OpenCLIP; no shape tells.
  static func configuration(
    of weights: RenamedWeights, activation: String
  ) throws -> JSONValue {
    let section = WeightSection(all: weights)
    let tokens = try section.shape(
      "\(prefix)embeddings.token_embedding.weight", rank: 2)
    let positions = try section.shape("\(prefix)embeddings.position_embedding.weight", rank: 2)
    let inner = try section.shape("\(prefix)encoder.layers.0.mlp.fc1.weight", rank: 2)
    let layers = section.count("\(prefix)encoder.layers.", ".mlp.fc1.weight")
    return .object([
      "architectures": .array([.string("CLIPTextModel")]),
      "bos_token_id": .integer(max(tokens[0] - 2, 0)),
      "eos_token_id": .integer(max(tokens[0] - 1, 0)),
      "hidden_act": .string(activation),
      "hidden_size": .integer(tokens[1]),
      "intermediate_size": .integer(inner[0]),
      "layer_norm_eps": .number(1e-5),
      "max_position_embeddings": .integer(positions[0]),
      "model_type": .string("clip_text_model"),
      "num_attention_heads": .integer(max(tokens[1] / 64, 1)),
      "num_hidden_layers": .integer(layers),
      "pad_token_id": .integer(1),
      "projection_dim": .integer(tokens[1]),
      "vocab_size": .integer(tokens[0]),
    ])
  }
}
