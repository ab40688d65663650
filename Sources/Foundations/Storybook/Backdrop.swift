/// Draws what lies behind the objects: sky, sky item and ground.
struct Backdrop {
  let canvas: Canvas
  let scene: Scene
  let light: Light
  var random: SplitMix

  init(_ canvas: Canvas, _ scene: Scene) {
    self.canvas = canvas
    self.scene = scene
    light = Light(scene.content.time)
    random = SplitMix(seed: scene.layout.detailSeed)
  }

  mutating func draw() {
    let horizon = scene.layout.horizon
    canvas.flood(layer: .sky) { y in
      let height = min(2 * y / horizon, 2)
      return height < 1
        ? light.sky[0].mixed(with: light.sky[1], height)
        : light.sky[1].mixed(with: light.sky[2], height - 1)
    }
    switch scene.content.sky {
    case .sun: drawSun()
    case .moon: drawMoon()
    case .cloud: drawCloud()
    case .stars: drawStars()
    case nil: break
    }
    drawGround()
  }

  private var place: Point { Point(scene.layout.skyX, scene.layout.skyY) }

  private func drawGlow(_ radius: Float, _ color: Color, _ opacity: Float) {
    canvas.fill(
      Disc(center: place, radius: radius * 0.5), with: Paint(color, opacity: opacity),
      softness: radius, layer: nil)
  }

  private func drawSun() {
    let radius = 0.07 * scene.layout.skySize
    let isSunset = scene.content.time == .sunset
    let color: Color = isSunset ? .bytes(255, 206, 104) : .bytes(255, 224, 84)
    drawGlow(radius * 3.6, color, isSunset ? 0.55 : 0.4)
    if !isSunset {
      let diagonal: Float = 0.7071
      for (x, y) in [
        (1, 0), (diagonal, diagonal), (0, 1), (-diagonal, diagonal), (-1, 0),
        (-diagonal, -diagonal), (0, -1), (diagonal, -diagonal),
      ] as [(Float, Float)] {
        canvas.fill(
          Stroke(
            from: Point(place.x + 1.35 * radius * x, place.y + 1.35 * radius * y),
            to: Point(place.x + 1.7 * radius * x, place.y + 1.7 * radius * y),
            halfWidth: 0.12 * radius), with: Paint(color), layer: .skyItem)
      }
    }
    canvas.fill(Disc(center: place, radius: radius), with: Paint(color), layer: .skyItem)
  }

  private func drawMoon() {
    let radius = 0.072 * scene.layout.skySize
    let isDay = scene.content.time == .day
    if !isDay { drawGlow(radius * 3, .bytes(240, 236, 200), 0.28) }
    let side: Float = scene.layout.detailSeed % 2 == 0 ? 1 : -1
    let crescent = Difference(
      a: Disc(center: place, radius: radius),
      b: Disc(
        center: Point(place.x + 0.52 * radius * side, place.y - 0.28 * radius),
        radius: 0.86 * radius))
    let color: Color = isDay ? .bytes(252, 253, 255) : .bytes(250, 242, 206)
    canvas.fill(crescent, with: Paint(color), layer: .skyItem)
  }

  private func drawCloud() {
    let unit = 0.06 * scene.layout.skySize
    let (upper, lower): (Color, Color) =
      switch scene.content.time {
      case .day: (.bytes(255, 255, 255), .bytes(214, 228, 242))
      case .sunset: (.bytes(255, 222, 200), .bytes(214, 146, 160))
      case .night: (.bytes(134, 144, 182), .bytes(84, 94, 138))
      }
    let paint = Paint(
      from: upper, at: place.y - 0.9 * unit, to: lower, at: place.y + 1.2 * unit)
    for (x, y, radius) in [
      (-1.55, 0.35, 0.72), (-0.6, -0.2, 1.0), (0.65, 0.05, 0.85), (1.6, 0.45, 0.62),
    ] as [(Float, Float, Float)] {
      canvas.fill(
        Disc(center: Point(place.x + x * unit, place.y + y * unit), radius: radius * unit),
        with: paint, layer: .skyItem)
    }
    canvas.fill(
      Stroke(
        from: Point(place.x - 1.6 * unit, place.y + 0.65 * unit),
        to: Point(place.x + 1.65 * unit, place.y + 0.65 * unit), halfWidth: 0.42 * unit),
      with: paint, layer: .skyItem)
  }

  private mutating func drawStars() {
    let columns = 6
    let rows = 3
    for cell in 0..<columns * rows {
      // One star in each cell of a grid: scattered, but never in a heap.
      let x = (Float(cell % columns) + random.uniform(0.15...0.85)) / Float(columns)
      let y =
        (Float(cell / columns) + random.uniform(0.15...0.85)) / Float(rows)
        * (scene.layout.horizon - 0.08)
      let radius = random.uniform(0.006...0.0115) * scene.layout.skySize
      let color = Color(1, 0.98, 0.88)
      let center = Point(x, y)
      canvas.fill(
        Disc(center: center, radius: 1.2 * radius), with: Paint(color, opacity: 0.3),
        softness: 2 * radius, layer: nil)
      canvas.fill(Disc(center: center, radius: radius), with: Paint(color), layer: .skyItem)
      if cell % 3 == 0 {
        for (dx, dy) in [(2.3 * radius, 0), (0, 2.3 * radius)] as [(Float, Float)] {
          canvas.fill(
            Stroke(
              from: Point(x - dx, y - dy), to: Point(x + dx, y + dy), halfWidth: 0.3 * radius),
            with: Paint(color), layer: .skyItem)
        }
      }
    }
  }
}

