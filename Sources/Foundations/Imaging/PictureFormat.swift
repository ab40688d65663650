import Diagnostics
import Foundation

/// What a file is, told from its first bytes; its name says nothing.
struct PictureFormat: Equatable {
  static let png = PictureFormat("a PNG image")
  static let jpeg = PictureFormat("a JPEG image")

  /// In words, for "found".
  let words: String
  /// The command that makes a PNG of it; `nil` when none does.
  let conversion: Conversion?

  enum Conversion {
    /// ImageMagick; of a file with many pictures the first.
    case convert
    case convertFirst
    case heif
    case jpegXL
    case pdf
  }

  private init(_ words: String, _ conversion: Conversion? = nil) {
    (self.words, self.conversion) = (words, conversion)
  }

  init(of bytes: Data) {
    let head = [UInt8](bytes.prefix(64))
    self =
      Self.known.first { $0.matches(head) }?.format ?? Self.withoutSignature(head, bytes)
      ?? Self.unknown(head)
  }

  /// The line that says what was found and what to do.
  func refusal(of path: String) -> ImageError {
    .notAPicture(path: path, found: words, conversion: conversion.map { $0.command(for: path) })
  }

  private static func unknown(_ head: [UInt8]) -> PictureFormat {
    for whole in [Self.pngSignature, Self.jpegSignature] where whole.starts(with: head) {
      let count = head.count
      return PictureFormat("only the first \(count == 1 ? "byte" : "\(count) bytes") of one")
    }
    return PictureFormat("something else")
  }

  /// Icons and TGA, which begin with small numbers and no word.
  private static func withoutSignature(_ head: [UInt8], _ bytes: Data) -> PictureFormat? {
    guard head.count >= 18 else { return nil }
    if head[0] == 0, head[1] == 0, 1...2 ~= head[2], head[3] == 0, head[4] != 0, head[5] == 0 {
      return PictureFormat("an icon (ICO)", .convertFirst)
    }
    // What kind of pixels, and how many bits each has.
    let isTGA =
      head[1] <= 1 && [1, 2, 3, 9, 10, 11].contains(head[2])
      && [8, 15, 16, 24, 32].contains(head[16])
    return isTGA || bytes.suffix(18).starts(with: "TRUEVISION-XFILE".utf8)
      ? PictureFormat("a TGA image", .convert) : nil
  }

  // MARK: - First bytes

  private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let jpegSignature: [UInt8] = [0xFF, 0xD8, 0xFF]

  private struct Signature {
    let bytes: [UInt8]
    var offset = 0
    var second: (bytes: String, offset: Int)?
    let format: PictureFormat

    func matches(_ head: [UInt8]) -> Bool {
      head.dropFirst(offset).starts(with: bytes)
        && second.map { head.dropFirst($0.offset).starts(with: $0.bytes.utf8) } ?? true
    }
  }

  private static func text(
    _ bytes: String, at offset: Int = 0, _ words: String, _ conversion: Conversion? = nil
  ) -> Signature {
    Signature(bytes: Array(bytes.utf8), offset: offset, format: .init(words, conversion))
  }

  private static let known: [Signature] = [
    Signature(bytes: pngSignature, format: png),
    Signature(bytes: jpegSignature, format: jpeg),
    Signature(
      bytes: Array("RIFF".utf8), second: ("WEBP", 8), format: .init("a WebP image", .convert)),
    text("GIF8", "a GIF image", .convertFirst),
    text("BM", "a BMP image", .convert),
    text("II*\0", "a TIFF image", .convertFirst),
    text("MM\0*", "a TIFF image", .convertFirst),
    text("II+\0", "a TIFF image", .convertFirst),
    text("MM\0+", "a TIFF image", .convertFirst),
    text("ftypavi", at: 4, "an AVIF image", .heif),
    text("ftyp", at: 4, "a HEIC image", .heif),
    text("jP  \r\n", at: 4, "a JPEG 2000 image", .convert),
    Signature(bytes: [0xFF, 0x4F, 0xFF, 0x51], format: .init("a JPEG 2000 image", .convert)),
    text("JXL \r\n", at: 4, "a JPEG XL image", .jpegXL),
    Signature(bytes: [0xFF, 0x0A], format: .init("a JPEG XL image", .jpegXL)),
    text("8BPS", "a Photoshop document", .convertFirst),
    text("P6", "a PNM image", .convert),
    text("P5", "a PNM image", .convert),
    text("%PDF", "a PDF document", .pdf),
    text("<svg", "an SVG drawing", .convert),
    text("<?xml", "an SVG drawing or other XML", .convert),
    text("<!DOCTYPE", "a web page"),
    text("<!doctype", "a web page"),
    text("<html", "a web page"),
    text("version https://git-lfs", "a Git LFS pointer, whose picture `git lfs pull` brings"),
  ]
}

extension PictureFormat.Conversion {
  /// The command line that makes a PNG beside the file.
  func command(for path: String) -> String {
    let stem = (path as NSString).deletingPathExtension
    let png = stem + ".png" == path ? stem + "-converted.png" : stem + ".png"
    let (from, to) = (shellQuoted(path), shellQuoted(png))
    return switch self {
    case .convert: "convert \(from) \(to)"
    case .convertFirst: "convert \(shellQuoted(path + "[0]")) \(to)"
    case .heif: "heif-convert \(from) \(to)"
    case .jpegXL: "djxl \(from) \(to)"
    case .pdf:
      "pdftoppm -png -singlefile \(from) \(shellQuoted((png as NSString).deletingPathExtension))"
    }
  }
}
