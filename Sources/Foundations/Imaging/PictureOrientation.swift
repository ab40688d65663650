import Foundation

/// How the camera was held: the EXIF tag Orientation (0x0112), by its number.
///
/// Source: Exif 2.32, §4.6.4; what is done for each number is that of
/// `PIL.ImageOps.exif_transpose`.
public enum PictureOrientation: Int, Sendable {
  /// 1: rows run from top to bottom, columns from left to right.
  case upright = 1
  /// 2: left and right are exchanged.
  case mirrored
  /// 3: turned by 180°.
  case upsideDown
  /// 4: top and bottom are exchanged.
  case flipped
  /// 5: rows and columns are exchanged.
  case transposed
  /// 6: a quarter turn to the right (clockwise) makes it upright.
  case onItsRightSide
  /// 7: exchanged along the other diagonal.
  case transversed
  /// 8: a quarter turn to the left makes it upright.
  case onItsLeftSide

  /// What makes the picture upright, in words.
  var turn: String {
    switch self {
    case .upright: "left as it is"
    case .mirrored: "mirrored"
    case .upsideDown: "turned by 180°"
    case .flipped: "flipped top to bottom"
    case .transposed: "mirrored and turned to the left"
    case .onItsRightSide: "turned to the right"
    case .transversed: "mirrored and turned to the right"
    case .onItsLeftSide: "turned to the left"
    }
  }

  /// Whether width and height change places.
  var isSideways: Bool { rawValue >= 5 }

  /// What Exif data say, or else an XMP packet; upright when neither does.
  /// - Parameters:
  ///   - exif: a TIFF structure, with or without "Exif\0\0" before it.
  ///   - xmp: XML.
  package init(exif: [UInt8]?, xmp: [UInt8]? = nil) {
    let number = exif.flatMap(Self.number(inExif:)) ?? xmp.flatMap(Self.number(inXMP:))
    self = number.flatMap(PictureOrientation.init(rawValue:)) ?? .upright
  }

  /// The value of the tag in the first directory of a TIFF structure.
  private static func number(inExif bytes: [UInt8]) -> Int? {
    let prefix = Array("Exif\0\0".utf8)
    let tiff = bytes.starts(with: prefix) ? bytes[prefix.count...] : bytes[...]
    let littleEndian = tiff.starts(with: Array("II*\0".utf8))
    guard littleEndian || tiff.starts(with: Array("MM\0*".utf8)) else { return nil }
    func number(_ offset: Int, _ count: Int) -> Int? {
      guard offset >= 0, offset <= tiff.count - count else { return nil }
      let field = tiff.dropFirst(offset).prefix(count)
      return (littleEndian ? Array(field.reversed()) : Array(field)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
    for entry in 0..<entries {
      let start = directory + 2 + 12 * entry
      guard let tag = number(start, 2) else { return nil }
      guard tag == 0x0112, number(start + 4, 4) == 1 else { continue }
      switch number(start + 2, 2) {
      case 3: return number(start + 8, 2)
      case 4: return number(start + 8, 4)
      default: return nil
      }
    }
    return nil
  }

  private static func number(inXMP bytes: [UInt8]) -> Int? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let match = text.firstMatch(of: /tiff:Orientation(?:="|>)([0-9])/) else { return nil }
    return Int(match.1)
  }
}
