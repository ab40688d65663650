import Attention
import Commands
import Foundation
import Imaging
import Tensors

/// Heatmaps as PNG files: for each aggregate a sheet of all words, raw and smoothed, alone and over
/// the picture, once with a scale for each word and once with one scale for all.
struct HeatmapSheets {
  private let run: AttentionRun

  init(_ run: AttentionRun) { self.run = run }

  func write(to output: RunOutput) throws {
    try output.write(run.picture, as: "images/picture.png")
    let sheets = run.heatmaps.flatMap { [($0, false), ($0, true)] }
    try output.write(sheets) { heatmaps, isShared in
      .init(
        sheet(heatmaps, sharedScale: isShared),
        as: "images/\(heatmaps.aggregate.rawValue)-\(isShared ? "shared" : "own").png")
    }
    let words = run.heatmaps.flatMap { heatmaps in
      heatmaps.maps.enumerated().compactMap { index, map in
        run.columns.columns[index].kind == .word
          ? map.map { (heatmaps.aggregate.rawValue, index, $0) } : nil
      }
    }
    try output.write(words) { name, index, map in
      .init(
        HeatmapPictures.over(run.picture, map),
        as: "images/\(name)-word-\(padded(index, to: 2)).png")
    }
  }

  // MARK: A sheet

  /// Three pictures for each word (grid, smoothed, over the picture) with its scale under them.
  private func sheet(_ heatmaps: Heatmaps, sharedScale: Bool) -> Image {
    let found = heatmaps.maps.indices.filter { heatmaps.maps[$0] != nil }
    let shared = HeatmapPictures.range(of: found.compactMap { heatmaps.maps[$0] })
    let picture = run.picture.shrunk(to: 256)
    var pictures: [Image] = []
    var labels: [String] = []
    for index in found {
      guard let map = heatmaps.maps[index] else { continue }
      let range = sharedScale ? shared : HeatmapPictures.range(of: map)
      pictures += [
        HeatmapPictures.grid(map, range: range, width: picture.width, height: picture.height),
        HeatmapPictures.smooth(map, range: range, width: picture.width, height: picture.height),
        HeatmapPictures.over(picture, map, range: range),
      ]
      let plain = run.columns.columns[index].text
      labels += [plain, Self.text(range), ""]
    }
    let sheet = Image.grid(pictures, columns: 6, labels: labels)
    guard sharedScale else { return sheet }
    let bar = HeatmapPictures.colors.bar(range: shared, width: max(min(sheet.width, 512), 64))
    var whole = Image(
      width: max(sheet.width, bar.width), height: sheet.height + bar.height + 4,
      filledWith: .white)
    whole.place(sheet, x: 0, y: 0)
    whole.place(bar, x: (whole.width - bar.width) / 2, y: sheet.height + 2)
    return whole
  }

  private static func text(_ range: ClosedRange<Float>) -> String {
    String(format: "%.3g to %.3g", range.lowerBound, range.upperBound)
  }
}
