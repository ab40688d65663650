import Evaluation
import Foundation
import Imaging
import Tensors

/// JPEG itself, as libjpeg-turbo writes it, at many qualities: what people have used since 1992 for
/// the same purpose.
package struct JPEGCurve: Sendable {
  /// One file.
  package struct Point: Sendable {
    /// As libjpeg counts it, 1…100.
    package let quality: Int
    /// All bytes of the file, its tables included.
    package let bitsPerPixel: Double
    package let measured: Quality
  }

  /// From few bits to many.
  package let points: [Point]

  static let qualities = [1, 3, 8, 18, 36, 60, 80, 92]

  /// - Parameter bench: measures how near each file comes to the picture.
  package init(_ bench: PictureQuality) {
    let image = Image(bench.original)
    let pixels = Double(image.width * image.height)
    points = Self.qualities.compactMap { quality in
      guard let file = image.jpeg(quality: quality),
        let picture = try? PictureFile(file, named: "quality \(quality)")
      else { return nil }
      return Point(
        quality: quality, bitsPerPixel: 8 * Double(file.count) / pixels,
        measured: bench.measure(picture.tensor(), ssim: false))
    }
  }
}
