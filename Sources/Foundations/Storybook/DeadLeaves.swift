import Tensors

/// Textures with the statistics of natural images: discs of power-law size that hide one another,
/// each with a shading and a fine structure of its own.
///
/// With the density of radii proportional to r⁻³ the picture looks alike at every scale, and its
/// power spectrum falls about as 1/f², as that of photographs does. So an autoencoder that sees these
/// beside storybook scenes also learns to carry photographs.
///
/// Source: Lee, Mumford, Huang, "Occlusion models for natural images", IJCV 41 (2001).
public struct DeadLeaves: Sendable {
  /// Pixels on each side.
  public let size: Int

  /// - Parameter size: pixels on each side.
  public init(size: Int = 128) {
    precondition(size > 0, "textures of \(size) pixels")
    self.size = size
  }

  /// Textures number `indices` of a seed, drawn in parallel; each depends on its number alone.
  /// - Returns: shape [indices.count, 3, size, size], range [−1, 1].
  public func pictures(seed: UInt64, indices: Range<Int>) -> Tensor {
    pictures(seed: seed, numbers: Array(indices))
  }

  /// Textures of these numbers, in their order.
  func pictures(seed: UInt64, numbers: [Int]) -> Tensor {
    let count = 3 * size * size
    return Tensor([numbers.count, 3, size, size]) { out in
      Threads.split(numbers.count, grain: 1) { range in
        for i in range {
          var heap = LeafHeap(size: size, seed: seed, index: numbers[i])
          heap.fill(UnsafeMutableBufferPointer(rebasing: out[(i * count)..<((i + 1) * count)]))
        }
      }
    }
  }
}

/// One leaf: a disc and what is drawn on it.
private struct Leaf {
  enum Structure {
    case smooth
    case stripes(period: Float)
    case noise(scale: Float)
  }

  let center: Point
  let radius: Float
  let color: Color
  /// A unit vector, along which the leaf is shaded and striped.
  let direction: SIMD2<Float>
  let shading: Float
  let structure: Structure
  let contrast: Float
  let seed: UInt32

  /// The colour at a place relative to the middle.
  @inline(__always)
  func color(_ dx: Float, _ dy: Float) -> Color {
    let along = dx * direction.x + dy * direction.y
    var value = shading * along / radius
    switch structure {
    case .smooth: break
    case .stripes(let period):
      let phase = along / period
      let saw = phase - phase.rounded(.down)
      value += contrast * (abs(4 * saw - 2) - 1)
    case .noise(let scale): value += contrast * noise(dx * scale + 4096, dy * scale + 4096)
    }
    return color * (1 + value) + value * 0.15
  }

  /// Smooth noise in −1…1: random values on a lattice, blended in between.
  private func noise(_ x: Float, _ y: Float) -> Float {
    let (left, top) = (x.rounded(.down), y.rounded(.down))
    let (u, v) = (x - left, y - top)
    let (su, sv) = (u * u * (3 - 2 * u), v * v * (3 - 2 * v))
    let (column, row) = (UInt32(left), UInt32(top))
    let upper = lattice(column, row) * (1 - su) + lattice(column + 1, row) * su
    let lower = lattice(column, row + 1) * (1 - su) + lattice(column + 1, row + 1) * su
    return upper * (1 - sv) + lower * sv
  }

  private func lattice(_ column: UInt32, _ row: UInt32) -> Float {
    var hash = (column &* 0x9E37_79B1) ^ (row &* 0x85EB_CA77) ^ seed
    hash = (hash ^ (hash >> 15)) &* 0x2C1B_3C6D
    hash ^= hash >> 13
    return Float(hash & 0xFFFF) / 32767.5 - 1
  }
}

/// Leaves laid from the top of the heap downwards, until nothing below can be seen.
private struct LeafHeap {
  let size: Int
  var random: SplitMix
  /// The range of radii in pixels.
  let smallest, largest: Float
  /// The colours of this picture.
  var palette: [Color] = []
  /// How much of each pixel still shows what lies below.
  var open: [Float]

