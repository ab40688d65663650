import Foundation
import Networks
import Storybook
import Tensors

/// Where a layout's encoder begins. A class and four sides are five tokens, and what a side says helps
/// only once its class knows it and the places of the picture ask for it: from random weights thousands
/// of steps find the kinds of things and not where they are. So the first layer begins by telling every
/// token of a box what its others say, and all is learned from there.
extension LDMBertModel {
  /// How far tokens lie from the origin.
  private static let reach: Float = 0.1
  /// How strongly a token attends to those of its own box.
  private static let sharpness: Float = 2
  /// The longest wave of a place's features, in sides of the picture.
  private static let longestWave: Float = 4

  /// Sets the tokens of places, the positions and the first attention.
  /// - Precondition: as many heads as a box has sides, and as much width as they ask for together.
  package func beginWithBoxes() {
    let width = configuration.width
    precondition(
      configuration.heads == LayoutVocabulary.sides
        && configuration.headWidth * configuration.heads == width, "a head for each side")
    let identity = Tensor([width, width]) { out in
      for i in out.indices { out[i] = i % (width + 1) == 0 ? 1 : 0 }
    }
    let attention = "model.layers.0.self_attn"
    let starts: [String: (Tensor) -> Tensor] = [
      "model.embed_tokens.weight": { Self.withPlaces($0) },
      "model.embed_positions.weight": { Self.boxCodes($0.shape) },
      attention + ".q_proj.weight": { _ in identity.scaled(by: Self.sharpness) },
      attention + ".k_proj.weight": { _ in identity.scaled(by: Self.sharpness) },
      attention + ".v_proj.weight": { _ in identity },
      // A token sees the mean of its box: the sum is told.
      attention + ".out_proj.weight": { _ in
        identity.scaled(by: Self.reach * Float(LayoutVocabulary.tokensPerBox))
      },
    ]
    for parameter in parameters {
      if let start = starts[parameter.name] { parameter.value = start(parameter.value) }
    }
  }

  /// Places begin as points of a smooth curve, so that what is learned of one holds for those near it,
  /// and each side among features of its own, so that sums of sides do not mix them up.
  private static func withPlaces(_ tokens: Tensor) -> Tensor {
    let (width, first) = (tokens.shape[1], LayoutVocabulary.firstPlace)
    let features = width / LayoutVocabulary.sides
    // From the deviation that they begin with, 0.02, to `reach`.
    let others = tokens.rows(0..<first).scaled(by: reach / 0.02)
    let places = Tensor([LayoutVocabulary.size - first, width]) { out in
      for i in out.indices {
        let (token, feature) = (i / width, i % width)
        let (side, step) = (
          token / LayoutVocabulary.placesPerSide, token % LayoutVocabulary.placesPerSide
        )
        guard feature / features == side else {
          out[i] = 0
          continue
        }
        let number = feature % features
        let wave = longestWave * powf(2, -Float(number / 2) / 2)
        let angle = 2 * Float.pi * Float(step) / Float(LayoutVocabulary.steps) / wave
        out[i] = 2 * reach * (number % 2 == 0 ? sinf(angle) : cosf(angle))
      }
    }
    return .concatenated([others, places], along: 0)
  }

  /// Positions of one box begin alike, those of two boxes at right angles: rows of a Hadamard matrix.
  private static func boxCodes(_ shape: [Int]) -> Tensor {
    Tensor(shape) { out in
      for i in out.indices {
        let (box, feature) = (i / shape[1] / LayoutVocabulary.tokensPerBox, i % shape[1])
        out[i] = ((box + 1) & feature).nonzeroBitCount % 2 == 0 ? reach : -reach
      }
    }
  }
}
