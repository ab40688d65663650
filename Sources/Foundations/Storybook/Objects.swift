// The six things of the storybook, each drawn with a brush in units of its own height.

extension ObjectKind {
  /// Half the width of the foot.
  var halfWidth: Float {
    switch self {
    case .house: 0.46
    case .tree: 0.22
    case .boat: 0.42
    case .tent: 0.6
    case .rocket: 0.36
    case .ball: 0.26
    }
  }
}

extension Brush {
  func draw(_ kind: ObjectKind) {
    switch kind {
    case .house: drawHouse()
    case .tree: drawTree()
    case .boat: drawBoat()
    case .tent: drawTent()
    case .rocket: drawRocket()
    case .ball: drawBall()
    }
  }

  private func drawHouse() {
    body(box(0.17, 0.62, 0.32, 0.97), lit(150, 92, 80))
    body(box(-0.42, 0, 0.42, 0.56), color)
    body(polygon((-0.55, 0.52), (0, 1), (0.55, 0.52)), lit(92, 84, 104))
    detail(box(-0.29, 0, -0.07, 0.36), lit(98, 64, 50))
    detail(disc(-0.115, 0.17, 0.022), lit(250, 210, 110))
    detail(box(0.04, 0.16, 0.34, 0.45), accent)
    detail(box(0.07, 0.19, 0.31, 0.42), light.windows)
    detail(box(0.175, 0.19, 0.205, 0.42), accent)
    detail(box(0.07, 0.29, 0.31, 0.32), accent)
  }

  private func drawTree() {
    body(polygon((-0.085, 0), (0.085, 0), (0.05, 0.45), (-0.05, 0.45)), lit(124, 84, 56))
    body(disc(-0.21, 0.50, 0.20), color)
    body(disc(0.21, 0.50, 0.20), color)
    body(disc(0, 0.50, 0.21), color)
    body(disc(0, 0.73, 0.27), color)
    detail(disc(-0.07, 0.78, 0.13), color.mixed(with: accent, 0.4), opacity: 0.6, softness: 0.12)
    detail(disc(0.16, 0.42, 0.13), color * 0.72, opacity: 0.5, softness: 0.14)
  }

  private func drawBoat() {
    body(stroke((0, 0.25), (0, 0.99), 0.05), lit(120, 82, 56))
    body(polygon((0.05, 0.36), (0.05, 0.95), (0.47, 0.36)), lit(250, 246, 232))
    body(polygon((-0.05, 0.36), (-0.05, 0.86), (-0.38, 0.36)), color)
    body(polygon((-0.55, 0.30), (0.55, 0.30), (0.37, 0), (-0.35, 0)), color)
    detail(polygon((-0.53, 0.27), (0.53, 0.27), (0.49, 0.20), (-0.48, 0.20)), accent)
  }

  private func drawTent() {
    body(stroke((-0.08, 0.90), (0.03, 0.74), 0.035), lit(120, 82, 56))
    body(stroke((0.08, 0.90), (-0.03, 0.74), 0.035), lit(120, 82, 56))
    body(polygon((-0.60, 0), (0, 0.80), (0.60, 0)), color)
    detail(polygon((0, 0.80), (0.60, 0), (0.34, 0)), color * 0.78)
    detail(polygon((0, 0.80), (-0.60, 0), (-0.44, 0)), accent, opacity: 0.85)
    let inside = light.windows.mixed(with: .bytes(58, 42, 60), light.object.x < 0.9 ? 0.25 : 1)
    detail(polygon((-0.20, 0), (-0.01, 0.54), (0.17, 0)), inside)
    detail(polygon((-0.20, 0), (-0.01, 0.54), (-0.10, 0)), color.mixed(with: accent, 0.5))
  }

  private func drawRocket() {
    let trim = accent * Color(0.80, 0.82, 0.88)
    body(box(-0.09, 0.02, 0.09, 0.16), lit(96, 98, 112))
    body(polygon((-0.12, 0.42), (-0.36, 0.10), (-0.36, -0.02), (-0.10, 0.14)), trim)
    body(polygon((0.12, 0.42), (0.36, 0.10), (0.36, -0.02), (0.10, 0.14)), trim)
    let hull = Intersection(
      a: Intersection(a: disc(-0.54, 0.50, 0.76), b: disc(0.54, 0.50, 0.76)),
      b: box(-0.3, 0.10, 0.3, 1.2))
    body(hull, color)
    detail(Intersection(a: hull, b: box(-0.3, 0.78, 0.3, 1.2)), trim)
    detail(disc(0, 0.58, 0.115), trim)
    detail(disc(0, 0.58, 0.08), light.windows.mixed(with: .bytes(70, 130, 190), 0.4))
    detail(stroke((0, 0.04), (0, 0.27), 0.05), trim)
  }

  private func drawBall() {
    let ball = disc(0, 0.35, 0.35)
    body(ball, color)
    // Stripes about a tilted axis: rings whose common middle lies far up on it.
    for radius in [0.80, 1.0, 1.2] as [Float] {
      let ring = Ring(
        center: at(-0.42, 1.26), radius: length(radius), halfWidth: length(0.038))
      detail(Intersection(a: ball, b: ring), accent)
    }
    detail(
      Difference(a: ball, b: disc(-0.09, 0.45, 0.37)), .bytes(20, 14, 40), opacity: 0.3,
      softness: 0.12)
    detail(disc(-0.13, 0.50, 0.085), .bytes(255, 255, 255), opacity: 0.6, softness: 0.08)
  }
}
