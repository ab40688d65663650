import Diagnostics
import Foundation
import Tensors

/// A picture that a person gave: the one door through which every picture is read.
///
/// PNG and JPEG are read, as `diffusers.utils.load_image` reads them: turned upright where the file
/// says how the camera was held, colour profiles and gamma left alone. Other formats are refused
/// with the command that converts them.
public struct PictureFile: Sendable {
  /// The most pixels that will be decoded; 8192×8192.
  public static let pixelLimit = 1 << 26
  /// The most bytes of a file that will be read.
  public static let byteLimit = 1 << 29
  /// What a picture should be, in words, for errors.
  public static let expected = "a PNG or JPEG image"

  /// What becomes of pixels that can be seen through.
  public enum Transparency: Sendable {
    /// Colour c and alpha a in 0…1 give c·a + 1 − a: the picture as it looks on paper.
    case overWhite
    /// The colour stays and alpha is forgotten, as a mask is read.
    case dropped
  }

  /// The name that appears in errors and notices.
  public let name: String
  /// How the file says the camera was held.
  public let orientation: PictureOrientation
  /// Upright.
  private let samples: PictureSamples

  /// Reads and decodes a file.
  /// - Throws: `FileError` or `ImageError`.
  public static func read(_ path: String) throws -> PictureFile {
    try PictureFile(readInput(path, expecting: expected, limit: byteLimit), named: path)
  }

  /// The same for a file in memory; `name` appears in errors.
  public init(_ bytes: Data, named name: String) throws {
    guard !bytes.isEmpty else { throw FileError.empty(path: name, expected: Self.expected) }
    let (samples, orientation) =
      switch PictureFormat(of: bytes) {
      case .png: try PNG.decode(bytes, named: name)
      case .jpeg: try JPEG.decode(bytes, named: name)
      case let other: throw other.refusal(of: name)
      }
    (self.name, self.orientation) = (name, orientation)
    self.samples = samples.turned(by: orientation)
  }

  /// In pixels, once the picture is upright.
  public var width: Int { samples.width }
  /// In pixels, once the picture is upright.
  public var height: Int { samples.height }

  /// Whether a pixel can be seen through.
  public var isTransparent: Bool { samples.isTransparent }

  /// The picture as diffusion models see it; grey becomes three equal channels, and 16-bit values
  /// keep their precision.
  ///
  ///     x = v / 127.5 − 1        v in 0…255; 16 bits: v / 32767.5 − 1
  ///
  /// - Returns: shape [1, 3, H, W], range [−1, 1].
  public func tensor(_ transparency: Transparency = .overWhite) -> Tensor {
    samples.tensor(transparency)
  }

  /// The picture as 8-bit RGB, transparent pixels over white, values rounded.
  public var image: Image { samples.image }

  /// What was done to the picture that its owner may not expect, one line each.
  public func notices(_ transparency: Transparency = .overWhite) -> [String] {
    var notices: [String] = []
    if orientation != .upright {
      notices.append("\(name): \(orientation.turn), as its EXIF orientation says")
    }
    if samples.isDeepGrey {
      notices.append(
        "\(name): 16-bit grey is scaled, 65535 to white; diffusers' load_image cuts it at 255 instead, "
          + "which leaves nearly all of it white")
    }
    guard isTransparent else { return notices }
    switch transparency {
    case .overWhite: notices.append("\(name): transparent pixels are laid on white")
    case .dropped: notices.append("\(name): its transparency is ignored, only colour counts")
    }
    return notices
  }
}
