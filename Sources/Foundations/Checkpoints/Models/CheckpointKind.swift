import Diagnostics
import Foundation

/// What a checkpoint is that is not Stable Diffusion v1, told by the names of its tensors.
///
/// One table for all readers: a name, what can be done with such a file here, and the signs.
struct CheckpointKind: Sendable {
  /// As in `this is Stable Diffusion XL`.
  let name: String
  /// What a person can do with it.
  let advice: String
  /// The parts that are read here all the same.
  var parts: Set<ModelFiles.Part> = []
  /// What its latents are multiplied with; nil for Stable Diffusion v1's number.
  var latentScale: Double?
  /// Attention heads of its U-Net, which its tensors do not tell.
  var attentionHeads = CompVisUNet.Heads.count(8)
  /// Whether it has the names that networks have in a diffusers folder.
  var isNetworkOfFolder = false
  /// Whether the names are of this kind.
  let matches: @Sendable (_ names: [String]) -> Bool

  /// The kind of a source, or nil for Stable Diffusion v1, a first stage, and what nobody knows.
  static func of(_ source: any WeightSource) -> CheckpointKind? {
    let names = source.names
    if let kind = of(names: names) { return kind }
    // A file of diffusers' textual inversion holds one vector, or a few, under the word itself.
    guard names.count == 1, let name = names.first, !name.contains("."),
      let shape = source.info(name)?.shape, 1...2 ~= shape.count
    else { return nil }
    // Other numbers by themselves look alike: one parameter of some layer, unless it is as wide as a text
    // encoder, what pictures are normalised by, a table of no rows.
    let isParameter = ["weight", "bias"].contains(name) && ![768, 1024, 1280].contains(shape.last)
    let isStatistic = ["mean", "std", "var"].contains { name == $0 || name.hasSuffix("_\($0)") }
    return isParameter || isStatistic || shape.contains { $0 < 1 } || shape[shape.count - 1] < 8
      ? nil : embedding
  }

  /// The kind of a set of weights by names alone.
  static func of(names: [String]) -> CheckpointKind? { all.first { $0.matches(names) } }

  /// What is said of a pickled dictionary by what it keeps beside its tensors, or in their place.
  static func sentence(ofKeys keys: Set<String>) -> String? {
    if keys.contains("string_to_param") { return embedding.sentence }
    return keys.isDisjoint(with: ["layer_structure", "activation_func"])
      ? nil : hypernetwork.sentence
  }

  /// What lies where the weights of one network of a diffusers folder should, if it is known.
  static func inPlaceOfNetwork(_ source: any WeightSource) -> CheckpointKind? {
    of(source).flatMap { $0.isNetworkOfFolder ? nil : $0 }
  }

  /// The name without its article and without what is not done with it here.
  var shortName: String {
    var words = name.components(separatedBy: ", which")[0]
    for article in ["a ", "an ", "the "] where words.hasPrefix(article) {
      words.removeFirst(article.count)
      break
    }
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  /// Whether it is the vectors of a learned word.
  var isLearnedWord: Bool { name == Self.embedding.name }

  /// A name that makes the kind known by itself; nil where it takes several.
  func sign(in names: [String]) -> String? { names.first { matches([$0]) } }

  var sentence: String { "this is \(name); \(advice)" }

  /// The kind of a folder by its pipeline's class, or nil for Stable Diffusion v1 and 2, which open.
  static func of(pipeline className: String) -> CheckpointKind? {
    guard let name = pipelines.first(where: { className.hasPrefix($0.className) })?.name else {
      return nil
    }
    return CheckpointKind(
      name: name, advice: "what it has in common with Stable Diffusion v1 opens by itself",
      matches: { _ in false })
  }

  private static let pipelines: [(className: String, name: String)] = [
    ("StableDiffusionXL", "Stable Diffusion XL, which is not read here"),
    ("StableDiffusion3", "Stable Diffusion 3, which has no U-Net"),
    ("Flux", "Flux, which has no U-Net"), ("LDMTextToImage", bertConditional.name),
    ("StableDiffusionControlNet", "a pipeline with a ControlNet, which is not read here"),
    ("Kandinsky", "Kandinsky, which is not read here"),
    ("PixArt", "PixArt, which has no U-Net"), ("DiT", "DiT, which has no U-Net"),
  ]

  private static let embedding = CheckpointKind(
    name: "an embedding for a word (textual inversion)",
    advice: "it belongs into a vocabulary: --embedding of text-to-image, attention-maps and "
      + "text-encoding teaches it to one",
    matches: {
      has($0, ["string_to_param."]) || $0 == ["emb_params"] || $0 == ["clip_g", "clip_l"]
    })
}

// MARK: - The table

extension CheckpointKind {
  private static let all = [
    ia3, oft, dora, loha, lokr, lora,
    controlNet, stableDiffusion3, flux, stableDiffusionXL, imageVariations, stableDiffusion2,
    classConditional, bertConditional, adapter, motion, embedding, upscaler, tinyAutoencoder,
    unetOfFolder, autoencoderOfFolder, textEncoderOfFolder, vision, bareUNet,
  ]

