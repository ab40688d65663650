import CPageAssets
import Foundation

/// The style, the scripts and the font of every page, from Sources/System/CPageAssets.
enum PageAssets {
  /// The style sheet, with the font for formulas in the place of its file's name.
  static var style: String {
    let font = data(math_font()).base64EncodedString()
    return text(page_css()).replacingOccurrences(
      of: "font/math.woff2", with: "data:font/woff2;base64,\(font)")
  }

  static var pageScript: String { text(page_js()) }
  static var chartScript: String { text(chart_js()) }
  static var scaleScript: String { text(scale_js()) }
  static var numbersScript: String { text(numbers_js()) }
  static var stageScript: String { text(stage_js()) }

  static func text(_ asset: page_asset) -> String { String(decoding: data(asset), as: UTF8.self) }

  private static func data(_ asset: page_asset) -> Data {
    Data(bytes: asset.bytes, count: asset.count)
  }
}
