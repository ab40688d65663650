/// A picture of 8-bit pixels, ready to be written or shown: plain data.
///
/// Rows run from top to bottom, pixels from left to right, channels interleaved. The values are
/// sRGB-encoded, as in files; nothing here converts gamma.
public struct Image: Hashable, Sendable {
  /// What one pixel holds; the raw value is the number of bytes.
  public enum Channels: Int, Sendable {
    /// One byte: from black, 0, to white, 255.
    case grey = 1
    /// Three bytes: red, green, blue.
    case rgb = 3
  }

  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int
  /// What one pixel holds.
  public let channels: Channels
  /// height · width · channels bytes.
  public private(set) var pixels: [UInt8]

  /// - Precondition: `pixels` has width · height · channels bytes.
  public init(width: Int, height: Int, channels: Channels, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture of \(width)×\(height) pixels")
    precondition(
      pixels.count == width * height * channels.rawValue,
      "\(pixels.count) bytes for \(width)×\(height) pixels of \(channels.rawValue) bytes")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// A picture whose pixels are written by `body` before anyone reads them.
  public init(
    width: Int, height: Int, channels: Channels,
    initializedBy body: (UnsafeMutableBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    let count = width * height * channels.rawValue
    let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try body(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
    self.init(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// A picture of one colour.
  public init(width: Int, height: Int, filledWith color: RGB) {
    self.init(width: width, height: height, channels: .rgb) { pixels in
      for i in 0..<width * height {
        pixels[3 * i] = color.red
        pixels[3 * i + 1] = color.green
        pixels[3 * i + 2] = color.blue
      }
    }
  }

  /// The colour of one pixel; grey pixels have three equal parts. For single pixels, not for loops.
  public subscript(x: Int, y: Int) -> RGB {
    get {
      let i = offset(x, y)
      return channels == .grey
        ? RGB(pixels[i], pixels[i], pixels[i]) : RGB(pixels[i], pixels[i + 1], pixels[i + 2])
    }
    set {
      precondition(channels == .rgb, "colours are set in RGB pictures only")
      let i = offset(x, y)
      pixels[i] = newValue.red
      pixels[i + 1] = newValue.green
      pixels[i + 2] = newValue.blue
    }
  }

  private func offset(_ x: Int, _ y: Int) -> Int {
    precondition(
      0..<width ~= x && 0..<height ~= y, "pixel (\(x), \(y)) outside \(width)×\(height)")
    return (y * width + x) * channels.rawValue
  }

  /// The same picture with three channels.
  public var rgb: Image {
    guard channels == .grey else { return self }
    return Image(width: width, height: height, channels: .rgb) { out in
      for (i, value) in pixels.enumerated() {
        out[3 * i] = value
        out[3 * i + 1] = value
        out[3 * i + 2] = value
      }
    }
  }

  /// Copies `other` into this picture with its top left corner at (x, y).
  /// - Precondition: it lies inside and both have the same channels.
  public mutating func place(_ other: Image, x: Int, y: Int) {
    precondition(
      x >= 0 && y >= 0 && x + other.width <= width && y + other.height <= height,
      "\(other.width)×\(other.height) at (\(x), \(y)) does not fit \(width)×\(height)")
    precondition(channels == other.channels, "channels differ")
    let run = other.width * channels.rawValue
    for row in 0..<other.height {
      let from = row * run
      let to = offset(x, y + row)
      pixels.replaceSubrange(to..<to + run, with: other.pixels[from..<from + run])
    }
  }
}

/// One sRGB colour of 8 bits per part.
public struct RGB: Hashable, Sendable {
  /// The red part, 0…255.
  public var red: UInt8
  /// The green part, 0…255.
  public var green: UInt8
  /// The blue part, 0…255.
  public var blue: UInt8

  /// A colour by its parts, 0…255.
  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// All parts full.
  public static let white = RGB(255, 255, 255)
  /// All parts empty.
  public static let black = RGB(0, 0, 0)
}