// MARK: - Ground

extension Backdrop {
  /// The ground's colours at this time of day.
  static func groundColors(_ scene: Scene) -> (far: Color, near: Color) {
    let light = Light(scene.content.time).ground
    let (far, near) = scene.content.ground.paint
    return (far * light, near * light)
  }

  private mutating func drawGround() {
    let layout = scene.layout
    let (far, near) = Self.groundColors(scene)
    let haze = light.sky[2]
    if scene.content.ground == .sea {
      let paint = Paint(
        from: far.mixed(with: haze, 0.35), at: layout.horizon, to: near,
        at: layout.horizon + 0.3)
      canvas.fill(
        Polygon(left: -1, top: layout.horizon, right: 2, bottom: 2), with: paint, layer: .ground)
    } else {
      let radius: Float = 1.5
      canvas.fill(
        Disc(
          center: Point(0.5 - 9 * layout.slope, layout.horizon + radius - 0.045), radius: radius),
        with: Paint(far.mixed(with: haze, 0.42)), layer: .ground)
      let paint = Paint(from: far, at: layout.horizon, to: near, at: 1)
      canvas.fill(
        Disc(center: Point(0.5 + 8 * layout.slope, layout.horizon + radius), radius: radius),
        with: paint, layer: .ground)
    }
    switch scene.content.ground {
    case .grass: drawBlades(far: far, near: near)
    case .sand: drawRipples(near: near)
    case .snow: drawHollows(near: near)
    case .sea: drawWaves(far: far, near: near)
    }
  }

  /// A place on the ground, well below the horizon, and how near it is, 0…1.
  private mutating func spot() -> (Point, Float) {
    let near = random.uniform(0.16...1)
    let y = scene.layout.horizon + (1 - scene.layout.horizon) * near
    return (Point(random.uniform(0...1), y), near)
  }

  private mutating func drawBlades(far: Color, near: Color) {
    for i in 0..<34 {
      let (foot, nearness) = spot()
      let height = 0.012 + 0.022 * nearness
      let tip = Point(foot.x + random.uniform(-0.4...0.4) * height, foot.y - height)
      canvas.fill(
        Stroke(from: foot, to: tip, halfWidth: 0.0022 + 0.002 * nearness),
        with: Paint(i % 2 == 0 ? near * 0.8 : far * 1.06, opacity: 0.55), layer: nil)
    }
  }

  private mutating func drawRipples(near: Color) {
    for _ in 0..<9 {
      let (spot, nearness) = spot()
      let width = random.uniform(0.06...0.14) * (0.5 + nearness)
      canvas.fill(
        Difference(
          a: Ellipse(center: spot, radiusX: width, radiusY: 0.12 * width),
          b: Ellipse(
            center: Point(spot.x, spot.y + 0.05 * width), radiusX: width, radiusY: 0.12 * width)),
        with: Paint(near * 0.86, opacity: 0.5), layer: nil)
    }
    for _ in 0..<22 {
      let (spot, nearness) = spot()
      canvas.fill(
        Disc(center: spot, radius: 0.002 + 0.003 * nearness),
        with: Paint(near * 0.78, opacity: 0.5), layer: nil)
    }
  }

  private mutating func drawHollows(near: Color) {
    for _ in 0..<7 {
      let (spot, nearness) = spot()
      let width = random.uniform(0.08...0.2) * (0.5 + nearness)
      canvas.fill(
        Ellipse(center: spot, radiusX: width, radiusY: 0.16 * width),
        with: Paint(near * Color(0.86, 0.92, 1.0), opacity: 0.5), softness: 0.03, layer: nil)
    }
  }

  private mutating func drawWaves(far: Color, near: Color) {
    let crest = far.mixed(with: .bytes(255, 255, 255), 0.35)
    for i in 0..<24 {
      let (spot, nearness) = spot()
      let half = (0.02 + 0.05 * nearness) * random.uniform(0.6...1.2)
      canvas.fill(
        Stroke(
          from: Point(spot.x - half, spot.y), to: Point(spot.x + half, spot.y),
          halfWidth: 0.0018 + 0.003 * nearness),
        with: Paint(i % 3 == 0 ? near * 0.75 : crest, opacity: 0.4), layer: nil)
    }
    guard let sky = scene.content.sky, sky == .sun || sky == .moon else { return }
    let color: Color = sky == .sun ? .bytes(255, 226, 130) : .bytes(246, 240, 210)
    for i in 0..<9 {
      // The light's path: dashes that widen towards the eye.
      let nearness = (Float(i) + random.uniform(0...0.7)) / 9
      let y = scene.layout.horizon + 0.012 + (0.97 - scene.layout.horizon) * nearness
      let half = (0.012 + 0.04 * nearness) * random.uniform(0.6...1.3)
      let x = place.x + random.uniform(-0.6...0.6) * half
      canvas.fill(
        Stroke(
          from: Point(x - half, y), to: Point(x + half, y), halfWidth: 0.002 + 0.003 * nearness),
        with: Paint(color, opacity: scene.content.time == .day ? 0.4 : 0.55), layer: nil)
    }
  }
}
