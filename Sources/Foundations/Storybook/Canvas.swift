/// The pixels of one picture while it is drawn: colours, and how much of each pixel every layer of
/// the scene covers.
final class Canvas {
  /// What can be seen in a pixel; the shares of all layers add up to 1 everywhere.
  enum Layer: Int, CaseIterable {
    case sky, skyItem, ground, firstObject, secondObject
  }

  let size: Int
  /// Eight pixels each; rows are padded to whole vectors.
  let vectorsPerRow: Int
  /// Red, green and blue, then the shares of the layers when they are wanted.
  private let planes: UnsafeMutableBufferPointer<Lanes>
  private let planeCount: Int
  private let keepsLayers: Bool

  init(size: Int, keepsLayers: Bool) {
    precondition(size > 0, "a picture of \(size) pixels")
    self.size = size
    self.keepsLayers = keepsLayers
    vectorsPerRow = (size + 7) / 8
    planeCount = keepsLayers ? 3 + Layer.allCases.count : 3
    planes = .allocate(capacity: planeCount * size * vectorsPerRow)
    planes.initialize(repeating: .zero)
  }

  deinit { planes.deallocate() }

  /// One plane: colours are 0, 1, 2, layers follow in their order.
  func plane(_ index: Int) -> UnsafeMutableBufferPointer<Lanes> {
    let count = size * vectorsPerRow
    return UnsafeMutableBufferPointer(rebasing: planes[(index * count)..<((index + 1) * count)])
  }

  /// The horizontal middles of the eight pixels of vector `index`, in fractions of the side.
  @inline(__always)
  func middles(_ index: Int) -> Lanes {
    (Lanes(0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5) + Float(8 * index)) / Float(size)
  }

  /// Paints every pixel and makes one layer cover all of them.
  func flood(layer: Layer, color: (_ y: Float) -> Color) {
    for y in 0..<size {
      let c = color((Float(y) + 0.5) / Float(size))
      for channel in 0..<3 {
        let plane = plane(channel)
        for i in y * vectorsPerRow..<(y + 1) * vectorsPerRow {
          plane[i] = Lanes(repeating: c[channel])
        }
      }
    }
    guard keepsLayers else { return }
    for other in Layer.allCases {
      plane(3 + other.rawValue).update(repeating: Lanes(repeating: other == layer ? 1 : 0))
    }
  }

  /// Draws a shape.
  /// - Parameters:
  ///   - growth: moves the edge outwards.
  ///   - softness: the width over which the edge fades; never less than a pixel.
  ///   - layer: what the shape belongs to; nil tints what is there, as shadows and shine do.
  @inline(__always)
  func fill<S: Shape>(
    _ shape: S, with paint: Paint, growth: Float = 0, softness: Float = 0, layer: Layer?
  ) {
    let scale = 1 / max(softness, 1 / Float(size))
    let reach = growth + 0.5 / scale
    let box = shape.bounds
    let rows = pixels(from: box.y - reach, to: box.w + reach)
    let columns = pixels(from: box.x - reach, to: box.z + reach)
    guard !rows.isEmpty, !columns.isEmpty else { return }
    let vectors = columns.lowerBound / 8...(columns.upperBound - 1) / 8
    let (red, green, blue) = (plane(0), plane(1), plane(2))
    for row in rows {
      let y = (Float(row) + 0.5) / Float(size)
      let color = paint.color(at: y)
      for vector in vectors {
        let x = middles(vector)
        let cover = (0.5 - (shape.distance(x, y) - growth) * scale)
          .limited(from: 0, to: 1)
        guard any(cover .> 0) else { continue }
        let i = row * vectorsPerRow + vector
        let alpha = cover * paint.opacity
        let tone = 1 + (x - paint.middle) * paint.slope
        red[i] += alpha * (tone * color.x - red[i])
        green[i] += alpha * (tone * color.y - green[i])
        blue[i] += alpha * (tone * color.z - blue[i])
        if keepsLayers, let layer { share(i, alpha, to: layer) }
      }
    }
  }

  private func share(_ i: Int, _ alpha: Lanes, to layer: Layer) {
    for other in Layer.allCases {
      let plane = plane(3 + other.rawValue)
      plane[i] *= 1 - alpha
      if other == layer { plane[i] += alpha }
    }
  }

  private func pixels(from low: Float, to high: Float) -> Range<Int> {
    let first = max(Int((low * Float(size)).rounded(.down)), 0)
    let last = min(Int((high * Float(size)).rounded(.up)), size)
    return first..<max(first, last)
  }
}

/// A colour that changes from top to bottom and brightens or darkens from left to right.
struct Paint {
  private let upper, lower: Color
  private let top, bottom: Float
  var opacity: Float
  /// The relative change of brightness per picture side to the right, about `middle`.
  var slope: Float = 0
  var middle: Float = 0.5

  init(_ color: Color, opacity: Float = 1) {
    self.init(from: color, at: 0, to: color, at: 1, opacity: opacity)
  }

  /// From one colour at height `top` to another at height `bottom`.
  init(from upper: Color, at top: Float, to lower: Color, at bottom: Float, opacity: Float = 1) {
    (self.upper, self.top, self.lower, self.bottom) = (upper, top, lower, bottom)
    self.opacity = opacity
  }

  func color(at y: Float) -> Color {
    upper.mixed(with: lower, min(max((y - top) / max(bottom - top, 1e-6), 0), 1))
  }
}
