import Foundation

/// A colour in OKLab, where equal distances look about equally different.
///
/// Source: B. Ottosson, "A perceptual color space for image processing", 2020.
public struct OKLab: Hashable, Sendable {
  /// Perceived lightness, 0 black … 1 white.
  public var lightness: Double
  /// Green (−) to red (+).
  public var a: Double
  /// Blue (−) to yellow (+).
  public var b: Double

  /// A colour by its coordinates.
  public init(lightness: Double, a: Double, b: Double) {
    self.lightness = lightness
    self.a = a
    self.b = b
  }

  /// The OKLab coordinates of an sRGB colour.
  public init(_ color: RGB) {
    let (r, g, b) = (
      Self.linear(Double(color.red) / 255), Self.linear(Double(color.green) / 255),
      Self.linear(Double(color.blue) / 255)
    )
    let l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    let m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    let s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    self.init(
      lightness: 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
      a: 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
      b: 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s)
  }

  /// The parts of linear-light sRGB; outside 0…1 when a screen cannot show the colour.
  public var linearRGB: (red: Double, green: Double, blue: Double) {
    let l = pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3)
    let m = pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3)
    let s = pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3)
    return (
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s
    )
  }

  /// The nearest 8-bit sRGB colour, each part clipped on its own.
  public var rgb: RGB {
    let (r, g, b) = linearRGB
    func byte(_ value: Double) -> UInt8 {
      UInt8((Self.encoded(min(max(value, 0), 1)) * 255).rounded())
    }
    return RGB(byte(r), byte(g), byte(b))
  }

  /// The Euclidean distance: how different two colours look.
  public func distance(to other: OKLab) -> Double {
    let (dl, da, db) = (lightness - other.lightness, a - other.a, b - other.b)
    return (dl * dl + da * da + db * db).squareRoot()
  }

  /// The sRGB transfer function (IEC 61966-2-1) and its inverse.
  public static func encoded(_ linear: Double) -> Double {
    linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055
  }

  /// The inverse: from a stored value in 0…1 to linear light.
  public static func linear(_ encoded: Double) -> Double {
    encoded <= 0.04045 ? encoded / 12.92 : pow((encoded + 0.055) / 1.055, 2.4)
  }
}
