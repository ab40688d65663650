import Foundation
import JSON
import Networks

/// A first stage that takes the place of a model's own.
public struct OtherFirstStage: Sendable, Equatable {
  /// Its folder or file.
  public let path: String
  /// What sets its latents apart from those that the model learned, in words; nil where nothing shows, or
  /// where the model has no first stage of its own.
  public let difference: String?

  /// - Parameters:
  ///   - stage: what was opened.
  ///   - path: its folder or file.
  ///   - own: the configuration of the first stage whose place it takes; nil where there is none.
  init(_ stage: FirstStage, at path: String, inPlaceOf own: JSONNode?) {
    self.path = path
    difference = own.flatMap { Self.difference(of: stage, from: $0) }
  }

  /// Nil for a tiny autoencoder, which is made for the latents of another.
  private static func difference(of stage: FirstStage, from own: JSONNode) -> String? {
    let className =
      (try? own.find("_class_name")?.string()) ?? AutoencoderKLConfiguration.className
    guard let autoencoder = stage.autoencoder,
      className != AutoencoderTinyConfiguration.className
    else { return nil }
    let kind =
      autoencoder is VQModel
      ? VQModelConfiguration.className : AutoencoderKLConfiguration.className
    guard kind == className else {
      return "those of a \(kind) where the model learned from those of a \(className)"
    }
    let usual = AutoencoderArchitecture.usualScalingFactor
    let scale = (try? own.find("scaling_factor")?.number()) ?? usual
    guard abs(scale - stage.latentScale) > 1e-6 * scale else { return nil }
    return String(
      format: "multiplied by %.6g where those that the model learned from are by %.6g",
      stage.latentScale, scale)
  }

  /// What a page says of whatever was made with it.
  public var words: String { "decoded by the first stage of \(path)" }

  /// What a person should know of it; nil where nothing sets its latents apart.
  public var notice: String? {
    difference.map {
      "the first stage of \(path) decodes latents that are not its own: its own are \($0), so that "
        + "colours and shapes may be wrong"
    }
  }
}
