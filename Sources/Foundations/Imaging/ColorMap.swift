import Tensors

/// A scale of colours for maps of numbers.
///
/// A coloured map is built in OKLab: lightness rises or falls in proportion to the value, and the hue follows
/// a curve in the (a, b) plane at constant speed. So equal differences of value look equally large,
/// the order survives in grey, and eyes that do not tell all hues apart lose nothing.
public struct ColorMap: Sendable {
  /// What it is called on pages and in files.
  public let name: String
  /// The colours from the lowest value to the highest, evenly spaced.
  public let colors: [RGB]
  /// The colour of NaN, which no map contains.
  public static let missing = RGB(128, 128, 128)

  /// Dark blue, teal, green, yellow: for quantities and densities.
  public static let tide = ColorMap(
    "tide", lightness: 0.18...0.92,
    curve: [(0.03, -0.10), (-0.03, -0.15), (-0.12, 0.03), (-0.12, 0.15), (-0.03, 0.165)])

  /// Black, purple, red, pale yellow: for attention and everything that glows.
  public static let ember = ColorMap(
    "ember", lightness: 0.14...0.92,
    curve: [(0.02, -0.05), (0.08, -0.22), (0.24, 0), (0.16, 0.16), (-0.01, 0.12)])

  /// Blue, white at the middle, orange: for signed values, over a range with zero at its middle.
  public static let balance = ColorMap(
    diverging: "balance", lightness: 0.52,
    low: [(0, 0), (-0.045, -0.08), (-0.044, -0.132)], high: [(0, 0), (0.06, 0.07), (0.118, 0.107)])

  /// Black to white in equal steps of the pixel value, as a grey picture has them.
  public static let grey = ColorMap("grey", colors: (0...255).map { RGB($0, $0, $0) })

  /// Every map there is.
  public static let all = [tide, ember, balance, grey]

  private init(_ name: String, colors: [RGB]) {
    self.name = name
    self.colors = colors
  }

  /// A sequential map of 256 colours.
  private init(
    _ name: String, lightness: ClosedRange<Double>, curve control: [(a: Double, b: Double)]
  ) {
    self.name = name
    let span = lightness.upperBound - lightness.lowerBound
    colors = Self.evenly(256, along: control).enumerated().map { i, point in
      OKLab(
        lightness: lightness.lowerBound + span * Double(i) / 255, a: point.a, b: point.b
      ).rgb
    }
  }

  /// A diverging map of 257 colours, so that the middle is one of them: white.
  private init(
    diverging name: String, lightness end: Double, low: [(a: Double, b: Double)],
    high: [(a: Double, b: Double)]
  ) {
    self.name = name
    func arm(_ control: [(a: Double, b: Double)]) -> [RGB] {
      Self.evenly(129, along: control).enumerated().map { i, point in
        OKLab(lightness: 1 - (1 - end) * Double(i) / 128, a: point.a, b: point.b).rgb
      }
    }
    colors = arm(low).reversed() + arm(high).dropFirst()
  }

  /// `count` points at equal distances along the Bézier curve with these control points.
  private static func evenly(
    _ count: Int, along control: [(a: Double, b: Double)]
  ) -> [(a: Double, b: Double)] {
    let fine = (0...4096).map { bezier(control, at: Double($0) / 4096) }
    var lengths = [0.0]
    for (p, q) in zip(fine, fine.dropFirst()) {
      let (da, db) = (q.a - p.a, q.b - p.b)
      lengths.append(lengths[lengths.count - 1] + (da * da + db * db).squareRoot())
    }
    let total = lengths[lengths.count - 1]
    var next = 0
    return (0..<count).map { i in
      let wanted = total * Double(i) / Double(count - 1)
      while next < fine.count - 1, lengths[next] < wanted { next += 1 }
      return fine[next]
    }
  }

  /// De Casteljau's construction.
  private static func bezier(
    _ control: [(a: Double, b: Double)], at t: Double
  ) -> (a: Double, b: Double) {
    var points = control
    while points.count > 1 {
      points = zip(points, points.dropFirst()).map {
        ($0.a + t * ($1.a - $0.a), $0.b + t * ($1.b - $0.b))
      }
    }
    return points[0]
  }
}

extension ColorMap: CustomStringConvertible {
  /// The map's name.
  public var description: String { name }
}

extension ColorMap {
  /// The colour of a position in 0…1; positions outside take the end's colour.
  public subscript(position: Float) -> RGB {
    guard !position.isNaN else { return Self.missing }
    let last = Float(colors.count - 1)
    return colors[Int((min(max(position, 0), 1) * last).rounded())]
  }

  /// 256 colours from low to high, six hexadecimal digits each.
  public var hexadecimal: String {
    (0..<256).map { i in
      let color = self[Float(i) / 255]
      return [color.red, color.green, color.blue].map {
        String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
      }.joined()
    }.joined()
  }

  /// Paints a map of numbers, one pixel per value.
  /// - Parameters:
  ///   - map: shape [H, W].
  ///   - range: the values of the first and the last colour; values outside take the end's colour.
  /// - Returns: an RGB picture of W×H pixels.
  public func image(of map: Tensor, range: ClosedRange<Float>) -> Image {
    precondition(map.rank == 2, "expected shape [H, W], found \(map.shape)")
    let span = max(range.upperBound - range.lowerBound, .leastNormalMagnitude)
    return Image(width: map.shape[1], height: map.shape[0], channels: .rgb) { out in
      map.withUnsafeElements { values in
        for i in 0..<values.count {
          let color = self[(values[i] - range.lowerBound) / span]
          out[3 * i] = color.red
          out[3 * i + 1] = color.green
          out[3 * i + 2] = color.blue
        }
      }
    }
  }

  /// A range for signed values with zero at its middle, wide enough for all of `map`.
  public static func symmetricRange(of map: Tensor) -> ClosedRange<Float> {
    let largest = map.withUnsafeElements { $0.reduce(0) { $1.isNaN ? $0 : max($0, abs($1)) } }
    return -largest...largest
  }
}