  init(size: Int, seed: UInt64, index: Int) {
    self.size = size
    random = SplitMix(seed: seed ^ 0x1EAF, index: UInt64(index))
    // Coarse pictures and fine ones.
    let fineness = random.uniform(0...1)
    smallest = 1 + 5 * fineness * fineness
    largest = max(0.4 * Float(size), smallest + 1)
    open = Array(repeating: 1, count: size * size)
    for _ in 0..<4 {
      palette.append(
        Color(random.uniform(0...1), random.uniform(0...1), random.uniform(0...1)))
    }
  }

  mutating func fill(_ out: UnsafeMutableBufferPointer<Float>) {
    out.update(repeating: 0)
    var left = Float(size * size)
    // Beyond these many leaves only specks are open; they take the last leaf's colour.
    let most = 64 + size * size / 4
    var count = 0
    while left > 0.002 * Float(size * size), count < most {
      left -= lay(leaf(), out)
      count += 1
    }
    var rest = leaf()
    rest = Leaf(
      center: Point(0, 0), radius: 4 * Float(size), color: rest.color, direction: rest.direction,
      shading: 0, structure: .smooth, contrast: 0, seed: 0)
    _ = lay(rest, out)
    for i in out.indices { out[i] = min(max(2 * out[i] - 1, -1), 1) }
  }

  private mutating func leaf() -> Leaf {
    let ratio = smallest / largest
    // The inverse of the distribution with density ∝ r⁻³.
    let radius = smallest / (1 - random.uniform(0...1) * (1 - ratio * ratio)).squareRoot()
    let grey = random.uniform(0.05...0.95)
    let tint = random.element(of: palette) - 0.5
    let color = Color(repeating: grey) + tint * random.uniform(0...0.5)
    var direction = SIMD2<Float>(1, 0)
    var length: Float = 0
    repeat {
      direction = SIMD2(random.uniform(-1...1), random.uniform(-1...1))
      length = (direction * direction).sum()
    } while length > 1 || length < 0.01
    direction /= length.squareRoot()
    let structure: Leaf.Structure =
      switch random.index(below: 3) {
      case 0: .smooth
      case 1: .stripes(period: random.uniform(2...12))
      default: .noise(scale: 1 / random.uniform(1...6))
      }
    return Leaf(
      center: Point(
        random.uniform(-largest...Float(size) + largest),
        random.uniform(-largest...Float(size) + largest)),
      radius: radius, color: color, direction: direction, shading: random.uniform(0...0.35),
      structure: structure, contrast: random.uniform(0.03...0.25),
      seed: UInt32(truncatingIfNeeded: random.next()))
  }

  /// Paints what can be seen of a leaf.
  /// - Returns: how many pixels it closes.
  private mutating func lay(_ leaf: Leaf, _ out: UnsafeMutableBufferPointer<Float>) -> Float {
    let (x, y, reach) = (leaf.center.x, leaf.center.y, leaf.radius + 0.5)
    func pixels(_ middle: Float) -> Range<Int> {
      let low = min(max(Int(middle - reach), 0), size)
      return low..<max(min(Int(middle + reach) + 1, size), low)
    }
    let (rows, columns) = (pixels(y), pixels(x))
    var closed: Float = 0
    for row in rows {
      let dy = Float(row) + 0.5 - y
      for column in columns {
        let i = row * size + column
        guard open[i] > 0 else { continue }
        let dx = Float(column) + 0.5 - x
        let cover = min(max(leaf.radius + 0.5 - (dx * dx + dy * dy).squareRoot(), 0), 1)
        guard cover > 0 else { continue }
        let alpha = open[i] * cover
        let color = leaf.color(dx, dy)
        out[i] += alpha * color.x
        out[size * size + i] += alpha * color.y
        out[2 * size * size + i] += alpha * color.z
        open[i] -= alpha
        if open[i] < 1.0 / 512 { open[i] = 0 }
        closed += alpha
      }
    }
    return closed
  }
}
