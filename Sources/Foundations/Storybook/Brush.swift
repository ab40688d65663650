/// Draws one object in a frame of its own: u runs to the right from its middle, v up from its foot,
/// both in units of its height.
struct Brush {
  /// An object is drawn twice: first the dark outline of all its parts together, then the parts.
  enum Pass {
    case outline, parts
  }

  let canvas: Canvas
  let pass: Pass
  let layer: Canvas.Layer
  let placement: SceneLayout.Placement
  let light: Light
  /// The object's own colour under this light.
  let color: Color
  /// Stripes and trimmings.
  let accent: Color
  private let outline: Color

  init(
    _ canvas: Canvas, _ pass: Pass, object: SceneObject, placement: SceneLayout.Placement,
    light: Light, layer: Canvas.Layer
  ) {
    self.canvas = canvas
    self.pass = pass
    self.layer = layer
    self.placement = placement
    self.light = light
    let tint = light.object * placement.shade
    color = object.color.paint * tint
    accent = object.color.accent * tint
    outline = (object.color.paint * 0.22 + Color(0.07, 0.05, 0.10)) * light.object
  }

  /// A colour that is not the object's own, such as wood, under this light.
  func lit(_ red: Float, _ green: Float, _ blue: Float) -> Color {
    .bytes(red, green, blue) * light.object * placement.shade
  }

  func at(_ u: Float, _ v: Float) -> Point {
    Point(
      placement.x + (placement.isMirrored ? -u : u) * placement.size,
      placement.base - v * placement.size)
  }

  func length(_ units: Float) -> Float { units * placement.size }

  func disc(_ u: Float, _ v: Float, _ radius: Float) -> Disc {
    Disc(center: at(u, v), radius: length(radius))
  }

  func polygon(_ corners: (Float, Float)...) -> Polygon {
    Polygon(corners.map { at($0.0, $0.1) })
  }

  func box(_ left: Float, _ bottom: Float, _ right: Float, _ top: Float) -> Polygon {
    polygon((left, bottom), (right, bottom), (right, top), (left, top))
  }

  func stroke(_ from: (Float, Float), _ to: (Float, Float), _ width: Float) -> Stroke {
    Stroke(from: at(from.0, from.1), to: at(to.0, to.1), halfWidth: length(width / 2))
  }

  /// A part that belongs to the outline; lit from the upper left.
  @inline(__always)
  func body<S: Shape>(_ shape: S, _ color: Color) {
    switch pass {
    case .outline:
      canvas.fill(shape, with: Paint(outline), growth: 0.0105, layer: layer)
    case .parts:
      let box = shape.bounds
      var paint = Paint(from: color * 1.05, at: box.y, to: color * 0.9, at: box.w)
      paint.slope = -0.28 / placement.size
      paint.middle = placement.x
      canvas.fill(shape, with: paint, layer: layer)
    }
  }

  /// A part on top of others.
  @inline(__always)
  func detail<S: Shape>(
    _ shape: S, _ color: Color, opacity: Float = 1, softness: Float = 0
  ) {
    guard pass == .parts else { return }
    canvas.fill(
      shape, with: Paint(color, opacity: opacity), softness: length(softness), layer: layer)
  }
}
