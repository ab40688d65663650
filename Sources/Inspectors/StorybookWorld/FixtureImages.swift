import Foundation
import Imaging
import Storybook
import Tensors

/// The pictures of fixtures/images: three to look at, and PNG files of every odd kind.
public enum FixtureImages {
  /// All files, by their path inside the folder.
  public static var files: [(path: String, data: Data)] {
    [
      ("scene.png", PNG.data(of: scene)),
      ("dead-leaves.png", PNG.data(of: deadLeaves)),
      ("chart.png", PNG.data(of: ResolutionChart().image)),
    ] + odd.map { ("odd/\($0.name).png", $0.file.encoded()) }
  }

  /// "a purple boat and an orange house on the sea under the moon at sunset"
  private static var scene: Image {
    let content = SceneContent(
      time: .sunset, ground: .sea, sky: .moon,
      objects: [SceneObject(.purple, .boat), SceneObject(.orange, .house)])
    return Image(SceneRenderer(size: 128).picture(of: Scene(content, variation: 10)))
  }

  private static var deadLeaves: Image {
    Image(DeadLeaves(size: 256).pictures(seed: 7, indices: 4..<5))
  }

  /// Small scenes in unusual encodings.
  private static var odd: [(name: String, file: PNGFile)] {
    var interlaced = eightBit(.rgb, 33, 21) { [$0.x, $0.y, $0.z] }
    interlaced.interlaced = true
    var keyed = eightBit(.rgb, 24, 24) {
      $0.z > 0.5 ? [1, 0, 1] : [$0.x, $0.y, $0.z]
    }
    keyed.transparentKey = [255, 0, 255]
    return [
      ("rgb-16-bit", sixteenBit(.rgb, 24, 16) { [$0.x, $0.y, $0.z] }),
      ("grey-16-bit", sixteenBit(.grey, 64, 4) { [$0.x] }),
      ("grey-alpha", eightBit(.greyAlpha, 24, 16) { [$0.z, $0.x] }),
      ("rgba", eightBit(.rgba, 24, 16) { [$0.x, $0.y, $0.z, $0.x * $0.y] }),
      ("palette-transparent", palette),
      ("rgb-transparent-key", keyed),
      ("interlaced", interlaced),
      ("grey-1-bit", oneBit),
      ("one-pixel", eightBit(.rgb, 1, 1) { _ in [0.2, 0.6, 0.8] }),
      ("wide", eightBit(.rgb, 1000, 3) { [$0.x, $0.y, $0.z] }),
    ]
  }

  /// A picture whose samples are functions of place: x and y run over 0…1, z is a soft chequer.
  private static func samples(
    _ width: Int, _ height: Int, _ color: (SIMD3<Float>) -> [Float]
  ) -> [Float] {
    (0..<height).flatMap { y in
      (0..<width).flatMap { x in
        let (u, v) = (Float(x % 5) / 4, Float(y % 7) / 6)
        return color(
          SIMD3(
            Float(x) / Float(max(width - 1, 1)), Float(y) / Float(max(height - 1, 1)),
            u * v + (1 - u) * (1 - v)))
      }
    }
  }

  private static func eightBit(
    _ kind: PNGFile.ColorType, _ width: Int, _ height: Int, _ color: (SIMD3<Float>) -> [Float]
  ) -> PNGFile {
    let bytes = samples(width, height, color).map { UInt8(($0 * 255).rounded()) }
    return PNGFile(
      width: width, height: height, color: kind, depth: 8, rows: bytes,
      rowBytes: bytes.count / height)
  }

  private static func sixteenBit(
    _ kind: PNGFile.ColorType, _ width: Int, _ height: Int, _ color: (SIMD3<Float>) -> [Float]
  ) -> PNGFile {
    let bytes = samples(width, height, color).flatMap { value -> [UInt8] in
      let word = UInt16((value * 65535).rounded())
      return [UInt8(word >> 8), UInt8(word & 255)]
    }
    return PNGFile(
      width: width, height: height, color: kind, depth: 16, rows: bytes,
      rowBytes: bytes.count / height)
  }

  /// Sixteen colours, four bits each, the first five more or less transparent.
  private static var palette: PNGFile {
    let (width, height) = (26, 16)
    let rows = (0..<height).flatMap { y -> [UInt8] in
      (0..<width / 2).map { pair -> UInt8 in
        let first = (2 * pair + y) % 16
        let second = (2 * pair + 1 + y) % 16
        return UInt8(first << 4 | second)
      }
    }
    var file = PNGFile(
      width: width, height: height, color: .palette, depth: 4, rows: rows, rowBytes: width / 2)
    file.palette = (0..<16).map { ColorMap.tide[Float($0) / 15] }
    file.paletteAlpha = [0, 60, 120, 180, 240]
    return file
  }

  private static var oneBit: PNGFile {
    let (width, height) = (37, 19)
    let rowBytes = (width + 7) / 8
    var rows = [UInt8](repeating: 0, count: rowBytes * height)
    for y in 0..<height {
      for x in 0..<width where (x - 18) * (x - 18) + 4 * (y - 9) * (y - 9) < 260 {
        rows[y * rowBytes + x / 8] |= 0x80 >> UInt8(x % 8)
      }
    }
    return PNGFile(
      width: width, height: height, color: .grey, depth: 1, rows: rows, rowBytes: rowBytes)
  }
}