  private static let lora = CheckpointKind(
    name: "a LoRA",
    advice:
      "it holds weights to be added to a model: text-to-image and attention-maps take it with "
      + "--lora",
    matches: { names in
      names.contains { name in
        name.hasPrefix("lora_unet_") || name.hasPrefix("lora_te")
          || loraParts.contains { name.holds($0) }
      }
    })

  /// As kohya, diffusers and peft name the factors.
  private static let loraParts = [
    ".lora_down.", ".lora_up.", ".lora.down.", ".lora.up.", "_lora.down.", "_lora.up.",
    ".lora_A.", ".lora_B.", ".lora_linear_layer.",
  ]

  private static let loha = CheckpointKind(
    name: "a LoHa (LyCORIS)", advice: lora.advice, matches: { holds($0, ".hada_w1_") })
  private static let lokr = CheckpointKind(
    name: "a LoKr (LyCORIS)", advice: lora.advice, matches: { holds($0, ".lokr_w1") })
  private static let dora = CheckpointKind(
    name: "a DoRA, which is not read here", advice: instead,
    matches: { holds($0, ".dora_scale") || holds($0, ".lora_magnitude_vector") })
  private static let ia3 = CheckpointKind(
    name: "an (IA)³, which is not read here", advice: instead,
    matches: { names in holds(names, ".ia3_") || names.contains { $0.hasSuffix(".on_input") } })
  private static let oft = CheckpointKind(
    name: "an OFT, which is not read here", advice: instead, matches: { holds($0, ".oft_") })
  private static let instead =
    "it changes the weights of a model by another formula than a LoRA's: take one of those"

  /// Whether a name has `part` in it.
  private static func holds(_ names: [String], _ part: String) -> Bool {
    names.contains { $0.holds(part) }
  }

  private static let controlNet = CheckpointKind(
    name: "a ControlNet",
    advice:
      "it steers the U-Net of a model and makes no pictures by itself: open the model that it "
      + "was made for, whose layers it copies",
    matches: { names in
      !has(names, [unet])
        && has(names, ["control_model.", "controlnet_cond_embedding.", "controlnet_down_blocks."])
    })

  private static let stableDiffusion3 = CheckpointKind(
    name: "Stable Diffusion 3, which has no U-Net", advice: onlyFirstStage, parts: [.autoencoder],
    latentScale: 1.5305,
    matches: { has($0, [unet + "joint_blocks.", "joint_blocks.", "joint_transformer_blocks."]) })

  private static let flux = CheckpointKind(
    name: "Flux, which has no U-Net", advice: "it is not read here",
    matches: { has($0, [unet + "double_blocks.", "double_blocks.", "single_transformer_blocks."]) })

  private static let stableDiffusionXL = CheckpointKind(
    name: "Stable Diffusion XL, which is not read here", advice: onlyFirstStage,
    parts: [.autoencoder], latentScale: 0.13025,
    matches: { has($0, ["conditioner.embedders."]) })

  private static let imageVariations = CheckpointKind(
    name: "a model that is conditioned on pictures, which is not read here", advice: onlyFirstStage,
    parts: [.autoencoder], matches: { has($0, ["cond_stage_model.model.visual."]) })

  private static let stableDiffusion2 = CheckpointKind(
    name: "Stable Diffusion 2", advice: "it opens whole, with a folder 'tokenizer' beside it",
    parts: [.unet, .autoencoder, .textEncoder, .scheduler], attentionHeads: .width(64),
    matches: { has($0, [OpenCLIPText.prefix]) })

  /// Whether its text encoder is OpenCLIP's.
  var isStableDiffusion2: Bool { name == Self.stableDiffusion2.name }

