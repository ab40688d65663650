/// A part of a model that a LoRA changes.
public enum LoRAPart: String, Sendable, CaseIterable {
  /// τ_θ, CLIP's text encoder.
  case textEncoder = "text_encoder"
  /// ε_θ.
  case unet
}

/// What the name of one tensor of a LoRA says: of which layer it is, and what it is there.
///
///     lora_unet_down_blocks_0_attentions_0_…_attn1_to_q.lora_down.weight          kohya
///     unet.down_blocks.0.attentions.0.….attn1.to_q.lora.down.weight               diffusers
///     down_blocks.0.attentions.0.….attn1.processor.to_q_lora.down.weight          diffusers, early
///     base_model.model.down_blocks.0.attentions.0.….attn1.to_q.lora_A.weight      peft
///     lora_unet_down_blocks_0_attentions_0_…_attn1_to_q.hada_w1_a                 LyCORIS
struct LoRAName {
  enum Role: String, CaseIterable {
    case down = "the matrix down (lora_down, lora_A)"
    case up = "the matrix up (lora_up, lora_B)"
    case core = "lora_mid"
    case alpha
    // Of a LoHa: two products, multiplied number by number.
    case firstUp = "hada_w1_a"
    case firstDown = "hada_w1_b"
    case firstCore = "hada_t1"
    case secondUp = "hada_w2_a"
    case secondDown = "hada_w2_b"
    case secondCore = "hada_t2"
    // Of a LoKr: two matrices, each whole or a product.
    case left = "lokr_w1"
    case leftUp = "lokr_w1_a"
    case leftDown = "lokr_w1_b"
    case right = "lokr_w2"
    case rightUp = "lokr_w2_a"
    case rightDown = "lokr_w2_b"
    case rightCore = "lokr_t2"
  }

  /// Nil where the name leaves it open.
  private(set) var part: LoRAPart?
  /// The layer as the file spells it, without what tells the part.
  private(set) var layer: String
  /// Whether underscores stand where the model's own names have dots.
  private(set) var isUnderscored = false
  let role: Role

  /// The name taken apart; nil where it is none of a LoRA.
  init?(_ name: String) {
    guard let (stem, role) = Self.split(name), !stem.isEmpty else { return nil }
    (layer, self.role) = (stem, role)
    for (prefix, part) in [("lora_unet_", LoRAPart.unet), ("lora_te_", .textEncoder)]
    where stem.hasPrefix(prefix) {
      (layer, self.part, isUnderscored) = (String(stem.dropFirst(prefix.count)), part, true)
      return
    }
    let peft = "base_model.model."
    if layer.hasPrefix(peft) { layer = String(layer.dropFirst(peft.count)) }
    for part in LoRAPart.allCases where layer.hasPrefix(part.rawValue + ".") {
      (layer, self.part) = (String(layer.dropFirst(part.rawValue.count + 1)), part)
    }
  }

  /// The layer, and what the tensor is to it.
  private static func split(_ name: String) -> (stem: String, role: Role)? {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts.last == "alpha" { return (parts.dropLast().joined(separator: "."), .alpha) }
    // LyCORIS' matrices are named without `weight`; peft's adapter may stand behind.
    for behind in 0...1 where parts.count > behind {
      if let role = Role(rawValue: parts[parts.count - 1 - behind]), role != .core {
        return (parts.dropLast(behind + 1).joined(separator: "."), role)
      }
    }
    guard parts.count > 2, parts.removeLast() == "weight" else { return nil }
    // peft keeps the adapter's name in between: lora_A.default.weight.
    if parts.count > 2, parts[parts.count - 2].hasPrefix("lora_"), roles[parts.last ?? ""] == nil {
      parts.removeLast()
    }
    guard let role = roles[parts.removeLast()] else { return nil }
    if role.isWhole { return (parts.joined(separator: "."), role.role) }
    guard let last = parts.popLast() else { return nil }
    if last == "lora" || last == "lora_linear_layer" {
      return (parts.joined(separator: "."), role.role)
    }
    // The processors that attention had at first kept the matrices of their own.
    guard last.hasSuffix("_lora") else { return nil }
    if parts.last == "processor" { parts.removeLast() }
    let layer = String(last.dropLast("_lora".count))
    let isText = parts.last == "self_attn"
    let name = (isText ? textLayers : unetLayers)[layer] ?? layer
    return ((parts + [name]).joined(separator: "."), role.role)
  }

  /// What stands before `weight`; not whole where the word before it belongs to it.
  private static let roles: [String: (role: Role, isWhole: Bool)] = [
    "lora_down": (.down, true), "lora_up": (.up, true), "lora_A": (.down, true),
    "lora_B": (.up, true), "lora_mid": (.core, true), "down": (.down, false), "up": (.up, false),
  ]
  private static let unetLayers = ["to_out": "to_out.0"]
  private static let textLayers = [
    "to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj",
  ]
}

// MARK: - What is no LoRA for Stable Diffusion v1

extension LoRAName {
  /// The relative of LoRA that a tensor belongs to, where it is one of another formula.
  static func otherKind(of name: String) -> String? {
    let parts = name.split(separator: ".")
    if name.hasSuffix(".lora_B.bias") || name.hasSuffix(".lora_up.bias") {
      return "a LoRA with biases"
    }
    for (beginning, kind) in relatives where parts.contains(where: { $0.hasPrefix(beginning) }) {
      return kind
    }
    return nil
  }

  private static let relatives = [
    ("dora_scale", "a DoRA"), ("lora_magnitude_vector", "a DoRA"),
    ("oft_", "an OFT"), ("ia3_", "an (IA)³"), ("on_input", "an (IA)³"),
    ("lora_embedding_", "a LoRA of embeddings"),
    ("diff_b", "a full difference"), ("w_norm", "a full difference"),
  ]

  /// The model that a tensor's name tells of, where it is another.
  static func otherModel(of name: String) -> String? {
    signs.first { name.contains($0.sign) }?.model
  }

  private static let signs = [
    ("lora_te1_", "Stable Diffusion XL"), ("lora_te2_", "Stable Diffusion XL"),
    ("text_encoder_2.", "Stable Diffusion XL"), ("add_embedding", "Stable Diffusion XL"),
    ("lora_unet_input_blocks_", "Stable Diffusion XL"),
    ("lora_unet_output_blocks_", "Stable Diffusion XL"), ("double_blocks", "Flux"),
    ("single_transformer_blocks", "Flux"), ("joint_blocks", "Stable Diffusion 3"),
    ("lora_prior_", "Stable Cascade"), ("lora_transformer_", "a diffusion transformer"),
  ].map { (sign: $0.0, model: $0.1) }
}
