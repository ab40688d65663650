import Foundation
import Imaging

/// A test picture in four quarters: a zone plate, wedges, gratings and colours. It shows at a glance
/// which frequencies, directions and colours survive noise, an autoencoder or a resize.
public struct ResolutionChart {
  /// Pixels on each side, a multiple of 2.
  public let size: Int

  public init(size: Int = 256) {
    precondition(size >= 32 && size % 2 == 0, "a chart of \(size) pixels")
    self.size = size
  }

  public var image: Image {
    let half = size / 2
    var image = Image(width: size, height: size, filledWith: .white)
    image.place(zonePlate, x: 0, y: 0)
    image.place(wedges, x: half, y: 0)
    image.place(gratings, x: 0, y: half)
    image.place(colors, x: half, y: half)
    return image
  }

  /// Circles whose frequency grows with the radius, up to half a cycle per pixel at the edges.
  private var zonePlate: Image {
    let half = size / 2
    return quarter { x, y in
      let (dx, dy) = (Double(x) + 0.5 - Double(half) / 2, Double(y) + 0.5 - Double(half) / 2)
      let value = 0.5 + 0.5 * cos(.pi * (dx * dx + dy * dy) / Double(half))
      return grey(value)
    }
  }

  /// Thirty-two black and white wedges that meet at the middle, in a grey field.
  private var wedges: Image {
    let half = size / 2
    return quarter { x, y in
      var total = 0.0
      for sample in 0..<64 {
        let px = Double(x) + (Double(sample % 8) + 0.5) / 8 - Double(half) / 2
        let py = Double(y) + (Double(sample / 8) + 0.5) / 8 - Double(half) / 2
        let turn = atan2(py, px) / (2 * .pi) + 1
        let isInside = px * px + py * py < 0.23 * Double(half * half)
        total += isInside ? (Int(turn * 32) % 2 == 0 ? 0.0 : 1.0) : 0.5
      }
      return grey(total / 64)
    }
  }

  /// Bars of 16 down to 1 pixels, upright on the left and level on the right.
  private var gratings: Image {
    let half = size / 2
    let widths = [16, 8, 6, 4, 3, 2, 1]
    return quarter { x, y in
      let band = min(y * widths.count / half, widths.count - 1)
      let top = (band * half + widths.count - 1) / widths.count
      let place = x < half / 2 ? x : y - top
      return (place / widths[band]) % 2 == 0 ? .black : .white
    }
  }

  /// Eight hues from pale to deep, above a ramp of greys.
  private var colors: Image {
    let half = size / 2
    return quarter { x, y in
      if y >= half * 3 / 4 { return grey(Double(x) / Double(half - 1)) }
      let hue = 2 * Double.pi * Double(x * 8 / half) / 8
      let depth = Double(y * 6 / (half * 3 / 4)) / 5
      return OKLab(
        lightness: 0.92 - 0.42 * depth, a: (0.02 + 0.09 * depth) * cos(hue),
        b: (0.02 + 0.09 * depth) * sin(hue)
      ).rgb
    }
  }

  private func quarter(_ color: (Int, Int) -> RGB) -> Image {
    let half = size / 2
    var image = Image(width: half, height: half, filledWith: .white)
    for y in 0..<half {
      for x in 0..<half { image[x, y] = color(x, y) }
    }
    return image
  }

  private func grey(_ value: Double) -> RGB {
    let byte = UInt8((min(max(value, 0), 1) * 255).rounded())
    return RGB(byte, byte, byte)
  }
}
