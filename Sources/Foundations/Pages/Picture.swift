import Foundation

/// A picture as a page holds it: a PNG with its size and the way in which it is enlarged.
public struct Picture: Sendable {
  /// How a browser enlarges a picture.
  public enum Kind: String, Sendable {
    /// Enlarged smoothly.
    case photograph
    /// Latents, attention maps and other grids of numbers: hard pixels.
    case grid
  }

  /// The file's contents.
  public let png: Data
  /// How it is enlarged.
  public let kind: Kind
  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int
  /// The numbers behind the colours, row by row, for reading them off; nil when the colours say it.
  public let values: [Float]?

  /// - Parameters:
  ///   - png: an encoded PNG.
  ///   - kind: how its pixels are enlarged.
  ///   - values: one number per pixel, for a page that tells the number under the pointer.
  /// - Precondition: `png` is a PNG; there are width × height values.
  public init(png: Data, kind: Kind = .photograph, values: [Float]? = nil) {
    let header = [UInt8](png.prefix(24))
    precondition(
      header.count == 24 && header.starts(with: [0x89, 0x50, 0x4E, 0x47]), "no PNG")
    func number(at offset: Int) -> Int {
      header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let (width, height) = (number(at: 16), number(at: 20))
    precondition(
      values.map { $0.count == width * height } ?? true,
      "\(values?.count ?? 0) values for a picture of \(width) × \(height)")
    (self.width, self.height) = (width, height)
    (self.png, self.kind, self.values) = (png, kind, values)
  }

  /// The longest shape in which a picture is shown: what is longer would be a line too thin to see.
  private static let longestShape = 40.0

  private var aspect: Double { Double(width) / Double(height) }

  /// How much thicker than it is a very long picture is shown; nil for one that is shown as it is.
  var thickening: Double? {
    let shape = max(aspect, 1 / aspect)
    return shape > Self.longestShape ? shape / Self.longestShape : nil
  }

  /// What the frame of a very long or of a high picture must know: its shape, which for a high one decides
  /// the width. Nil for others.
  var frameStyle: String? {
    let shown = min(max(aspect, 1 / Self.longestShape), Self.longestShape)
    guard thickening != nil || shown < 0.5 else { return nil }
    return "--shape:\(NumberFormat.automatic.text(shown))"
  }
}
