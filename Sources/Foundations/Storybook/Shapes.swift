/// Eight neighbouring pixels of a row.
package typealias Lanes = SIMD8<Float>

extension Lanes {
  /// The same as `clamped`, which the compiler takes lane by lane.
  @inline(__always)
  func limited(from low: Float, to high: Float) -> Lanes {
    let raised = replacing(with: low, where: self .< low)
    return raised.replacing(with: high, where: raised .> high)
  }
}

/// A shape given by its signed distance: negative inside, in fractions of the picture's side. Edges
/// are drawn from it with exact anti-aliasing.
protocol Shape {
  /// Encloses the shape: left, top, right, bottom.
  var bounds: SIMD4<Float> { get }
  func distance(_ x: Lanes, _ y: Float) -> Lanes
}

struct Point {
  var x, y: Float
  init(_ x: Float, _ y: Float) { (self.x, self.y) = (x, y) }
}

struct Disc: Shape {
  var center: Point
  var radius: Float

  var bounds: SIMD4<Float> {
    SIMD4(center.x - radius, center.y - radius, center.x + radius, center.y + radius)
  }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Float) -> Lanes {
    let dx = x - center.x
    let dy = y - center.y
    return (dx * dx + dy * dy).squareRoot() - radius
  }
}

/// Distances near the edge are exact to first order; far from it they only keep their sign.
struct Ellipse: Shape {
  var center: Point
  var radiusX, radiusY: Float

  var bounds: SIMD4<Float> {
    SIMD4(center.x - radiusX, center.y - radiusY, center.x + radiusX, center.y + radiusY)
  }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Float) -> Lanes {
    let px = (x - center.x) / radiusX
    let py = (y - center.y) / radiusY
    let gx = px / radiusX
    let gy = py / radiusY
    let length = (px * px + py * py).squareRoot()
    let gradient = (gx * gx + gy * gy).squareRoot()
    return length * (length - 1) / gradient.replacing(with: 1e-6, where: gradient .< 1e-6)
  }
}

/// The band between two circles about one centre.
struct Ring: Shape {
  var center: Point
  var radius, halfWidth: Float

  var bounds: SIMD4<Float> { Disc(center: center, radius: radius + halfWidth).bounds }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Float) -> Lanes {
    let d = Disc(center: center, radius: radius).distance(x, y)
    return d.replacing(with: -d, where: d .< 0) - halfWidth
  }
}

/// A line with round ends.
struct Stroke: Shape {
  var from, to: Point
  var halfWidth: Float

  var bounds: SIMD4<Float> {
    SIMD4(
      min(from.x, to.x) - halfWidth, min(from.y, to.y) - halfWidth,
      max(from.x, to.x) + halfWidth, max(from.y, to.y) + halfWidth)
  }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Float) -> Lanes {
    let (ex, ey) = (to.x - from.x, to.y - from.y)
    let dx = x - from.x
    let dy = y - from.y
    let along = ((dx * ex + dy * ey) / max(ex * ex + ey * ey, 1e-12))
      .limited(from: 0, to: 1)
    let px = dx - along * ex
    let py = dy - along * ey
    return (px * px + py * py).squareRoot() - halfWidth
  }
}

/// A convex polygon of at most eight corners, in either direction of turning.
struct Polygon: Shape {
  private var normalX = SIMD8<Float>(repeating: 0)
  private var normalY = SIMD8<Float>(repeating: 0)
  private var offset = SIMD8<Float>(repeating: 0)
  private let sides: Int
  let bounds: SIMD4<Float>

  init(_ corners: Point...) { self.init(corners) }

  init(_ corners: [Point]) {
    precondition(3...8 ~= corners.count, "a polygon of \(corners.count) corners")
    sides = corners.count
    var box = SIMD4(corners[0].x, corners[0].y, corners[0].x, corners[0].y)
    var area: Float = 0
    for (i, p) in corners.enumerated() {
      let q = corners[(i + 1) % corners.count]
      area += p.x * q.y - p.y * q.x
      box = SIMD4(min(box.x, p.x), min(box.y, p.y), max(box.z, p.x), max(box.w, p.y))
    }
    bounds = box
    let turn: Float = area < 0 ? -1 : 1
    for (i, p) in corners.enumerated() {
      let q = corners[(i + 1) % corners.count]
      let (ex, ey) = (q.x - p.x, q.y - p.y)
      let scale = turn / max((ex * ex + ey * ey).squareRoot(), 1e-9)
      normalX[i] = ey * scale
      normalY[i] = -ex * scale
      offset[i] = -(normalX[i] * p.x + normalY[i] * p.y)
    }
  }

  /// A rectangle with sides along the axes.
  init(left: Float, top: Float, right: Float, bottom: Float) {
    self.init(
      Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
  }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Float) -> Lanes {
    var d = x * normalX[0] + (normalY[0] * y + offset[0])
    for i in 1..<sides {
      let side = x * normalX[i] + (normalY[i] * y + offset[i])
      d = d.replacing(with: side, where: side .> d)
    }
    return d
  }
}

/// What two shapes have in common.
struct Intersection<A: Shape, B: Shape>: Shape {
  var a: A
  var b: B

  var bounds: SIMD4<Float> {
    let (p, q) = (a.bounds, b.bounds)
    return SIMD4(max(p.x, q.x), max(p.y, q.y), min(p.z, q.z), min(p.w, q.w))
  }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Float) -> Lanes {
    let (p, q) = (a.distance(x, y), b.distance(x, y))
    return p.replacing(with: q, where: q .> p)
  }
}

/// What is left of a shape without another.
struct Difference<A: Shape, B: Shape>: Shape {
  var a: A
  var b: B

  var bounds: SIMD4<Float> { a.bounds }

  @inline(__always)
  func distance(_ x: Lanes, _ y: Float) -> Lanes {
    let (p, q) = (a.distance(x, y), -b.distance(x, y))
    return p.replacing(with: q, where: q .> p)
  }
}
