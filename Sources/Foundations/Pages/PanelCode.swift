import CPageAssets

/// The script and the style sheet of a special instrument.
///
/// The script is the body of a function of `element` (the panel's `div`), `data` (its data, as JSON
/// gives it) and `page`:
///
///     page.position(axis)            the current position on the axis of this name
///     page.move(axis, position)      goes there; everything on the page moves along
///     page.onChange(function)        called at once and after every move
///     page.picture(n)                the data URI of the n-th picture of `pictures`
///
/// The functions of chart.js and page.js can be used as well: `numeral`, `bytesOf`, `floatsOf`.
public struct PanelCode: Sendable {
  let script: String
  let style: String

  /// - Parameters:
  ///   - script: JavaScript; none for markup that another instrument fills.
  ///   - style: CSS; a page holds it once, however many instruments have it.
  public init(script: String = "", style: String = "") {
    (self.script, self.style) = (script, style)
  }

  private init(_ scripts: [page_asset], _ style: page_asset) {
    self.init(
      script: scripts.map(PageAssets.text).joined(separator: "\n"), style: PageAssets.text(style))
  }
}

/// The files of Sources/System/CPageAssets/panels.
extension PanelCode {
  /// Where the heat of a word goes over steps, layers and heads.
  public static let attention = PanelCode([maps_js(), attention_js()], attention_css())
  /// One word's map by every published aggregate.
  public static let aggregates = PanelCode([maps_js(), aggregates_js()], attention_css())
  /// Where each pixel looks.
  public static let selfAttention = PanelCode([maps_js(), self_attention_js()], attention_css())
  /// A scene whose words light up what they name.
  public static let caption = PanelCode([caption_js()], caption_css())
  /// A lens over a picture and its reconstructions.
  public static let loupe = PanelCode([loupe_js()], loupe_css())
  /// A matrix between tokens.
  public static let matrix = PanelCode([matrix_js()], matrix_css())
  /// Particles that walk over a density, and the arrows of its score.
  public static let particles = PanelCode([particles_js()], particles_css())
  /// Symbols of words that grow together.
  public static let symbols = PanelCode([symbols_js()], symbols_css())
  /// The U-Net drawn as a U.
  public static let uDiagram = PanelCode([u_diagram_js()], u_diagram_css())
}
