import Tensors

/// How hard pictures are driven: what guidance with a large scale does to them.
package struct PictureSaturation: Sendable, Equatable {
  /// The share of pixels of which some channel is 0 or 255 when it is stored in 8 bits: 0…1.
  package let clipped: Double
  /// How colourful they are, in values of 0…255, by Hasler and Süsstrunk (SPIE 5007, 2003):
  ///
  ///     √(σ_rg² + σ_yb²) + 0.3·√(μ_rg² + μ_yb²),   rg = R − G,   yb = (R + G)/2 − B
  ///
  /// 15 is slight, 45 quite, 109 extremely colourful. The mean over the pictures.
  package let colourfulness: Double

  /// - Parameter pictures: [B, 3, H, W], where −1…1 is what a picture can hold.
  package init(of pictures: Tensor) {
    precondition(
      pictures.rank == 4 && pictures.shape[1] == 3, "no RGB pictures: \(pictures.shape)")
    let (batch, size) = (pictures.shape[0], pictures.shape[2] * pictures.shape[3])
    var (clipped, colour) = (0, 0.0)
    pictures.withUnsafeElements { values in
      for picture in 0..<batch {
        let start = picture * 3 * size
        var (rg, yb) = (Spread(), Spread())
        for i in start..<start + size {
          let (r, g, b) = (values[i], values[i + size], values[i + 2 * size])
          if max(abs(r), abs(g), abs(b)) >= Self.end { clipped += 1 }
          let (red, green, blue) = (Self.level(r), Self.level(g), Self.level(b))
          rg.add(red - green)
          yb.add((red + green) / 2 - blue)
        }
        let (first, second) = (rg.result(of: size), yb.result(of: size))
        colour +=
          (first.variance + second.variance).squareRoot()
          + 0.3 * (first.mean * first.mean + second.mean * second.mean).squareRoot()
      }
    }
    self.clipped = Double(clipped) / Double(batch * size)
    colourfulness = colour / Double(batch)
  }

  /// What is rounded to an end of 8 bits.
  private static let end: Float = 1 - 1 / 255

  /// −1…1 as 0…255, not rounded.
  private static func level(_ value: Float) -> Double {
    127.5 * (Double(min(max(value, -1), 1)) + 1)
  }

  private struct Spread {
    var sum = 0.0
    var squares = 0.0

    mutating func add(_ value: Double) {
      sum += value
      squares += value * value
    }

    func result(of count: Int) -> (mean: Double, variance: Double) {
      let mean = sum / Double(count)
      return (mean, max(squares / Double(count) - mean * mean, 0))
    }
  }
}