  private static let classConditional = CheckpointKind(
    name: "class-conditional latent diffusion", advice: partsInspectors,
    parts: [.unet, .autoencoder, .scheduler], attentionHeads: .count(1),
    matches: { has($0, ["cond_stage_model.embedding."]) })

  private static let bertConditional = CheckpointKind(
    name: "latent diffusion with a BERT text encoder, which is not read here",
    advice: partsInspectors, parts: [.unet, .autoencoder, .scheduler],
    matches: { names in
      has(
        names,
        ["token_emb.", "attn_layers."].map { "cond_stage_model.transformer." + $0 })
    })

  private static let adapter = CheckpointKind(
    name: "an adapter for pictures (IP-Adapter, T2I-Adapter)",
    advice: "it is added to a model and makes no pictures by itself",
    matches: { has($0, ["ip_adapter.", "image_proj.", "adapter.body."]) })

  private static let motion = CheckpointKind(
    name: "a motion module (AnimateDiff)",
    advice: "it is added to a model and makes no pictures by itself",
    matches: { holds($0, ".motion_modules.") })

  /// Its tensors lie by width, an integer, so that no name tells; see `sentence(ofKeys:)`.
  private static let hypernetwork = CheckpointKind(
    name: "a hypernetwork",
    advice: "it changes the cross-attention of a model and makes no pictures by itself; it is not "
      + "read here",
    matches: { _ in false })

  /// As ESRGAN, its authors' later code and Real-ESRGAN name the blocks.
  private static let upscaler = CheckpointKind(
    name: "an upscaler of pictures (ESRGAN and its kin)",
    advice: "it enlarges finished pictures, which is not done here",
    matches: {
      has($0, ["model.0.", "model.1.sub.", "RRDB_trunk.", "body.0.rdb1.", "conv_first."])
    })

  /// As diffusers and its author name the layers.
  private static let tinyAutoencoder = CheckpointKind(
    name: "a tiny autoencoder (TAESD)",
    advice:
      "name it as --vae or --preview of text-to-image: a diffusers folder (AutoencoderTiny), or a "
      + "file with encoder and decoder, or one of the two with the other beside it",
    matches: { names in
      has(names, ["encoder.layers.0.weight", "decoder.layers.1.weight", "taesd_"])
        || has(names, ["1.conv.0.weight", "3.conv.0.weight"])
    })

  private static let vision = CheckpointKind(
    name: "the half of CLIP that sees pictures (a vision tower)",
    advice: "Stable Diffusion needs the half that reads text: take its text_encoder",
    matches: { names in
      has(names, ["vision_model.", "visual."])
        && !has(names, [unet, "text_model.", "transformer."])
    })

  private static let unetOfFolder = CheckpointKind(
    name: "the U-Net of a diffusers folder", advice: nameTheFolder, isNetworkOfFolder: true,
    matches: { has($0, ["down_blocks.", "unet.down_blocks."]) && !has($0, [unet]) })

  private static let autoencoderOfFolder = CheckpointKind(
    name: "the autoencoder of a diffusers folder", advice: nameTheFolder, isNetworkOfFolder: true,
    matches: { has($0, ["encoder.down_blocks.", "decoder.up_blocks.", "vae.encoder."]) })

  private static let textEncoderOfFolder = CheckpointKind(
    name: "a text encoder by itself", advice: nameTheFolder, isNetworkOfFolder: true,
    matches: { names in
      has(names, ["text_model.", "embeddings.token_embedding."]) && !has(names, [unet])
    })

  private static let bareUNet = CheckpointKind(
    name: "a U-Net by itself, without the names of a whole checkpoint",
    advice: "expected model.diffusion_model. before each of its tensors",
    matches: { has($0, ["input_blocks.0.0.", "diffusion_model.input_blocks.0.0."]) })

  private static let unet = "model.diffusion_model."
  private static let onlyFirstStage = "of it only the first stage opens, in vae-compression"
  private static let partsInspectors =
    "its U-Net opens in unet-walk and its first stage in vae-compression"
  private static let nameTheFolder =
    "its shape stands in config.json: name the folder that holds both"

  /// Whether a name begins with one of `prefixes`.
  private static func has(_ names: [String], _ prefixes: [String]) -> Bool {
    names.contains { name in prefixes.contains { name.hasPrefix($0) } }
  }
}
