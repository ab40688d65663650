import Diagnostics
import Foundation
import JSON

/// Reading diffusers' layout: `model_index.json` and a folder per part.
extension ModelFiles {
  private enum Role: CaseIterable {
    case unet, autoencoder, textEncoder, layoutEncoder

    /// Under what names `model_index.json` lists it.
    var names: [String] {
      switch self {
      case .unet: ["unet"]
      case .autoencoder: ["vae", "vqvae"]
      case .textEncoder: ["text_encoder"]
      case .layoutEncoder: ["bert"]
      }
    }

    var part: Part {
      switch self {
      case .unet: .unet
      case .autoencoder: .autoencoder
      case .textEncoder: .textEncoder
      case .layoutEncoder: .layoutEncoder
      }
    }

    var classes: [String] {
      switch self {
      case .unet: ["UNet2DConditionModel"]
      case .autoencoder: ["AutoencoderKL", "VQModel", "AutoencoderTiny"]
      case .textEncoder: ["CLIPTextModel"]
      case .layoutEncoder: ["LDMBertModel"]
      }
    }
  }

  static func openFolder(
    _ path: String, parts: Set<Part>, variant: String?
  ) throws -> ModelFiles {
    let folder = URL(fileURLWithPath: path)
    let index = folder.appendingPathComponent("model_index.json").path
    var model = ModelFiles(path: path)
    var choices = VariantChoices(asked: variant)
    if !parts.isDisjoint(with: [.unet, .autoencoder, .textEncoder]), try isMarkedUntrained(path) {
      Provenance.tell(.untrained)
    }
    guard FileManager.default.fileExists(atPath: index) else {
      guard exists(folder, "config.json") else { throw noModel(in: folder) }
      try model.openComponent(folder, as: nil, parts: parts, choices: &choices)
      try choices.finish(path)
      return model
    }
    let listed = try JSONNode(ofModel: index).members()
    model.kind = try listed["_class_name"].flatMap { try CheckpointKind.of(pipeline: $0.string()) }
    do {
      try model.openParts(listed, index: index, parts: parts, choices: &choices)
    } catch {
      throw model.named(error)
    }
    try choices.finish(path)
    return model
  }

  private mutating func openParts(
    _ listed: [String: JSONNode], index: String, parts: Set<Part>, choices: inout VariantChoices
  ) throws {
    let folder = URL(fileURLWithPath: path)
    for role in Role.allCases where parts.contains(role.part) {
      for name in role.names {
        guard let entry = listed[name], let className = try Self.className(entry) else { continue }
        guard role.classes.contains(className) else {
          throw CheckpointError.unknownModelClass(
            file: index, name: className, expected: role.classes)
        }
        try openComponent(
          folder.appendingPathComponent(name), as: className, parts: parts, choices: &choices)
      }
    }
    if parts.contains(.scheduler), let entry = listed["scheduler"],
      let className = try Self.className(entry)
    {
      let file = folder.appendingPathComponent("scheduler/scheduler_config.json").path
      scheduler = try Self.scheduler(JSONNode(ofModel: file), of: className)
    }
    if parts.contains(.tokenizer), let entry = listed["tokenizer"],
      try Self.className(entry) != nil
    {
      tokenizer = folder.appendingPathComponent("tokenizer").path
    }
  }

  /// A scheduler's settings for the class that the file names: who puts another file there means its
  /// class. Where it names none it is the one in `model_index.json`, which a pipeline of diffusers
  /// builds in any case; two names are told.
  private static func scheduler(_ file: JSONNode, of className: String) throws -> JSONNode {
    if let own = try file.find("_class_name")?.string() {
      if own != className {
        Notices.tell(
          "\(file.file): \(own.abridged) is taken, as this file says; model_index.json names "
            + "\(className.abridged), which a pipeline of diffusers would build")
      }
      return file
    }
    var settings = try file.members().mapValues(\.value)
    settings["_class_name"] = .string(className)
    return JSONNode(.object(settings), file: file.file)
  }

