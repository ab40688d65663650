import Diagnostics
import Foundation
import JSON

/// Writing diffusers' layout, so that `DiffusionPipeline.from_pretrained` opens what we make.
extension ModelFiles {
  /// Writes the model as a folder: configurations, weights as safetensors, the tokenizer's files.
  ///
  /// One network without the others becomes the folder of that network. The folder appears under
  /// its name when it is complete; equal models give equal bytes.
  /// - Parameters:
  ///   - folder: must not exist yet.
  ///   - type: `.float32`, or `.float16` at half the size.
  /// - Throws: `FileError`, or `CheckpointError` for weights that cannot be read or written.
  public func write(to folder: String, as type: ElementType = .float32) throws {
    let files = FileManager.default
    guard !files.fileExists(atPath: folder) else {
      throw FileError.notWritable(path: folder, reason: "it exists already")
    }
    let temporary = "\(folder).\(UUID().uuidString).partial"
    HalfMade.places.begin(temporary)
    defer { HalfMade.places.end(temporary) }
    do {
      try writeParts(to: Destination(path: temporary), as: type)
      try files.moveItem(atPath: temporary, toPath: folder)
    } catch {
      try? files.removeItem(atPath: temporary)
      throw Self.renamed(error, from: temporary, to: folder)
    }
  }

  /// An error that names the folder as the person did, not as it is called until it is complete.
  private static func renamed(_ error: any Error, from old: String, to new: String) -> any Error {
    switch error {
    case let error as any FileNamingError:
      return error.renamingFile { $0.hasPrefix(old) ? new + $0.dropFirst(old.count) : $0 }
    case is any PersonFacingError: return error
    default: return FileError.notWritable(path: new, reason: "the folder cannot be made")
    }
  }

  private func writeParts(to root: Destination, as type: ElementType) throws {
    let networks = [
      ("unet", unet), ("vae", autoencoder), ("text_encoder", textEncoder), ("bert", layoutEncoder),
    ].compactMap { name, component in component.map { (name, $0) } }
    if networks.count == 1, scheduler == nil, tokenizer == nil {
      return try write(networks[0].1, to: root, as: type)
    }
    for (name, component) in networks {
      try write(component, to: root.appending(name), as: type)
    }
    if let scheduler {
      try root.appending("scheduler").write(scheduler.value, as: "scheduler_config.json")
    }
    if let tokenizer { try copyTokenizer(tokenizer, to: root.appending("tokenizer")) }
    try root.write(index(), as: "model_index.json")
  }

  private func write(
    _ component: ModelComponent, to folder: Destination, as type: ElementType
  ) throws {
    try folder.write(
      Self.stated(component.configuration.value, of: component.className), as: "config.json")
    let stem = Self.isOfTransformers(component.className) ? "model" : "diffusion_pytorch_model"
    try SafetensorsFile.write(
      component.weights, as: type, metadata: ["format": "pt"],
      to: folder.path + "/\(stem).safetensors")
  }

  /// The configuration, which for a text encoder says in what type to open it: transformers 5 opens
  /// weights in the type that they are stored in, diffusers in float32, and the two must agree.
  /// `torch_dtype` is what transformers 4 reads.
  private static func stated(_ configuration: JSONValue, of className: String) -> JSONValue {
    guard isOfTransformers(className), case .object(var members) = configuration else {
      return configuration
    }
    members["dtype"] = .string("float32")
    members["torch_dtype"] = .string("float32")
    return .object(members)
  }

  private func copyTokenizer(_ source: String, to folder: Destination) throws {
    try folder.create()
    let isWhole = FileManager.default.fileExists(atPath: source + "/tokenizer.json")
    for name in [
      "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
      "added_tokens.json", "tokenizer.json",
    ] {
      let path = source + "/" + name
      let isNeeded = (name == "vocab.json" || name == "merges.txt") && !isWhole
      guard isNeeded || FileManager.default.fileExists(atPath: path) else { continue }
      let data = try readInput(path, expecting: "a tokenizer's file", limit: 64 << 20)
      try writeFile("\(folder.path)/\(name)") { try $0.write(Array(data)) }
    }
  }

  /// What `model_index.json` holds: the class of each part, null for those there are not.
  private func index() throws -> JSONValue {
    func entry(_ library: String, _ name: String?) -> JSONValue {
      .array(name.map { [.string(library), .string($0)] } ?? [.null, .null])
    }
    var members: [String: JSONValue] = [
      "_class_name": .string("StableDiffusionPipeline"),
      "feature_extractor": entry("", nil),
      "image_encoder": entry("", nil),
      "requires_safety_checker": .bool(false),
      "safety_checker": entry("", nil),
      "scheduler": entry("diffusers", try scheduler?["_class_name"].string()),
      "text_encoder": entry("transformers", textEncoder?.className),
      "tokenizer": entry("transformers", tokenizer == nil ? nil : "CLIPTokenizer"),
      "unet": entry("diffusers", unet?.className),
      "vae": entry("diffusers", autoencoder?.className),
    ]
    if let layoutEncoder { members["bert"] = entry("latent_diffusion", layoutEncoder.className) }
    if !trainedWords.isEmpty {
      members[Self.trainedWordsKey] = .string(trainedWords.joined(separator: " "))
    }
    return .object(members.merging(notes) { $1 })
  }
}

/// A folder that is made when the first file is written into it.
private struct Destination {
  let path: String

  func appending(_ name: String) -> Destination { Destination(path: "\(path)/\(name)") }

  func create() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func write(_ value: JSONValue, as name: String) throws {
    try create()
    try writeFile("\(path)/\(name)") { try $0.write(Array(value.serialized.utf8)) }
  }
}
