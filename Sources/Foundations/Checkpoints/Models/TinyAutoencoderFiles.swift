import Foundation
import JSON
import Tensors

/// A tiny autoencoder (TAESD) in files that state no architecture.
///
///     taesd_encoder.safetensors     0.weight, 1.conv.0.weight, …, 14.weight
///     taesd_decoder.safetensors     1.weight, 3.conv.0.weight, …, 19.weight
///     one file                      encoder.layers.0.weight, …, decoder.layers.0.weight, …
///
/// The first two are its author's, who counts what has no weights too; the decoder's count begins one
/// earlier than diffusers', with the clamp. A half is found beside the other by its file's name.
/// Source: TAESD (github.com/madebyollin/taesd), `taesd.py`; diffusers' `AutoencoderTiny`.
struct TinyAutoencoderFiles {
  /// Encoder or decoder in a file.
  private struct Half {
    let source: any WeightSource
    /// Before the number of a layer.
    let prefix: String
    /// What the numbers are ahead of diffusers'.
    let offset: Int
    /// Whether each layer with weights is a block of convolutions, by its number.
    let layers: [Int: Bool]

    init?(_ source: any WeightSource, prefix: String, offset: Int = 0) {
      (self.source, self.prefix, self.offset) = (source, prefix, offset)
      var layers: [Int: Bool] = [:]
      for name in source.names where name.hasPrefix(prefix) {
        let words = name.dropFirst(prefix.count).split(separator: ".")
        guard words.count > 1, let number = Int(words[0]), number >= offset else { continue }
        layers[number] = words[1] == "conv"
      }
      guard layers.values.contains(true), layers[offset] == false else { return nil }
      self.layers = layers
    }

    /// Blocks between one convolution and the next.
    var blocks: [Int] {
      var counts: [Int] = []
      for number in layers.keys.sorted() {
        if layers[number] == true { counts[counts.count - 1] += 1 } else { counts.append(0) }
      }
      return counts.dropLast()
    }

    /// [outputs, inputs, 3, 3] of the first convolution, or the last.
    func shape(ofLast isLast: Bool) throws -> [Int] {
      let number = (isLast ? layers.keys.max() : layers.keys.min()) ?? 0
      var section = WeightSection(source)
      section.insert("convolution", from: "\(prefix)\(number).weight")
      return try section.shape("convolution", rank: 4)
    }

    /// diffusers' name of one of its tensors; nil for others.
    func name(_ stored: String, as half: String) -> String? {
      guard stored.hasPrefix(prefix) else { return nil }
      let rest = stored.dropFirst(prefix.count)
      guard let number = Int(rest.prefix { $0 != "." }), number >= offset else { return nil }
      return "\(half).layers.\(number - offset)\(rest.drop { $0 != "." })"
    }
  }

  private let encoder: Half
  private let decoder: Half

  /// Opens both halves.
  /// - Parameters:
  ///   - source: the file that was named.
  ///   - path: where it lies.
  /// - Returns: nil where it is no tiny autoencoder.
  /// - Throws: `CheckpointError` or `FileError`, where the other half is missing or damaged.
  init?(_ source: any WeightSource, at path: String) throws {
    if let encoder = Half(source, prefix: "encoder.layers."),
      let decoder = Half(source, prefix: "decoder.layers.")
    {
      (self.encoder, self.decoder) = (encoder, decoder)
    } else if let encoder = Half(source, prefix: "") {
      let other = try Self.other(of: path, "encoder", "decoder")
      guard let decoder = Half(other, prefix: "", offset: 1) else { throw Self.notHalf(other) }
      (self.encoder, self.decoder) = (encoder, decoder)
    } else if let decoder = Half(source, prefix: "", offset: 1) {
      let other = try Self.other(of: path, "decoder", "encoder")
      guard let encoder = Half(other, prefix: "") else { throw Self.notHalf(other) }
      (self.encoder, self.decoder) = (encoder, decoder)
    } else {
      return nil
    }
  }

  private static func other(
    of path: String, _ half: String, _ wanted: String
  ) throws -> any WeightSource {
    let url = URL(fileURLWithPath: path)
    let name = url.lastPathComponent.replacing(half, with: wanted)
    let other = url.deletingLastPathComponent().appendingPathComponent(name).path
    guard name != url.lastPathComponent, FileManager.default.fileExists(atPath: other) else {
      throw CheckpointError.unsupported(
        file: path,
        reason:
          "this is the \(half) of a tiny autoencoder (TAESD); expected its \(wanted) beside it, "
          + "in taesd_\(wanted).safetensors where this is taesd_\(half).safetensors")
    }
    return try WeightFile.open(other)
  }

  private static func notHalf(_ source: any WeightSource) -> CheckpointError {
    .unsupported(
      file: source.origin, reason: "expected the other half of a tiny autoencoder (TAESD) here")
  }

  /// As diffusers names its parts, with the architecture that the shapes tell.
  /// - Throws: `CheckpointError`.
  func component() throws -> ModelComponent {
    let (first, last) = (
      try encoder.shape(ofLast: false), try encoder.shape(ofLast: true)
    )
    let (width, out) = (
      try decoder.shape(ofLast: false)[0], try decoder.shape(ofLast: true)[0]
    )
    func channels(_ width: Int, _ blocks: [Int]) -> JSONValue {
      .array(blocks.map { _ in .integer(width) })
    }
    let value = JSONValue.object([
      "_class_name": .string("AutoencoderTiny"), "in_channels": .integer(first[1]),
      "out_channels": .integer(out), "latent_channels": .integer(last[0]),
      "encoder_block_out_channels": channels(first[0], encoder.blocks),
      "decoder_block_out_channels": channels(width, decoder.blocks),
      "num_encoder_blocks": .array(encoder.blocks.map { .integer($0) }),
      "num_decoder_blocks": .array(decoder.blocks.map { .integer($0) }),
    ])
    var parts: [String: (source: any WeightSource, name: String)] = [:]
    for (half, name) in [(encoder, "encoder"), (decoder, "decoder")] {
      for stored in half.source.names {
        guard let new = half.name(stored, as: name) else { continue }
        parts[new] = (half.source, stored)
      }
    }
    return ModelComponent(
      className: "AutoencoderTiny",
      configuration: JSONNode(
        value, file: "\(encoder.source.origin) (autoencoder inferred from its tensors)"),
      weights: JoinedWeights(origin: decoder.source.origin, parts))
  }
}

/// Tensors of several sources under new names.
private struct JoinedWeights: WeightSource {
  let origin: String
  let names: [String]
  private let parts: [String: (source: any WeightSource, name: String)]

  init(origin: String, _ parts: [String: (source: any WeightSource, name: String)]) {
    (self.origin, self.parts) = (origin, parts)
    names = parts.keys.sorted()
  }

  func info(_ name: String) -> TensorInfo? { parts[name].flatMap { $0.source.info($0.name) } }

  func tensor(named name: String) throws -> Tensor {
    guard let part = parts[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return try part.source.tensor(named: part.name)
  }

  func weight(named name: String) throws -> Weight {
    guard let part = parts[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    return try part.source.weight(named: part.name)
  }
}
