import Imaging
import Storybook
import Tensors
import Testing

@Suite("scene renderer") struct SceneRendererTests {
  private let scenes = (0..<24).map { SceneSampler(seed: 6)[$0] }

  @Test("the number of threads and of scenes changes nothing")
  func deterministic() {
    let renderer = SceneRenderer(size: 48)
    let together = renderer.pictures(of: scenes)
    let alone = Threads.with(1) { renderer.pictures(of: scenes) }
    #expect(alone.elements == together.elements)
    #expect(renderer.picture(of: scenes[5]).elements == together.rows(5..<6).elements)
    #expect(renderer.layers(of: scenes[5]).picture.elements == together.rows(5..<6).elements)
  }

  @Test("any size, and every pixel written, in range", arguments: [1, 7, 64, 100])
  func sizes(size: Int) {
    let pictures = SceneRenderer(size: size).pictures(of: scenes)
    #expect(pictures.shape == [24, 3, size, size])
    #expect(pictures.elements.allSatisfy { abs($0) <= 1 })
  }

  @Test("a small picture is the large one, seen from further away")
  func scaling() throws {
    for scene in scenes {
      let large = SceneRenderer(size: 256).picture(of: scene).resized(
        height: 64, width: 64, .area)
      let small = SceneRenderer(size: 64).picture(of: scene)
      #expect(ImageMetrics.psnr(large, small) > 26, "\(scene.caption.text)")
    }
  }

  @Test("the shares of the layers are between 0 and 1 and sum to 1")
  func shares() {
    for scene in scenes {
      let shares = SceneRenderer(size: 64).layers(of: scene).shares
      #expect(shares.elements.allSatisfy { $0 >= 0 && $0 <= 1.00001 })
      let sum = (1..<5).reduce(shares.rows(0..<1)) { $0 + shares.rows($1..<$1 + 1) }
      #expect(sum.maxAbsDifference(from: Tensor([1, 64, 64], repeating: 1)) < 1e-5)
    }
  }

  @Test("each word's mask covers what it names")
  func masks() {
    for scene in scenes {
      let layers = SceneRenderer().layers(of: scene)
      for word in scene.caption.words {
        guard let subject = word.subject else { continue }
        let share = layers.mask(for: subject).moments.mean
        switch subject {
        case .object, .color: #expect(0.02..<0.3 ~= share, "\(word.text) in \(scene.caption.text)")
        case .ground: #expect(0.1..<0.6 ~= share)
        case .time: #expect(0.2..<0.7 ~= share)
        case .sky: #expect(0.0005..<0.06 ~= share, "\(scene.caption.text): \(share)")
        }
      }
    }
  }

  @Test("changing a colour changes the picture where its mask is, and nowhere else")
  func colorsStayInTheirMasks() {
    for scene in scenes {
      var other = scene
      other.content.objects[0].color = scene.content.objects[0].color == .red ? .green : .red
      let layers = SceneRenderer().layers(of: scene)
      let mask = layers.mask(for: .object(0))
      let difference = layers.picture - SceneRenderer().picture(of: other)
      mask.withUnsafeElements { mask in
        difference.withUnsafeElements { difference in
          for i in mask.indices where mask[i] < 1e-6 { #expect(abs(difference[i]) < 1e-5) }
        }
      }
      #expect(difference.maxAbs > 0.3)
    }
  }

  @Test("an object has its own colour, nearer than any other, at every time of day")
  func colorsAreClear() {
    for time in TimeOfDay.allCases {
      for kind in ObjectKind.allCases {
        for color in ObjectColor.allCases {
          let content = SceneContent(
            time: time, ground: .grass, sky: nil, objects: [SceneObject(color, kind)])
          let found = dominantColor(of: SceneRenderer().layers(of: Scene(content)), at: time)
          #expect(found == color, "\(color) \(kind) at \(time)")
        }
      }
    }
  }

  /// The colour that most pixels of the first object are nearest to, with white, which also serves
  /// for trimmings, counted only when nothing else is there.
  private func dominantColor(of layers: SceneLayers, at time: TimeOfDay) -> ObjectColor? {
    let mask = layers.mask(for: .object(0)).elements
    let image = Image(layers.picture)
    let light = Light(time).object
    let names = ObjectColor.allCases.map { color -> (ObjectColor, OKLab) in
      let paint = color.paint * light * 255
      return (color, OKLab(RGB(UInt8(paint.x), UInt8(paint.y), UInt8(paint.z))))
    }
    var votes: [ObjectColor: Int] = [:]
    for (i, share) in mask.enumerated() where share > 0.9 {
      let lab = OKLab(image[i % image.width, i / image.width])
      guard let nearest = names.min(by: { $0.1.distance(to: lab) < $1.1.distance(to: lab) }),
        nearest.1.distance(to: lab) < 0.09
      else { continue }
      votes[nearest.0, default: 0] += 1
    }
    let colored = votes.filter { $0.key != .white }.max { $0.value < $1.value }
    guard let colored, colored.value > (votes[.white] ?? 0) / 2 else {
      return votes[.white] == nil ? nil : .white
    }
    return colored.key
  }
}
