import Commands
import Training

/// The ways into the same U-Net: the switch of the LDM paper's Figure 3 (arXiv:2112.10752).
package enum Way: String, CaseIterable, Sendable {
  case text, layout
  case classLabel = "class"
  case inpainting
  case superResolution = "super-resolution"
  case semanticMap = "semantic-map"

  /// What its model was told in training.
  package var condition: Condition {
    switch self {
    case .text: .caption
    case .layout: .layout
    case .classLabel: .classLabel
    case .inpainting: .mask
    case .superResolution: .lowResolution
    case .semanticMap: .semanticMap
    }
  }

  /// The bundled model of this way.
  /// - Throws: `ShippedFileError`.
  package func shippedModel() throws -> String {
    try self == .text ? Shipped.model() : Shipped.path("fixtures/conditioning/\(rawValue)")
  }

  /// How strongly the prompt, the boxes or the class pull where nobody says it: with a picture beside
  /// z_t that already says most of it, little.
  package var guidanceScale: Double {
    switch self {
    case .text, .layout, .inpainting: 3
    case .classLabel: 6
    case .semanticMap: 1.5
    case .superResolution: 1
    }
  }

  /// What is told, for a page.
  var told: String {
    switch self {
    case .text: "words"
    case .layout: "boxes and what they hold"
    case .classLabel: "the kind of an object"
    case .inpainting: "a picture with a hole, and words"
    case .superResolution: "a picture a quarter as wide, and words"
    case .semanticMap: "what each place shows, and words"
    }
  }

  /// By which door, for a page.
  var door: String {
    switch self {
    case .text: "cross-attention: a causal transformer"
    case .layout: "cross-attention: an unmasked transformer"
    case .classLabel: "added to the embedding of the time"
    case .inpainting, .semanticMap: "concatenation: channels beside the noisy latent"
    case .superResolution: "concatenation, and its noise level added to the time"
    }
  }
}
