import CImageShim
import Foundation

/// JPEG files, through libjpeg-turbo: baseline and progressive, grey, colour and inks (CMYK, YCCK).
/// Pixels are those of Pillow, bit for bit. What is damaged or ends too early is refused.
///
/// Source: ITU-T T.81 (1992); Exif 2.32 for the orientation.
enum JPEG {
  static func decode(
    _ bytes: Data, named name: String
  ) throws -> (PictureSamples, PictureOrientation) {
    try bytes.withUnsafeBytes { raw in
      let bytes = raw.bindMemory(to: UInt8.self)
      guard let reader = js_create(bytes.baseAddress, bytes.count) else {
        throw ImageError.damaged(path: name, format: "JPEG", reason: "out of memory")
      }
      defer { js_close(reader) }
      var message = [CChar](repeating: 0, count: Int(JS_MESSAGE_SIZE))
      var layout = js_layout()
      try check(js_open(reader, &layout, &message), message, name)
      let (width, height) = (Int(layout.width), Int(layout.height))
      guard width * height <= PictureFile.pixelLimit else {
        throw ImageError.tooManyPixels(
          path: name, width: width, height: height, limit: PictureFile.pixelLimit)
      }
      // The segments are gone once the file has been read to its end.
      let orientation = orientation(of: reader)
      let channels = Int(layout.channels)
      let count = width * height * channels
      var status = JS_DAMAGED
      let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        status = js_read(reader, buffer.baseAddress, &message)
        initialized = status == JS_DONE ? count : 0
      }
      try check(status, message, name)
      return (
        PictureSamples(width: width, height: height, channels: channels, values: .bytes(pixels)),
        orientation
      )
    }
  }

  private static func check(_ status: js_status, _ message: [CChar], _ name: String) throws {
    guard status != JS_DONE else { return }
    let reason = PNG.text(message)
    guard status == JS_UNSUPPORTED else {
      throw ImageError.damaged(path: name, format: "JPEG", reason: reason)
    }
    throw ImageError.notAPicture(
      path: name, found: "a rare kind of JPEG (\(reason))",
      conversion: PictureFormat.Conversion.convert.command(for: name))
  }

  /// Exif may be spread over several APP1 segments.
  private static func orientation(of reader: OpaquePointer) -> PictureOrientation {
    var exif: [UInt8]?
    var xmp: [UInt8]?
    var (index, count) = (0, 0)
    while let start = js_app1(reader, index, &count) {
      index += 1
      let segment = Array(UnsafeBufferPointer(start: start, count: count))
      if segment.starts(with: exifName) {
        exif = exif.map { $0 + segment.dropFirst(exifName.count) } ?? segment
      } else if segment.starts(with: xmpName) {
        xmp = Array(segment.dropFirst(xmpName.count))
      }
    }
    return PictureOrientation(exif: exif, xmp: xmp)
  }

  private static let exifName = Array("Exif\0\0".utf8)
  private static let xmpName = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
}
