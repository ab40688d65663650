import CPNGShim
import Diagnostics
import Foundation
import Tensors

/// PNG files: any colour type, bit depth, interlacing and transparency can be read; 8-bit RGB and
/// grey are written. Gamma and colour profiles are left alone: pixel values are taken as they are.
///
/// Source: Portable Network Graphics Specification (Third Edition), W3C, 2025.
public enum PNG {
  /// The most pixels that will be decoded; 8192×8192.
  public static let pixelLimit = 1 << 26
  /// The most bytes of a file that will be read.
  public static let byteLimit = 1 << 29

  /// Reads a picture as diffusion models see it.
  ///
  /// Transparent pixels are laid over white; grey becomes three equal channels; 16-bit values keep
  /// their precision.
  ///
  ///     x = v / 127.5 − 1        v in 0…255; 16 bits: v / 32767.5 − 1
  ///
  /// - Returns: shape [1, 3, H, W], range [−1, 1].
  /// - Throws: `FileError` or `ImageError`.
  public static func readTensor(_ path: String) throws -> Tensor {
    try decode(file(path), named: path).tensor()
  }

  /// The same for a file in memory; `name` appears in errors.
  public static func readTensor(from bytes: Data, named name: String) throws -> Tensor {
    try decode(bytes, named: name).tensor()
  }

  /// Reads a picture as 8-bit RGB, transparent pixels over white, values rounded.
  /// - Throws: `FileError` or `ImageError`.
  public static func readImage(_ path: String) throws -> Image {
    try decode(file(path), named: path).image()
  }

  /// The same for a file in memory; `name` appears in errors.
  public static func readImage(from bytes: Data, named name: String) throws -> Image {
    try decode(bytes, named: name).image()
  }

  private static func file(_ path: String) throws -> Data {
    try readInput(path, expecting: "a PNG image", limit: byteLimit)
  }
}

// MARK: - Decoding

extension PNG {
  /// Pixels as libpng gives them: interleaved, alpha apart, 8 or 16 bits.
  fileprivate struct Decoded {
    let width, height, channels: Int
    let samples: Samples

    enum Samples {
      case bytes([UInt8])
      case words([UInt16])
    }

    var hasAlpha: Bool { channels % 2 == 0 }
    var colors: Int { hasAlpha ? channels - 1 : channels }
  }

  private static func decode(_ bytes: Data, named name: String) throws -> Decoded {
    try checkSignature(bytes, named: name)
    try checkSize(bytes, named: name)
    return try bytes.withUnsafeBytes { raw in
      let bytes = raw.bindMemory(to: UInt8.self)
      var message = [CChar](repeating: 0, count: Int(PS_MESSAGE_SIZE))
      var layout = ps_layout()
      guard let reader = ps_open(bytes.baseAddress, bytes.count, &layout, &message) else {
        throw ImageError.damaged(path: name, reason: text(message))
      }
      defer { ps_close(reader) }
      let (width, height) = (Int(layout.width), Int(layout.height))
      let count = width * height * Int(layout.channels)
      var complete = false
      func read(_ target: UnsafeMutableRawPointer?) {
        complete = ps_read(reader, target, &message) == 1
      }
      let samples: Decoded.Samples =
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
      guard complete else { throw ImageError.damaged(path: name, reason: text(message)) }
      return Decoded(
        width: width, height: height, channels: Int(layout.channels), samples: samples)
    }
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private static func checkSignature(_ bytes: Data, named name: String) throws {
    let head = [UInt8](bytes.prefix(12))
    guard !head.starts(with: signature) else { return }
    guard !head.isEmpty else { throw FileError.empty(path: name, expected: "a PNG image") }
    let known: [(start: [UInt8], found: String)] = [
      ([0xFF, 0xD8, 0xFF], "a JPEG image"), (Array("GIF8".utf8), "a GIF image"),
      (Array("BM".utf8), "a BMP image"), (Array("II*\0".utf8), "a TIFF image"),
      (Array("MM\0*".utf8), "a TIFF image"), (Array("%PDF".utf8), "a PDF document"),
      (Array("<svg".utf8), "an SVG drawing"),
    ]
    var found = known.first { head.starts(with: $0.start) }?.found
    if head.count == 12, head.starts(with: Array("RIFF".utf8)),
      head[8...].elementsEqual("WEBP".utf8)
    {
      found = "a WebP image"
    }
    if head.count > 8, head[4..<8].elementsEqual("ftyp".utf8) { found = "a HEIC or AVIF image" }
    if signature.starts(with: head) { found = "only the first \(head.count) bytes of one" }
    throw ImageError.notPNG(path: name, found: found ?? "something else")
  }

  /// Refuses what cannot be decoded before any memory is set aside for it: more pixels than the
  /// limit, and more rows than the bytes in the file can unpack to.
  private static func checkSize(_ bytes: Data, named name: String) throws {
    let head = [UInt8](bytes.prefix(29))
    guard head.count == 29, head[12..<16].elementsEqual("IHDR".utf8) else {
      throw ImageError.damaged(path: name, reason: "it has no complete header")
    }
    let width = head[16..<20].reduce(0) { $0 << 8 | Int($1) }
    let height = head[20..<24].reduce(0) { $0 << 8 | Int($1) }
    guard width <= pixelLimit, height <= pixelLimit, width * height <= pixelLimit else {
      throw ImageError.tooManyPixels(path: name, width: width, height: height, limit: pixelLimit)
    }
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(head[25])] ?? 1
    let unpacked = height * (1 + (width * channels * Int(head[24]) + 7) / 8)
    // Deflate packs at most 1032 bytes into one (a 258-byte match in two bits).
    guard unpacked <= bytes.count * 1032 else {
      throw ImageError.damaged(
        path: name, reason: "\(bytes.count) bytes cannot hold \(width)×\(height) pixels")
    }
  }

  static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

// MARK: - Laying over white

extension PNG.Decoded {
  fileprivate func tensor() -> Tensor {
    switch samples {
    case .bytes(let values): tensor(values, white: 255)
    case .words(let values): tensor(values, white: 65535)
    }
  }

  fileprivate func image() -> Image {
    if case .bytes(let values) = samples, channels == 3 {
      return Image(width: width, height: height, channels: .rgb, pixels: values)
    }
    return Image(tensor())
  }

  /// Over white, colour c and alpha a in 0…1 give c·a + 1 − a.
  @inline(__always)
  private func tensor<Sample: FixedWidthInteger>(_ values: [Sample], white: Int32) -> Tensor {
    let plane = width * height
    let channels = self.channels
    let step = colors == 3 ? 1 : 0
    let half = Float(white) / 2
    let scale = 1 / Float(white)
    return Tensor([1, 3, height, width]) { out in
      values.withUnsafeBufferPointer { values in
        Threads.split(plane, grain: 1 << 16) { range in
          for channel in 0..<3 {
            let target = UnsafeMutableBufferPointer(
              rebasing: out[(channel * plane)..<((channel + 1) * plane)])
            let source = channel * step
            if hasAlpha {
              for i in range {
                let color = Float(values[i * channels + source])
                let alpha = Float(values[i * channels + channels - 1]) * scale
                target[i] = (color * alpha + Float(white) * (1 - alpha)) / half - 1
              }
            } else {
              for i in range { target[i] = Float(values[i * channels + source]) / half - 1 }
            }
          }
        }
      }
    }
  }
}
