import Foundation
import Tensors

/// What a set of weights is, and which names and shapes say so.
package struct WeightIdentity: Sendable, Equatable {
  /// As `Stable Diffusion v1`, `LoRA`, `Unknown`.
  package let title: String
  /// Each a sentence that names the tensors, shapes or files that it rests on.
  package let reasons: [String]
  /// Where averages of the weights over training (EMA) lie; nil where there are none.
  package let averages: String?

  /// Tells what a listing is by the names and shapes of its tensors, and by what its folder says.
  package init(of listing: WeightListing) {
    var clues = Clues(listing)
    if let title = clues.folderTitle() ?? clues.knownTitle() ?? clues.compVisTitle() {
      self.title = title
    } else {
      title = "Unknown"
      clues.say(
        listing.tensors.isEmpty
          ? "there is no tensor whose name could tell"
          : "no name is one by which a model is known here; \(clues.commonBeginnings)")
    }
    reasons = clues.reasons
    averages = clues.averages
  }
}

/// Names and shapes, asked one question after another.
private struct Clues {
  private let listing: WeightListing
  /// Under the names that the networks themselves give their tensors.
  private let source: any WeightSource
  private(set) var reasons: [String] = []

  init(_ listing: WeightListing) {
    self.listing = listing
    let plain = ListedNames(listing)
    source =
      (try? Wrappers.unwrapped(plain) {
        CompVisCheckpoint.recognizes($0) || CheckpointKind.of($0) != nil
      }) ?? plain
    if source.names != plain.names { say("the names lie in a wrapper, which is taken off") }
  }

  private var names: [String] { source.names }
  private func shape(_ name: String) -> [Int]? { source.info(name)?.shape }

  mutating func say(_ reason: String) { reasons.append(reason) }

  /// Says that there is a tensor of that name, and returns whether there is.
  @discardableResult
  private mutating func find(_ meaning: String, where matches: (String) -> Bool) -> Bool {
    guard let name = names.first(where: matches) else { return false }
    say("\(name)\(shape(name).map { " \($0)" } ?? ""): \(meaning)")
    return true
  }

  // MARK: Folders

  /// What a folder of several networks says of itself.
  mutating func folderTitle() -> String? {
    guard let className = listing.className, listing.tensors.contains(where: \.isOfPart) else {
      return nil
    }
    say("model_index.json names the class \(className.abridgedWord)")
    let family = tellFamily(prefix: "unet/")
    tellInput(["unet/conv_in.weight"])
    return "\(family ?? "Diffusers pipeline") (\(className.abridgedWord))"
  }

  // MARK: Kinds that are told by a name

  mutating func knownTitle() -> String? {
    guard let kind = CheckpointKind.of(source) else { return nil }
    if let sign = kind.sign(in: names) {
      say("\(sign)\(shape(sign).map { " \($0)" } ?? ""): a name that only this has")
    } else {
      say("its \(names.count) names together: \(names.prefix(4).joined(separator: ", "))")
    }
    if let className = listing.className {
      say("config.json names the class \(className.abridgedWord)")
    }
    let family = tellFamily(prefix: "")
    tellInput([
      "conv_in.weight", "input_blocks.0.0.weight", "model.diffusion_model.input_blocks.0.0.weight",
    ])
    tellRanks()
    tellTextEncoder()
    tellLatents("")
    tellVectors()
    guard kind.isNetworkOfFolder || kind.shortName.hasPrefix("U-Net"), let family else {
      return kind.shortName
    }
    return "\(kind.shortName), \(family)"
  }

  /// The rank of a LoRA's factors.
  private mutating func tellRanks() {
    let downs = names.filter {
      ["lora_down.weight", "lora.down.weight", "lora_A.weight"].contains(where: $0.hasSuffix)
    }
    let ranks = Set(downs.compactMap { shape($0)?.first }).sorted()
    guard let first = ranks.first, let last = ranks.last else { return }
    say(
      "\(downs.count) layers are changed, each by two factors of rank "
        + (first == last ? "\(first)" : "\(first) to \(last)"))
    find("XL's second text encoder is changed, too") { $0.hasPrefix("lora_te2_") }
  }

  /// The width and depth of a CLIP text encoder.
  private mutating func tellTextEncoder() {
    guard let name = names.first(where: { $0.hasSuffix("embeddings.token_embedding.weight") }),
      let shape = shape(name), shape.count == 2
    else { return }
    let layers = Set(
      names.compactMap { name -> Substring? in
        guard name.hasSuffix(".mlp.fc1.weight") else { return nil }
        return name.split(separator: ".").dropLast(3).last
      })
    let known = [
      768: "CLIP ViT-L/14, as in v1", 1024: "OpenCLIP ViT-H/14, as in v2",
      1280: "OpenCLIP ViT-bigG/14, XL's second",
    ][shape[1]]
    say(
      "\(name) \(shape): \(shape[0]) tokens become vectors of \(shape[1]) in \(layers.count) layers"
        + (known.map { " (\($0))" } ?? ""))
  }

