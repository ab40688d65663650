/// The layers of a model that a LoRA can change, by every name that files have for them.
public struct LoRATargets: Sendable {
  /// One layer with a matrix: linear or a convolution.
  struct Layer: Equatable {
    let part: LoRAPart
    /// The diffusers path: `down_blocks.0.resnets.0.conv1`.
    let module: String
    /// [outputs, inputs], or [outputs, inputs, height, width].
    let weight: [Int]
  }

  private var dotted: [LoRAPart: [String: Layer]] = [:]
  /// Underscores stand for dots and for themselves: two layers may be spelled alike.
  private var underscored: [LoRAPart: [String: [Layer]]] = [:]

  /// - Parameter parameters: the shapes of each part's parameters by their diffusers names, such as
  ///   `conv_in.weight`.
  public init(_ parameters: [LoRAPart: [String: [Int]]]) {
    for (part, shapes) in parameters {
      for (name, shape) in shapes {
        guard name.hasSuffix(".weight"), !name.hasSuffix("_embedding.weight"),
          [2, 4].contains(shape.count)
        else { continue }
        let module = String(name.dropLast(".weight".count))
        let layer = Layer(part: part, module: module, weight: shape)
        for spelling in Self.spellings(of: module) {
          dotted[part, default: [:]][spelling] = layer
          underscored[part, default: [:]][spelling.replacing(".", with: "_"), default: []]
            .append(layer)
        }
      }
    }
  }

  /// Versions of transformers differ in whether `text_model.` stands before the names.
  private static func spellings(of module: String) -> [String] {
    let prefix = "text_model."
    return module.hasPrefix(prefix) ? [module, String(module.dropFirst(prefix.count))] : [module]
  }

  /// The layers that a name may mean: none, one, or several where underscores leave it open.
  func layers(named name: LoRAName) -> [Layer] {
    let parts = name.part.map { [$0] } ?? LoRAPart.allCases
    return parts.flatMap { part in
      name.isUnderscored
        ? underscored[part]?[name.layer] ?? []
        : (dotted[part]?[name.layer]).map { [$0] } ?? []
    }
  }
}
