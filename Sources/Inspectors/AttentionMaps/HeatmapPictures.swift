import Attention
import Commands
import Foundation
import Imaging
import Tensors
import Tracing

/// Heatmaps as PNG files: for each aggregate a sheet of all words, raw and smoothed, alone and over
/// the picture, once with a scale for each word and once with one scale for all.
struct HeatmapPictures {
  private let run: AttentionRun
  static let colors = ColorMap.ember

  init(_ run: AttentionRun) { self.run = run }

  func write(to output: RunOutput) throws {
    try output.write(run.picture, as: "images/picture.png")
    for heatmaps in run.heatmaps {
      let name = heatmaps.aggregate.rawValue
      for isShared in [false, true] {
        let sheet = sheet(heatmaps, sharedScale: isShared)
        try output.write(
          sheet, as: "images/\(name)-\(isShared ? "shared" : "own").png")
      }
      for (index, map) in heatmaps.maps.enumerated() {
        guard let map, run.columns.columns[index].kind == .word else { continue }
        let over = Self.over(run.picture, map, range: Self.range(of: map))
        try output.write(
          over, as: "images/\(name)-word-\(index < 10 ? "0" : "")\(index).png")
      }
    }
    for (index, variant) in run.variants.enumerated() {
      try output.write(variant.picture, as: "images/variant-\(index).png")
      try output.write(
        Self.changePicture(variant.change), as: "images/change-\(index).png")
    }
  }

  // MARK: A sheet

  /// Three pictures for each word (grid, smoothed, over the picture) with its scale under them.
  private func sheet(_ heatmaps: Heatmaps, sharedScale: Bool) -> Image {
    let found = heatmaps.maps.indices.filter { heatmaps.maps[$0] != nil }
    let shared = Self.range(of: found.compactMap { heatmaps.maps[$0] })
    let picture = run.picture.shrunk(to: 256)
    var pictures: [Image] = []
    var labels: [String] = []
    for index in found {
      guard let map = heatmaps.maps[index] else { continue }
      let range = sharedScale ? shared : Self.range(of: map)
      pictures += [
        Self.grid(map, range: range, width: picture.width, height: picture.height),
        Self.smooth(map, range: range, width: picture.width, height: picture.height),
        Self.over(picture, map, range: range),
      ]
      let plain = run.columns.columns[index].text
      labels += [plain, Self.text(range), ""]
    }
    let sheet = Image.grid(pictures, columns: 6, labels: labels)
    guard sharedScale else { return sheet }
    let bar = Self.colors.bar(range: shared, width: max(min(sheet.width, 512), 64))
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

  static func range(of map: Tensor) -> ClosedRange<Float> { range(of: [map]) }

  static func range(of maps: [Tensor]) -> ClosedRange<Float> {
    let moments = maps.map(\.moments)
    let low = moments.map(\.min).min() ?? 0
    return low...max(moments.map(\.max).max() ?? 1, low)
  }

  // MARK: One map

  /// Hard pixels.
  static func grid(_ map: Tensor, range: ClosedRange<Float>, width: Int, height: Int) -> Image {
    colors.image(of: map.interpolated(height: height, width: width, .nearest), range: range)
  }

  static func smooth(_ map: Tensor, range: ClosedRange<Float>, width: Int, height: Int) -> Image {
    colors.image(of: map.interpolated(height: height, width: width, .bilinear), range: range)
  }

  /// The picture in grey, lit where the map is strong.
  static func over(_ picture: Image, _ map: Tensor, range: ClosedRange<Float>) -> Image {
    let heat = smooth(map, range: range, width: picture.width, height: picture.height)
    let rgb = picture.rgb
    return Image(width: picture.width, height: picture.height, channels: .rgb) { out in
      for i in 0..<picture.width * picture.height {
        let (r, g, b) = (
          Int(rgb.pixels[3 * i]), Int(rgb.pixels[3 * i + 1]), Int(rgb.pixels[3 * i + 2])
        )
        let grey = (299 * r + 587 * g + 114 * b) / 1000
        for channel in 0..<3 {
          out[3 * i + channel] = UInt8((2 * grey + 3 * Int(heat.pixels[3 * i + channel])) / 5)
        }
      }
    }
  }

  /// Black where nothing changed.
  static func changePicture(_ change: Tensor) -> Image {
    colors.image(of: change, range: 0...max(change.maxAbs, .leastNormalMagnitude))
  }
}

extension Image {
  /// The picture with at most so many pixels on its longer side.
  func shrunk(to most: Int) -> Image {
    let longest = max(width, height)
    guard longest > most else { return self }
    return Image(
      tensor.resized(
        height: max(height * most / longest, 1), width: max(width * most / longest, 1), .area))
  }
}
