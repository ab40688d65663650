import Foundation

extension ColorMap {
  /// The map's colours as a horizontal bar over tick marks and their values.
  /// - Parameters:
  ///   - range: the values at both ends.
  ///   - width: of the whole picture; at least 64.
  ///   - scale: the size of the figures, pixels per font pixel.
  public func bar(range: ClosedRange<Float>, width: Int, scale: Int = 1) -> Image {
    precondition(width >= 64, "a colour bar of \(width) pixels has no room for its figures")
    let ticks = Self.ticks(in: range, atMost: max(width / (48 * scale), 2))
    let barHeight = 10 * scale
    let height = barHeight + (4 + BitmapFont.lineHeight) * scale
    // Half a figure on each side, so that the outermost values have room.
    let margin = ticks.map { BitmapFont.width(of: $0.text, scale: scale) / 2 + 1 }.max() ?? 0
    let length = width - 2 * margin
    var image = Image(width: width, height: height, filledWith: .white)
    for x in 0..<length {
      let color = self[(Float(x) + 0.5) / Float(length)]
      image.fill(x: margin + x, y: 0, width: 1, height: barHeight, with: color)
    }
    for tick in ticks {
      let position = (tick.value - range.lowerBound) / (range.upperBound - range.lowerBound)
      let x = margin + Int((position * Float(length - 1)).rounded())
      image.fill(x: x, y: barHeight, width: scale, height: 3 * scale, with: .black)
      image.draw(
        tick.text, x: x - BitmapFont.width(of: tick.text, scale: scale) / 2,
        y: barHeight + 4 * scale, color: .black, scale: scale)
    }
    return image
  }

  /// Round values inside a range: multiples of 1, 2 or 5 times a power of ten.
  package static func ticks(
    in range: ClosedRange<Float>, atMost count: Int
  ) -> [(value: Float, text: String)] {
    let span = Double(range.upperBound) - Double(range.lowerBound)
    guard span > 0, span.isFinite else { return [] }
    let least = span / Double(count)
    let power = pow(10, floor(log10(least)))
    let step = ([1, 2, 5].map { $0 * power }.first { $0 >= least * 0.999 }) ?? 10 * power
    let first = Int((Double(range.lowerBound) / step - 1e-6).rounded(.up))
    let last = Int((Double(range.upperBound) / step + 1e-6).rounded(.down))
    guard first <= last else { return [] }
    let decimals = max(0, -Int(floor(log10(step) + 1e-9)))
    return (first...last).map { index in
      let value = Double(index) * step
      let text =
        decimals <= 4 && abs(value) < 1e5
        ? String(format: "%.*f", decimals, value) : String(format: "%g", value)
      return (Float(value), text)
    }
  }
}
