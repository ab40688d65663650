import Diagnostics
import Foundation

/// Reading diffusers' layout: `model_index.json` and a folder per part.
extension ModelFiles {
  private enum Role: CaseIterable {
    case unet, autoencoder, textEncoder

    /// Under what names `model_index.json` lists it.
    var names: [String] {
      switch self {
      case .unet: ["unet"]
      case .autoencoder: ["vae", "vqvae"]
      case .textEncoder: ["text_encoder"]
      }
    }

    var classes: [String] {
      switch self {
      case .unet: ["UNet2DConditionModel"]
      case .autoencoder: ["AutoencoderKL", "VQModel"]
      case .textEncoder: ["CLIPTextModel"]
      }
    }
  }

  static func openFolder(_ path: String, variant: String?) throws -> ModelFiles {
    let folder = URL(fileURLWithPath: path)
    let index = folder.appendingPathComponent("model_index.json").path
    let configuration = folder.appendingPathComponent("config.json").path
    var model = ModelFiles(path: path)
    guard FileManager.default.fileExists(atPath: index) else {
      guard FileManager.default.fileExists(atPath: configuration) else {
        throw FileError.missing(path: index)
      }
      try model.openComponent(folder, as: nil, variant: variant)
      return model
    }
    let parts = try JSONNode(contentsOf: index).members()
    for role in Role.allCases {
      for name in role.names {
        guard let entry = parts[name], let className = try Self.className(entry) else { continue }
        guard role.classes.contains(className) else {
          throw CheckpointError.unknownModelClass(
            file: index, name: className, expected: role.classes)
        }
        try model.openComponent(
          folder.appendingPathComponent(name), as: className, variant: variant)
      }
    }
    if let entry = parts["scheduler"], try Self.className(entry) != nil {
      model.scheduler = try JSONNode(
        contentsOf: folder.appendingPathComponent("scheduler/scheduler_config.json").path)
    }
    if let entry = parts["tokenizer"], try Self.className(entry) != nil {
      model.tokenizer = folder.appendingPathComponent("tokenizer").path
    }
    return model
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
    _ folder: URL, as stated: String?, variant: String?
  ) throws {
    let configuration = try JSONNode(
      contentsOf: folder.appendingPathComponent("config.json").path)
    let own =
      try configuration.find("_class_name")?.string()
      ?? configuration.find("architectures")?.strings().first
    let known = Role.allCases.flatMap(\.classes)
    guard let className = stated ?? own, known.contains(className), own ?? className == className
    else {
      throw CheckpointError.unknownModelClass(
        file: configuration.file, name: own ?? "", expected: stated.map { [$0] } ?? known)
    }
    let source = try WeightFile.open(try Self.weightFile(in: folder, variant: variant))
    let weights: any WeightSource
    switch className {
    case "CLIPTextModel": weights = try CLIPTextWeights.canonical(WeightSection(all: source))
    case "AutoencoderKL", "VQModel": weights = try Self.modernized(source)
    default: weights = source
    }
    let component = ModelComponent(
      className: className, configuration: configuration, weights: weights)
    switch className {
    case "CLIPTextModel": textEncoder = component
    case "UNet2DConditionModel": unet = component
    default: autoencoder = component
    }
  }

  /// The weight file of a network's folder: safetensors before pickles, whole before sharded.
  private static func weightFile(in folder: URL, variant: String?) throws -> String {
    let stems = ["diffusion_pytorch_model", "model", "pytorch_model"]
    for middle in variant.map({ [".\($0)"] }) ?? ["", ".fp16"] {
      for suffix in ["safetensors", "safetensors.index.json", "bin", "bin.index.json"] {
        for stem in stems {
          // diffusers puts the variant before the last extension.
          let dot = suffix.lastIndex(of: ".").map { suffix[..<$0] + middle + suffix[$0...] }
          let names = ["\(stem)\(middle).\(suffix)", dot.map { "\(stem).\($0)" }].compactMap { $0 }
          for name in names {
            let path = folder.appendingPathComponent(name).path
            if FileManager.default.fileExists(atPath: path) { return path }
          }
        }
      }
    }
    let expected = (variant.map { "\(stems[0]).\($0)" } ?? stems[0]) + ".safetensors"
    throw FileError.missing(path: folder.appendingPathComponent(expected).path)
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
