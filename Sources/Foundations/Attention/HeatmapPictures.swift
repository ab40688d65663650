import Imaging
import Tensors

/// Heatmaps as pictures: the map as its grid, smoothed, or over the picture that it belongs to.
package enum HeatmapPictures {
  /// Dark for the least of a range, bright for its most.
  package static let colors = ColorMap.ember

  /// From the least to the largest value of a map.
  package static func range(of map: Tensor) -> ClosedRange<Float> { range(of: [map]) }

  /// From the least to the largest value of some maps.
  package static func range(of maps: [Tensor]) -> ClosedRange<Float> {
    let moments = maps.map(\.moments)
    let low = moments.map(\.min).min() ?? 0
    return low...max(moments.map(\.max).max() ?? 1, low)
  }

  /// Hard pixels.
  package static func grid(
    _ map: Tensor, range: ClosedRange<Float>, width: Int, height: Int
  ) -> Image {
    colors.image(of: map.interpolated(height: height, width: width, .nearest), range: range)
  }

  /// Smoothed.
  package static func smooth(
    _ map: Tensor, range: ClosedRange<Float>, width: Int, height: Int
  ) -> Image {
    colors.image(of: map.interpolated(height: height, width: width, .bilinear), range: range)
  }

  /// The picture in grey, lit where the map is strong.
  /// - Parameters:
  ///   - picture: what was drawn.
  ///   - map: shape [h, w].
  ///   - range: what the colours stand for; nil for the map's own.
  package static func over(
    _ picture: Image, _ map: Tensor, range: ClosedRange<Float>? = nil
  ) -> Image {
    let heat = smooth(
      map, range: range ?? self.range(of: map), width: picture.width, height: picture.height)
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

  /// How much each pixel changed: black where nothing did.
  package static func changePicture(_ change: Tensor) -> Image {
    colors.image(of: change, range: 0...max(change.maxAbs, .leastNormalMagnitude))
  }
}
