import Foundation
import Imaging
import Pages
import Tensors

/// A matrix between tokens as a picture with the tokens at its edges, a different one for each layer
/// and, where there are heads, for each head. Pointing at a square tells the two tokens and the
/// number; a click on a row chooses the token.
struct MatrixPanel: Panel {
  /// What the numbers are.
  struct Meaning {
    var caption: String
    /// What a square says, with `{row}` and `{column}` for the two tokens.
    var sentence: String
    var colors: ColorMap
    var range: ClosedRange<Double>
    /// Shows the square root of the number as colour, so that small numbers are seen.
    var isRooted = false
    /// Leaves the squares to the right of the diagonal empty.
    var isCausal = false
    /// What stands in the place of a matrix that a layer does not have.
    var absence = ""
  }

  private struct Contents: Encodable {
    var labels: [String]
    var axes: [String]
    var sentence: String
    var colors: String
    var range: [Double]
    var isRooted: Bool
    var isCausal: Bool
    var absence: String
    /// How many matrices there are for each layer.
    var heads: Int
    /// Base64 of little-endian UInt16, 65535 being the upper end; nil where a layer has none.
    var layers: [String?]
  }

  private let panel: Custom

  /// - Parameters:
  ///   - labels: of the tokens.
  ///   - layers: for each position of `layer`, one matrix [N, N] or [heads, N, N], or nil.
  ///   - token, layer, head: the axes; a matrix without heads has no `head`.
  init(
    _ meaning: Meaning, labels: [String], layers: [Tensor?], token: Axis, layer: Axis,
    head: Axis? = nil
  ) {
    let contents = Contents(
      labels: labels, axes: [token.name, layer.name] + (head.map { [$0.name] } ?? []),
      sentence: meaning.sentence, colors: meaning.colors.hexadecimal,
      range: [meaning.range.lowerBound, meaning.range.upperBound], isRooted: meaning.isRooted,
      isCausal: meaning.isCausal, absence: meaning.absence, heads: head?.count ?? 1,
      layers: layers.map { $0.map { Self.packed($0, meaning.range) } })
    panel = Custom(
      markup: """
        <figure class="matrix"><div class="frame"><canvas data-points="64" \
        role="img" aria-label="\(meaning.caption)"></canvas></div><figcaption>\(meaning.caption)\
        <span class="scale"></span><span class="reading"></span></figcaption></figure>
        """, data: contents, axes: [token, layer] + (head.map { [$0] } ?? []),
      code: .matrix)
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }

  private static func packed(_ matrix: Tensor, _ range: ClosedRange<Double>) -> String {
    let scale = 65535 / (range.upperBound - range.lowerBound)
    let numbers = matrix.elements.map { value in
      UInt16(level: (Double(value) - range.lowerBound) * scale).littleEndian
    }
    return Packed.text(numbers)
  }
}