  private static func exists(_ folder: URL, _ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  /// The complaint about a folder that is neither a model nor a network, with what would open in it.
  /// - Parameter other: what is said where nothing would; nil for the index that is missing.
  static func noModel(in folder: URL, otherwise other: (any Error)? = nil) -> any Error {
    let names =
      ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    let within =
      names.first { exists(folder.appendingPathComponent($0), "model_index.json") }
      ?? names.first { $0.hasSuffix(".safetensors") || $0.hasSuffix(".ckpt") }
    guard let within else {
      return other
        ?? FileError.missing(path: folder.appendingPathComponent("model_index.json").path)
    }
    return CheckpointError.unsupported(
      file: folder.path,
      reason: "expected model_index.json; name what lies in it, \(within.quoted)")
  }

  /// The class in `["library", "Class"]`; nil for a part that the model does without.
  private static func className(_ entry: JSONNode) throws -> String? {
    let pair = try entry.elements()
    guard pair.count == 2 else { throw entry.failure(expected: "a library and a class") }
    return pair[1].value == .null ? nil : try pair[1].string()
  }

  /// Opens the folder of one network and puts it in its place.
  /// - Parameter stated: the class that the index states; nil to go by the configuration alone.
  private mutating func openComponent(
    _ folder: URL, as stated: String?, parts: Set<Part>, choices: inout VariantChoices
  ) throws {
    let configuration = try JSONNode(
      ofModel: folder.appendingPathComponent("config.json").path)
    let own =
      try configuration.find("_class_name")?.string()
      ?? configuration.find("architectures")?.strings().first
    let known = Role.allCases.flatMap(\.classes)
    guard let className = stated ?? own, known.contains(className), own ?? className == className
    else {
      throw CheckpointError.unknownModelClass(
        file: configuration.file, name: own ?? "", expected: stated.map { [$0] } ?? known)
    }
    guard
      Role.allCases.contains(where: { $0.classes.contains(className) && parts.contains($0.part) })
    else { return }
    let stem = Self.isOfTransformers(className) ? "model" : "diffusion_pytorch_model"
    // The unmasked transformer's own names begin as a wrapper's would.
    let source = try Wrappers.unwrapped(WeightFile.open(choices.file(in: folder, stem: stem))) {
      $0.names.contains("model.embed_tokens.weight")
    }
    if className != "AutoencoderTiny", let kind = CheckpointKind.inPlaceOfNetwork(source) {
      throw CheckpointError.unsupported(file: source.origin, reason: kind.sentence)
    }
    let weights: any WeightSource
    switch className {
    case "CLIPTextModel": weights = try CLIPTextWeights.canonical(WeightSection(all: source))
    case "AutoencoderKL", "VQModel": weights = try Self.modernized(source)
    default: weights = source
    }
    var component = ModelComponent(
      className: className, configuration: configuration, weights: weights)
    component.leftovers = .passedOver
    switch className {
    case "CLIPTextModel": textEncoder = component
    case "UNet2DConditionModel": unet = component
    case "LDMBertModel": layoutEncoder = component
    default: autoencoder = component
    }
  }

  /// Whether a network is a class of transformers or made by its rules, whose files are called so.
  static func isOfTransformers(_ className: String) -> Bool {
    ["CLIPTextModel", "LDMBertModel"].contains(className)
  }

  /// Autoencoders that early versions of diffusers saved name the parts of attention otherwise.
  private static func modernized(_ source: any WeightSource) throws -> any WeightSource {
    let old = [
      ".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0.",
    ]
    guard source.names.contains(where: { $0.contains(".proj_attn.") }) else { return source }
    return try WeightSection(all: source).renamed { name, shape in
      var new = name
      if name.contains(".attentions.") {
        for (from, to) in old { new = new.replacingOccurrences(of: from, with: to) }
      }
      return (new, shape)
    }
  }
}
