import CImageShim
import Diagnostics
import Foundation

extension PNG {
  /// A PNG file of a picture, 8 bits per channel, in memory.
  public static func data(of image: Image) -> Data {
    let channels = image.channels.rawValue
    return PNGFile(
      width: image.width, height: image.height,
      color: image.channels == .grey ? .grey : .rgb, depth: 8, rows: image.pixels,
      rowBytes: image.width * channels
    ).encoded()
  }

  /// Writes a picture as a PNG file, whole or not at all.
  /// - Throws: `FileError.notWritable`.
  public static func write(_ image: Image, to path: String) throws {
    do {
      try data(of: image).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw FileError.notWritable(path: path, reason: reason(of: error))
    }
  }

  private static func reason(of error: any Error) -> String {
    let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    guard cause.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(cause.code)))
  }
}

/// A PNG file in the terms of the specification: every kind that the format knows.
package struct PNGFile {
  package enum ColorType: Int32 {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyAlpha = 4
    case rgba = 6
  }

  package var width, height: Int
  package var color: ColorType
  package var depth: Int
  package var interlaced = false
  /// Packed rows: several pixels to a byte below 8 bits, big-endian at 16.
  package var rows: [UInt8]
  package var rowBytes: Int
  package var palette: [RGB] = []
  /// Alpha of the first palette entries; the others are opaque.
  package var paletteAlpha: [UInt8] = []
  /// The one transparent grey or RGB value, in the file's depth.
  package var transparentKey: [UInt16] = []

  package init(
    width: Int, height: Int, color: ColorType, depth: Int, rows: [UInt8], rowBytes: Int
  ) {
    precondition(
      rows.count == height * rowBytes, "\(rows.count) bytes for \(height) rows of \(rowBytes)")
    self.width = width
    self.height = height
    self.color = color
    self.depth = depth
    self.rows = rows
    self.rowBytes = rowBytes
  }

  /// - Precondition: the fields agree with each other as the specification demands.
  package func encoded() -> Data {
    let triples = palette.flatMap { [$0.red, $0.green, $0.blue] }
    return rows.withUnsafeBufferPointer { rows in
      triples.withUnsafeBufferPointer { triples in
        paletteAlpha.withUnsafeBufferPointer { alpha in
          transparentKey.withUnsafeBufferPointer { key in
            encode(
              ps_picture(
                width: UInt32(width), height: UInt32(height), color_type: color.rawValue,
                depth: Int32(depth), interlaced: interlaced ? 1 : 0, rows: rows.baseAddress,
                row_bytes: rowBytes, palette: palette.isEmpty ? nil : triples.baseAddress,
                palette_count: Int32(palette.count),
                palette_alpha: paletteAlpha.isEmpty ? nil : alpha.baseAddress,
                palette_alpha_count: Int32(paletteAlpha.count),
                key: transparentKey.isEmpty ? nil : key.baseAddress))
          }
        }
      }
    }
  }

  private func encode(_ picture: ps_picture) -> Data {
    var message = [CChar](repeating: 0, count: Int(PS_MESSAGE_SIZE))
    var count = 0
    var picture = picture
    guard let bytes = ps_write(&picture, &count, &message) else {
      preconditionFailure("libpng cannot write this picture: \(PNG.text(message))")
    }
    return Data(bytesNoCopy: bytes, count: count, deallocator: .free)
  }
}
