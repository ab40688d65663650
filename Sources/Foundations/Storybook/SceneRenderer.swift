import Imaging
import Tensors

/// Draws scenes.
///
/// A picture depends on its scene and size alone, not on how many threads draw nor on the machine:
/// only exactly rounded arithmetic is used.
public struct SceneRenderer: Sendable {
  /// Pixels on each side.
  public let size: Int

  /// - Parameter size: pixels on each side.
  public init(size: Int = 128) {
    precondition(size > 0, "pictures of \(size) pixels")
    self.size = size
  }

  /// - Returns: shape [1, 3, size, size], range [−1, 1].
  public func picture(of scene: Scene) -> Tensor { pictures(of: [scene]) }

  /// Many pictures, drawn in parallel.
  /// - Returns: shape [B, 3, size, size], range [−1, 1].
  public func pictures(of scenes: [Scene]) -> Tensor {
    let count = 3 * size * size
    return Tensor([scenes.count, 3, size, size]) { out in
      Threads.split(scenes.count, grain: 1) { range in
        let canvas = Canvas(size: size, keepsLayers: false)
        for i in range {
          draw(scenes[i], on: canvas)
          canvas.develop(scenes[i].layout, to: out.part(i, of: count))
        }
      }
    }
  }

  /// The picture together with what every pixel shows.
  public func layers(of scene: Scene) -> SceneLayers {
    let (pictures, shares) = layers(of: [scene])
    return SceneLayers(picture: pictures, shares: shares.reshaped(Array(shares.shape.dropFirst())))
  }

  /// Many pictures together with what every pixel shows, drawn in parallel.
  /// - Returns: shapes [B, 3, size, size], range [−1, 1], and [B, 5, size, size] as in
  ///   `SceneLayers`.
  public func layers(of scenes: [Scene]) -> (pictures: Tensor, shares: Tensor) {
    let layers = Canvas.Layer.allCases.count
    let (count, shareCount) = (3 * size * size, layers * size * size)
    var pictures = Tensor([0, 3, size, size]) { _ in }
    let shares = Tensor([scenes.count, layers, size, size]) { shares in
      pictures = Tensor([scenes.count, 3, size, size]) { out in
        Threads.split(scenes.count, grain: 1) { range in
          let canvas = Canvas(size: size, keepsLayers: true)
          for i in range {
            draw(scenes[i], on: canvas)
            canvas.develop(scenes[i].layout, to: out.part(i, of: count))
            canvas.copyShares(to: shares.part(i, of: shareCount))
          }
        }
      }
    }
    return (pictures, shares)
  }

  private func draw(_ scene: Scene, on canvas: Canvas) {
    var backdrop = Backdrop(canvas, scene)
    backdrop.draw()
    // What stands further back is drawn first.
    let order = scene.content.objects.indices.sorted {
      scene.layout.placements[$0].base < scene.layout.placements[$1].base
    }
    for i in order {
      let placement = scene.layout.placements[i]
      let layer: Canvas.Layer = i == 0 ? .firstObject : .secondObject
      let foot = Footing(canvas, scene, i)
      foot.drawShadow()
      for pass in [Brush.Pass.outline, .parts] {
        Brush(
          canvas, pass, object: scene.content.objects[i], placement: placement,
          light: backdrop.light, layer: layer
        ).draw(scene.content.objects[i].kind)
      }
      foot.drawCover(&backdrop.random)
    }
  }
}

extension UnsafeMutableBufferPointer {
  /// Part `index` of equal parts of `count` elements.
  fileprivate func part(_ index: Int, of count: Int) -> Self {
    Self(rebasing: self[(index * count)..<((index + 1) * count)])
  }
}

/// A picture and the shares of its layers.
public struct SceneLayers: Sendable {
  /// Shape [1, 3, H, W], range [−1, 1].
  public let picture: Tensor
  /// How much of each pixel shows sky, sky item, ground, first and second object: shape [5, H, W],
  /// range [0, 1], summing to 1 over the first dimension.
  public let shares: Tensor

  /// Where a caption's word can be seen: shape [H, W], range [0, 1].
  ///
  /// A colour is where its object is; the time of day is where the open sky is.
  public func mask(for subject: Caption.Subject) -> Tensor {
    let layer: Canvas.Layer =
      switch subject {
      case .object(let i), .color(let i): i == 0 ? .firstObject : .secondObject
      case .ground: .ground
      case .sky: .skyItem
      case .time: .sky
      }
    return shares.rows(layer.rawValue..<layer.rawValue + 1)
      .reshaped(Array(shares.shape.dropFirst()))
  }
}

/// How an object meets the ground.
private struct Footing {
  let canvas: Canvas
  let scene: Scene
  let placement: SceneLayout.Placement
  let ground: Color
  /// Half the width of the object's foot, in units of its height.
  let halfWidth: Float