  /// The vectors of a textual inversion.
  private mutating func tellVectors() {
    guard names.count <= 2, let name = names.first, let shape = shape(name),
      1...2 ~= shape.count, let width = shape.last
    else { return }
    let model = [768: "v1", 1024: "v2", 1280: "XL's second encoder"][width].map { ", as in \($0)" }
    say("\(shape.count == 2 ? shape[0] : 1) vector(s) of \(width)\(model ?? "")")
  }

  // MARK: CompVis

  mutating func compVisTitle() -> String? {
    let unet = "model.diffusion_model."
    guard CompVisCheckpoint.recognizes(source) else { return nil }
    guard find("the U-Net of a whole checkpoint of CompVis", where: { $0.hasPrefix(unet) }) else {
      find("the names of a first stage of CompVis") {
        $0.hasPrefix("encoder.down.") || $0.hasPrefix("first_stage_model.encoder.")
      }
      tellLatents("")
      tellLatents("first_stage_model.")
      return "First stage (autoencoder) by itself"
    }
    let family = tellFamily(prefix: unet)
    tellInput([unet + "input_blocks.0.0.weight"])
    tellLatents("first_stage_model.")
    let hasText = find("the CLIP text encoder of Stable Diffusion v1") {
      $0.hasPrefix("cond_stage_model.transformer.text_model.")
    }
    if hasText { return family ?? "Stable Diffusion in CompVis's layout" }
    guard find("a first stage", where: { $0.hasPrefix("first_stage_model.") }) else {
      say("neither text encoder nor first stage is there")
      return "U-Net by itself\(family.map { ", \($0)" } ?? "")"
    }
    say("no text encoder is there")
    return "Latent diffusion (LDM) without a text encoder"
  }

  // MARK: What shapes tell

  /// Which family a U-Net is of, by the width of the vectors that its cross-attention reads.
  private mutating func tellFamily(prefix: String) -> String? {
    guard
      let name = names.first(where: {
        $0.hasPrefix(prefix) && $0.hasSuffix("attn2.to_k.weight")
      }), let shape = shape(name), shape.count == 2
    else { return nil }
    let families = [
      768: "Stable Diffusion v1", 1024: "Stable Diffusion v2",
      1280: "Stable Diffusion XL's refiner",
      2048: "Stable Diffusion XL",
    ]
    say("\(name) \(shape): cross-attention reads vectors of \(shape[1])")
    if let family = families[shape[1]] { return family }
    say("v1 reads vectors of 768, v2 of 1024, XL of 2048: this is none of them")
    return "Stable Diffusion of a size of its own"
  }

  /// What stands at a U-Net's input, by the channels that its first convolution takes.
  private mutating func tellInput(_ candidates: [String]) {
    guard let name = candidates.first(where: { shape($0)?.count == 4 }), let shape = shape(name)
    else { return }
    let meaning = [
      4: "a latent", 8: "a latent and that of a picture to be changed",
      9: "a latent, a mask and the latent of a picture with a hole: inpainting",
    ][shape[1]]
    say("\(name) \(shape): \(shape[1]) channels go in" + (meaning.map { ", \($0)" } ?? ""))
  }

  /// What an autoencoder's latents are.
  private mutating func tellLatents(_ prefix: String) {
    if let shape = shape(prefix + "quantize.embedding.weight"), shape.count == 2 {
      say("\(prefix)quantize.embedding.weight \(shape): a codebook (VQ) of \(shape[0]) vectors")
    } else if let shape = shape(prefix + "post_quant_conv.weight"), shape.count == 4 {
      say("\(prefix)post_quant_conv.weight \(shape): latents of \(shape[1]) channels (KL)")
    }
  }

  // MARK: The rest

  /// The first parts of names and how many tensors have them, the most frequent first.
  var commonBeginnings: String {
    let groups = Dictionary(grouping: names) { String($0.prefix { $0 != "." && $0 != "/" }) }
    let sorted = groups.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    let list = sorted.prefix(5).map { "\($0.key.abridgedWord) (\($0.value.count))" }
    return "they begin with \(list.joined(separator: ", "))" + (sorted.count > 5 ? ", …" : "")
  }

  var averages: String? {
    let all = listing.tensors.map(\.name)
    for prefix in ["model_ema.", "ema.", "ema_model.", "params_ema.", "average."] {
      let count = all.count { $0.hasPrefix(prefix) || $0.contains("/" + prefix) }
      if count > 0 { return "\(count) tensors under \(prefix)" }
    }
    return nil
  }
}

/// A listing as a source of names and shapes; no number is read through it.
private struct ListedNames: WeightSource {
  let origin: String
  let names: [String]
  private let table: [String: TensorInfo]

  init(_ listing: WeightListing) {
    origin = listing.path
    table = Dictionary(
      listing.tensors.map { ($0.name, TensorInfo(shape: $0.shape ?? [], elementType: .float32)) }
    ) { first, _ in first }
    names = table.keys.sorted()
  }

  func info(_ name: String) -> TensorInfo? { table[name] }

  func tensor(named name: String) throws -> Tensor {
    throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
  }
}

extension ListedTensor {
  /// Whether it is of one of several networks in a folder.
  fileprivate var isOfPart: Bool { name.contains("/") }
}

extension String {
  /// A word from a file, cut where it goes on for lines.
  fileprivate var abridgedWord: String { count <= 80 ? self : prefix(80) + "…" }
}
