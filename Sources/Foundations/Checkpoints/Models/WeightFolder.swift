import Diagnostics
import Foundation

/// The weight files in the folder of one network, by variant.
///
/// Names are a stem, a format and perhaps a variant; weights in several files have an index:
///
///     diffusion_pytorch_model.safetensors        diffusion_pytorch_model.fp16.safetensors
///     diffusion_pytorch_model.safetensors.index.json
///     diffusion_pytorch_model.safetensors.index.fp16.json     diffusers from 0.35, transformers
///     diffusion_pytorch_model.safetensors.fp16.index.json     diffusers before that
struct WeightFolder {
  let path: String
  /// The best file of each variant; the plain weights are under "".
  private let files: [String: String]
  /// The names of all files.
  private let names: [String]

  init(_ folder: URL) {
    path = folder.path
    names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    var best: [String: (rank: Int, name: String)] = [:]
    for name in names {
      guard let (variant, rank) = Self.parse(name), rank < best[variant]?.rank ?? .max else {
        continue
      }
      best[variant] = (rank, name)
    }
    files = best.mapValues(\.name)
  }

  /// Whether there is anything to choose.
  var hasWeights: Bool { !files.isEmpty }

  /// Which file to open.
  /// - Parameter asked: the variant that a person asked for; nil for the plain weights, or where there
  ///   are none fp16, or the only others.
  /// - Returns: the path, and the variant that it is; nil where a variant was asked for that this
  ///   folder has not, but the plain weights.
  /// - Throws: `FileError.missing`, or `CheckpointError` where a person has to choose.
  func choose(_ asked: String?, stem: String) throws -> (path: String, variant: String)? {
    let variants = files.keys.filter { !$0.isEmpty }.sorted()
    let wanted =
      if let asked { asked } else if files[""] != nil {
        ""
      } else if files["fp16"] != nil { "fp16" } else { variants.count == 1 ? variants[0] : "" }
    if let name = files[wanted] { return ("\(path)/\(name)", wanted) }
    if asked != nil, files[""] != nil { return nil }
    if asked == nil, variants.count > 1 {
      let list = variants.prefix(8).map(\.abridged).joined(separator: ", ")
      throw CheckpointError.unsupported(
        file: path, reason: "holds only variants of the weights (\(list)): choose with `variant`")
    }
    throw missing(asked, stem: stem)
  }

  /// The complaint that a variant, or any weights, are missing.
  func missing(_ variant: String?, stem: String) -> any Error {
    let others = [".msgpack": "Flax", ".h5": "TensorFlow", ".onnx": "ONNX", ".gguf": "GGUF"]
    for (ending, format) in others.sorted(by: { $0.key < $1.key }) {
      guard variant == nil, let name = names.first(where: { $0.hasSuffix(ending) }) else {
        continue
      }
      return CheckpointError.unsupported(
        file: "\(path)/\(name.abridged)",
        reason: "weights for \(format), which are not read here; expected \(stem).safetensors")
    }
    let expected = (variant.map { "\(stem).\($0)" } ?? stem) + ".safetensors"
    return FileError.missing(path: "\(path)/\(expected)")
  }

  private static let stems = ["diffusion_pytorch_model", "model", "pytorch_model"]

  /// The variant that a name states and how good the file is; the least is the best: safetensors
  /// before pickles, whole before in pieces.
  private static func parse(_ name: String) -> (variant: String, rank: Int)? {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let stem = stems.firstIndex(of: parts.removeFirst()) else { return nil }
    let isIndex = parts.count > 2 && parts.last == "json" && parts.contains("index")
    if isIndex { parts = parts.dropLast().filter { $0 != "index" } }
    guard let format = parts.firstIndex(where: { ["safetensors", "bin"].contains($0) }),
      isIndex || format == parts.count - 1
    else { return nil }
    let rank = (parts.remove(at: format) == "bin" ? 6 : 0) + (isIndex ? 3 : 0) + stem
    let variant = parts.first ?? ""
    return parts.count > 1 || isShard(variant) ? nil : (variant, rank)
  }

  /// Whether what stands in the variant's place ends as one piece of several does:
  /// `fp16-00001-of-00002`.
  private static func isShard(_ variant: String) -> Bool {
    let parts = variant.split(separator: "-")
    return parts.count >= 3 && parts[parts.count - 2] == "of"
  }
}

/// Which variant the parts of one model give.
struct VariantChoices {
  /// What a person asked for.
  let asked: String?
  private var taken: [(part: String, variant: String)] = []
  /// The complaint of the first part that has not what was asked for.
  private var missing: (any Error)?

  init(asked: String?) { self.asked = asked }

  /// The weight file of one part.
  /// - Throws: `FileError.missing`, or `CheckpointError` where a person has to choose.
  mutating func file(in folder: URL, stem: String) throws -> String {
    let weights = WeightFolder(folder)
    let part = folder.lastPathComponent
    if let chosen = try weights.choose(asked, stem: stem) {
      taken.append((part, chosen.variant))
      return chosen.path
    }
    missing = missing ?? weights.missing(asked, stem: stem)
    guard let plain = try weights.choose("", stem: stem) else {
      throw weights.missing(nil, stem: stem)
    }
    taken.append((part, ""))
    return plain.path
  }

  /// Says what was taken, once all parts are open.
  /// - Throws: `FileError.missing` where no part has the variant that was asked for.
  func finish(_ path: String) throws {
    let variants = Set(taken.map(\.variant)).subtracting([""])
    if variants.isEmpty, let missing { throw missing }
    if asked == nil {
      for variant in variants.sorted() { Choices.tell("variant", variant) }
    }
    guard asked == nil ? !variants.isEmpty : missing != nil else { return }
    let list = taken.map {
      "\($0.part.abridged) \($0.variant.isEmpty ? "plain" : $0.variant.abridged)"
    }
    Notices.tell("\(path): weights taken: \(list.joined(separator: ", "))")
  }
}