  init(_ canvas: Canvas, _ scene: Scene, _ index: Int) {
    let placement = scene.layout.placements[index]
    self.canvas = canvas
    self.scene = scene
    self.placement = placement
    let (far, near) = Backdrop.groundColors(scene)
    let horizon = scene.layout.horizon
    halfWidth = scene.content.objects[index].kind.halfWidth
    ground = far.mixed(with: near, (placement.base - horizon) / (1 - horizon))
  }

  private func spread(_ width: Float, _ height: Float, down: Float) -> Ellipse {
    Ellipse(
      center: Point(placement.x, placement.base + down * placement.size),
      radiusX: width * halfWidth * placement.size, radiusY: height * placement.size)
  }

  /// The shadow on land, the dark image in water.
  func drawShadow() {
    let onSea = scene.content.ground == .sea
    canvas.fill(
      onSea ? spread(0.95, 0.13, down: 0.10) : spread(1.15, 0.06, down: 0.02),
      with: Paint(ground * (onSea ? 0.5 : 0.45), opacity: 0.6), softness: 0.1 * placement.size,
      layer: nil)
  }

  /// What the object's foot sinks into.
  func drawCover(_ random: inout SplitMix) {
    switch scene.content.ground {
    case .grass:
      for i in 0..<11 {
        let across = (Float(i - 5) + random.uniform(-0.4...0.4)) / 5.5
        let x = placement.x + across * halfWidth * placement.size
        let foot = Point(x, placement.base + 0.025)
        let tip = Point(
          x + random.uniform(-0.012...0.012), placement.base - random.uniform(0...0.018))
        canvas.fill(
          Stroke(from: foot, to: tip, halfWidth: 0.0045),
          with: Paint(ground * (i % 2 == 0 ? 0.78 : 0.92)), layer: .ground)
      }
    case .sand, .snow:
      canvas.fill(
        spread(1.05, 0.04, down: 0.035), with: Paint(ground), softness: 0.035 * placement.size,
        layer: .ground)
    case .sea:
      let crest = ground.mixed(with: .bytes(255, 255, 255), 0.4)
      canvas.fill(spread(1.05, 0.045, down: 0.04), with: Paint(ground), layer: .ground)
      for (side, drop) in [(-0.5, 0.0), (0.45, 0.015), (-0.05, 0.05)] as [(Float, Float)] {
        let x = placement.x + side * halfWidth * placement.size
        let y = placement.base + drop
        let half = 0.4 * halfWidth * placement.size
        canvas.fill(
          Stroke(from: Point(x - half, y), to: Point(x + half, y), halfWidth: 0.004),
          with: Paint(crest, opacity: 0.75), layer: .ground)
      }
    }
  }
}

extension Canvas {
  /// Adds exposure and grain, limits the colours and writes them as [3, size, size] in [−1, 1].
  func develop(_ layout: SceneLayout, to out: UnsafeMutableBufferPointer<Float>) {
    guard let base = out.baseAddress else { return }
    let gain = 2 * layout.exposure
    let seed = UInt32(truncatingIfNeeded: layout.detailSeed >> 32)
    let (red, green, blue) = (plane(0), plane(1), plane(2))
    for row in 0..<size {
      for vector in 0..<vectorsPerRow {
        let i = row * vectorsPerRow + vector
        let grain = Self.grain(UInt32(truncatingIfNeeded: 8 * i), seed) * 0.016
        let target = row * size + 8 * vector
        let lanes = min(8, size - 8 * vector)
        for (channel, plane) in [red, green, blue].enumerated() {
          let value = (plane[i] * gain - 1 + grain).limited(from: -1, to: 1)
          let start = channel * size * size + target
          if lanes == 8 {
            UnsafeMutableRawPointer(base + start).storeBytes(of: value, as: Lanes.self)
          } else {
            for lane in 0..<lanes { out[start + lane] = value[lane] }
          }
        }
      }
    }
  }

  /// Noise of mean 0 and variance 1, close to normal: the sum of four bytes of a hash.
  @inline(__always)
  private static func grain(_ index: UInt32, _ seed: UInt32) -> Lanes {
    var hash = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7) &+ (index &+ seed)
    hash = (hash ^ (hash &>> 16)) &* 0x7FEB_352D
    hash = (hash ^ (hash &>> 15)) &* 0x846C_A68B
    hash ^= hash &>> 16
    let sum = (hash & 255) &+ ((hash &>> 8) & 255) &+ ((hash &>> 16) & 255) &+ (hash &>> 24)
    // Four bytes: mean 4 · 127.5, variance 4 · (256² − 1)/12.
    return (Lanes(sum) - 510) * (1 / 147.8)
  }

  /// Writes the layers' shares as [5, size, size].
  func copyShares(to out: UnsafeMutableBufferPointer<Float>) {
    for layer in Layer.allCases {
      let plane = plane(3 + layer.rawValue)
      for y in 0..<size {
        for x in 0..<size {
          out[(layer.rawValue * size + y) * size + x] =
            plane[y * vectorsPerRow + x / 8][x % 8]
        }
      }
    }
  }
}
