import CPageAssets

/// The style and the scripts of every page, from Sources/System/CPageAssets.
enum PageAssets {
  static var style: String { text(page_css()) }
  static var pageScript: String { text(page_js()) }
  static var chartScript: String { text(chart_js()) }

  private static func text(_ asset: page_asset) -> String {
    String(decoding: UnsafeBufferPointer(start: asset.bytes, count: asset.count), as: UTF8.self)
  }
}
