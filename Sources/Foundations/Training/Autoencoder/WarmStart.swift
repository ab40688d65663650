import Networks
import Tensors

/// First values from an autoencoder that is trained already, block by block where they fit: one of
/// a larger f learns the coarse levels only, one with a codebook finds its encoder and decoder ready.
///
/// Levels are matched by their distance from the picture. A block whose tensors do not all have the
/// source's shapes keeps the values that it has. Where the source gives the means and log-variances
/// of a KL autoencoder and a VQ autoencoder wants latents, the means are taken.
public enum WarmStart {
  /// - Returns: the number of values that were taken over.
  @discardableResult
  public static func apply(to parameters: [Parameter], from source: [Parameter]) -> Int {
    let table = Dictionary(uniqueKeysWithValues: source.map { ($0.name, $0) })
    let surplus = levels(parameters) - levels(source)
    var taken = 0
    for block in Dictionary(grouping: parameters, by: { blockName($0.name) }).values {
      let pairs = block.compactMap { parameter in
        counterpart(of: parameter.name, surplus).flatMap { table[$0] }
          .flatMap { values(of: $0, fitting: parameter) }.map { (parameter, $0) }
      }
      guard pairs.count == block.count else { continue }
      for (parameter, value) in pairs {
        parameter.value = value
        taken += parameter.count
      }
    }
    return taken
  }

  private static func levels(_ parameters: [Parameter]) -> Int {
    1 + (parameters.compactMap { level(in: $0.name, of: "down_blocks") }.max() ?? 0)
  }

  private static func level(in name: String, of blocks: String) -> Int? {
    let parts = name.split(separator: ".")
    return parts.firstIndex { $0 == blocks }.flatMap { Int(parts[$0 + 1]) }
  }

  /// What stands or falls together: a residual block, an attention, or else a single layer.
  private static func blockName(_ name: String) -> String {
    let parts = name.split(separator: ".")
    let list = parts.firstIndex { $0 == "resnets" || $0 == "attentions" }
    return parts.prefix(list.map { $0 + 2 } ?? parts.count - 1).joined(separator: ".")
  }

  /// The source's name for a parameter; nil for the levels that it does not have. The encoder counts
  /// its levels from the picture, the decoder towards it.
  private static func counterpart(of name: String, _ surplus: Int) -> String? {
    guard let level = level(in: name, of: "up_blocks") else { return name }
    guard level >= surplus else { return nil }
    return name.replacing("up_blocks.\(level).", with: "up_blocks.\(level - surplus).")
  }

  private static func values(of source: Parameter, fitting target: Parameter) -> Tensor? {
    if source.shape == target.shape { return source.value }
    let isMoments = ["encoder.conv_out", "quant_conv"].contains(blockName(target.name))
    guard isMoments, source.shape[0] == 2 * target.shape[0] else { return nil }
    var means = source.value.rows(0..<target.shape[0])
    if target.shape.count > 1, means.shape[1] == 2 * target.shape[1] {
      means = means.slice(0..<target.shape[1], along: 1)
    }
    return means.shape == target.shape ? means : nil
  }
}
