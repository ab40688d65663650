import CImageShim
import Foundation

/// PNG files: any colour type, bit depth, interlacing and transparency can be read; 8-bit RGB and
/// grey are written. Gamma and colour profiles are left alone: pixel values are taken as they are.
///
/// Source: Portable Network Graphics Specification (Third Edition), W3C, 2025.
public enum PNG {
  static func decode(
    _ bytes: Data, named name: String
  ) throws -> (PictureSamples, PictureOrientation) {
    try checkSize(bytes, named: name)
    return try bytes.withUnsafeBytes { raw in
      let bytes = raw.bindMemory(to: UInt8.self)
      var message = [CChar](repeating: 0, count: Int(PS_MESSAGE_SIZE))
      var layout = ps_layout()
      guard let reader = ps_open(bytes.baseAddress, bytes.count, &layout, &message) else {
        throw ImageError.damaged(path: name, format: "PNG", reason: text(message))
      }
      defer { ps_close(reader) }
      let (width, height) = (Int(layout.width), Int(layout.height))
      let count = width * height * Int(layout.channels)
      var complete = false
      func read(_ target: UnsafeMutableRawPointer?) {
        complete = ps_read(reader, target, &message) == 1
      }
      let values: PictureSamples.Values =
        if layout.depth == 16 {
          .words(
            [UInt16](unsafeUninitializedCapacity: count) { buffer, initialized in
              read(UnsafeMutableRawPointer(buffer.baseAddress))
              initialized = complete ? count : 0
            })
        } else {
          .bytes(
            [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
              read(UnsafeMutableRawPointer(buffer.baseAddress))
              initialized = complete ? count : 0
            })
        }
      guard complete else {
        throw ImageError.damaged(path: name, format: "PNG", reason: text(message))
      }
      return (
        PictureSamples(
          width: width, height: height, channels: Int(layout.channels), values: values),
        orientation(in: bytes)
      )
    }
  }

  /// What an eXIf chunk says, wherever it lies, or else an XMP text that is not packed. The chunks
  /// are sound: libpng has checked the file to its end.
  private static func orientation(in bytes: UnsafeBufferPointer<UInt8>) -> PictureOrientation {
    var exif: [UInt8]?
    var xmp: [UInt8]?
    var start = 8
    while start + 12 <= bytes.count {
      let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - start - 12 else { break }
      let body = bytes[(start + 8)..<(start + 8 + length)]
      switch String(decoding: bytes[(start + 4)..<(start + 8)], as: UTF8.self) {
      case "eXIf": exif = Array(body)
      case "iTXt" where body.starts(with: "XML:com.adobe.xmp\0\0".utf8): xmp = Array(body)
      default: break
      }
      start += 12 + length
    }
    return PictureOrientation(exif: exif, xmp: xmp)
  }

  /// Refuses what cannot be decoded before any memory is set aside for it: more pixels than the
  /// limit, and more rows than the bytes in the file can unpack to.
  private static func checkSize(_ bytes: Data, named name: String) throws {
    let head = [UInt8](bytes.prefix(29))
    guard head.count == 29, head[12..<16].elementsEqual("IHDR".utf8) else {
      throw ImageError.damaged(path: name, format: "PNG", reason: "it has no complete header")
    }
    let width = head[16..<20].reduce(0) { $0 << 8 | Int($1) }
    let height = head[20..<24].reduce(0) { $0 << 8 | Int($1) }
    let limit = PictureFile.pixelLimit
    guard width <= limit, height <= limit, width * height <= limit else {
      throw ImageError.tooManyPixels(path: name, width: width, height: height, limit: limit)
    }
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(head[25])] ?? 1
    let unpacked = height * (1 + (width * channels * Int(head[24]) + 7) / 8)
    // Deflate packs at most 1032 bytes into one (a 258-byte match in two bits).
    guard unpacked <= bytes.count * 1032 else {
      throw ImageError.damaged(
        path: name, format: "PNG",
        reason: "\(bytes.count) bytes cannot hold \(width)×\(height) pixels")
    }
  }

  static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
