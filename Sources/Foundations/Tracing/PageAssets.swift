import CPageAssets
import Foundation

/// The style, the scripts and the font of every page, from Sources/System/CPageAssets.
enum PageAssets {
  /// The style sheet, with the font for formulas in it: the machine of a reader has none, and then
  /// subscripts are not lowered and braces do not stretch. Its lines are as high as those of text.
  static var style: String {
    let font = data(math_font()).base64EncodedString()
    return """
      @font-face {
        font-family: "Inspector Math"; font-display: block;
        ascent-override: 90%; descent-override: 25%; line-gap-override: 0%;
        src: url(data:font/woff2;base64,\(font)) format("woff2");
      }
      \(text(page_css()))
      """
  }

  static var pageScript: String { text(page_js()) }
  static var chartScript: String { text(chart_js()) }
  static var stageScript: String { text(stage_js()) }

  private static func data(_ asset: page_asset) -> Data {
    Data(bytes: asset.bytes, count: asset.count)
  }

  private static func text(_ asset: page_asset) -> String {
    String(decoding: data(asset), as: UTF8.self)
  }
}
