import Commands
import Imaging
import LatentDiffusion
import Storybook
import Tensors
import Training

/// For each way what is told, and the same with one thing changed: of what the person brought, and for
/// the rest of a scene that no training draws.
struct Changes {
  private let options: ConditionOptions
  private let run: InspectorRun
  private let scene: SceneConditions
  private let prompt: String
  private let seed: UInt64
  /// Before and after, of the noise on a small picture.
  private static let levels = (0, 150)

  /// The scene at hand where the person brings none: two objects and something in the sky.
  private static let sceneSeed: UInt64 = 42
  private static let sceneNumber = 2

  init(_ options: ConditionOptions, size: Int, seed: UInt64, _ run: InspectorRun) {
    (self.options, self.run, self.seed) = (options, run, seed)
    scene = SceneConditions(
      Self.sceneNumber..<Self.sceneNumber + 1, seed: Self.sceneSeed, size: size)
    let isOwn = options.image == nil && options.map == nil
    prompt = run.settled(
      "prompt", options.prompt, default: isOwn ? scene.batch.captions[0].text : "")
  }

  /// What is told before and after, and what was done.
  /// - Throws: what reading pictures throws, and `ConditionError` where they do not fit each other.
  func of(_ model: ConditionedModel) throws -> (told: [Told], deed: String) {
    switch model.way {
    case .text: return words()
    case .layout:
      return layouts(try options.layout() ?? scene.batch.boxes(at: 0))
    case .classLabel:
      let kind = options.kind.flatMap(ObjectKind.init(rawValue:)) ?? scene.kind(0)
      let next = Self.next(kind)
      return ([Told(kind: kind), Told(kind: next)], "\(kind.rawValue) becomes \(next.rawValue)")
    case .inpainting: return try holes(model)
    case .superResolution: return try enlarged(model)
    case .semanticMap: return try maps(model)
    }
  }

  private static func next(_ kind: ObjectKind) -> ObjectKind {
    let kinds = ObjectKind.allCases
    return kinds[((kinds.firstIndex(of: kind) ?? 0) + 1) % kinds.count]
  }

  /// Two objects change places, each as large and as high as it was; one alone moves to the other side.
  private func layouts(_ boxes: [SceneBox]) -> (told: [Told], deed: String) {
    let objects = boxes.indices.filter { boxes[$0].isObject }
    var moved = boxes
    let deed: String
    if objects.count > 1 {
      let (one, other) = (objects[0], objects[1])
      moved[one] = boxes[one].centred(on: boxes[other])
      moved[other] = boxes[other].centred(on: boxes[one])
      deed =
        "the boxes of the \(boxes[one].content.rawValue) and the "
        + "\(boxes[other].content.rawValue) change places"
    } else {
      let one = objects.first ?? 0
      moved[one] = boxes[one].mirrored
      let name = boxes[one].content.rawValue
      deed =
        moved[one] == boxes[one]
        ? "nothing: mirrored, the box of the \(name) is where it was"
        : "the box of the \(name) is moved to the other side"
    }
    return ([Told(boxes: boxes), Told(boxes: moved)], deed)
  }

  /// One kind of object in the prompt becomes another; where there is none, the prompt goes.
  private func words() -> (told: [Told], deed: String) {
    let words = prompt.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard let place = words.firstIndex(where: { ObjectKind(rawValue: $0) != nil }),
      let kind = ObjectKind(rawValue: words[place])
    else { return ([Told(prompt: prompt), Told(prompt: "")], "nothing is said") }
    var changed = words
    changed[place] = Self.next(kind).rawValue
    return (
      [Told(prompt: prompt), Told(prompt: changed.joined(separator: " "))],
      "“\(kind.rawValue)” becomes “\(changed[place])”"
    )
  }

  /// The picture that was brought, at the model's size, or the scene's.
  private func picture(_ model: ConditionedModel) throws -> Tensor {
    guard let path = options.image else { return scene.picture(0) }
    let picture = try run.picture(path)
    run.noticeFit(
      of: path, picture, height: model.side, width: model.side, because: "the model's size")
    run.works(height: model.side, width: model.side)
    return picture.covering(height: model.side, width: model.side).clamped(to: -1...1)
  }

  private func holes(_ model: ConditionedModel) throws -> (told: [Told], deed: String) {
    let picture = try picture(model)
    var mask = scene.mask(0)
    if let path = options.mask {
      mask = try run.picture(path, .dropped).luminance
        .covering(height: model.side, width: model.side).map { $0 < 0 ? 0 : 1 }
      guard mask.maxAbs > 0 else { throw ConditionError.emptyMask(path) }
    }
    let told = [mask, mask.mirroredColumns].map {
      Told(hiding: $0, of: picture, prompt: prompt, model.firstStage)
    }
    let isSame = mask.mirroredColumns.maxAbsDifference(from: mask) == 0
    return (
      told,
      isSame
        ? "nothing: mirrored, the hole is where it was" : "the hole is moved to the other side"
    )
  }

  private func enlarged(_ model: ConditionedModel) throws -> (told: [Told], deed: String) {
    let small = try picture(model).meanPooled(model.firstStage.downsamplingFactor)
    let first = run.settled("noise-level", options.noiseLevel, default: Self.levels.0)
    let second = first == Self.levels.1 ? Self.levels.0 : Self.levels.1
    // Noise of its own: that of z_T would be known to the model.
    let noise = TorchGenerator(seed: seed &+ 1).normal(small.shape)
    let told = [first, second].map {
      Told(enlarging: small, level: $0, prompt: prompt, noise: noise)
    }
    return (told, "the small picture gets noise of level \(second), and the model is told so")
  }

  private func maps(_ model: ConditionedModel) throws -> (told: [Told], deed: String) {
    var shares = scene.shares(0)
    if let path = options.map {
      let picture = try run.picture(path)
      run.noticeFit(
        of: path, picture, height: model.side, width: model.side, because: "the model's size")
      shares = MapPicture.shares(of: picture)
        .covering(height: model.side, width: model.side, .area)
    }
    let told = [shares, shares.movedUp].map {
      Told(map: $0, prompt: prompt, downsamplingFactor: model.firstStage.downsamplingFactor)
    }
    let isSame = shares.movedUp.maxAbsDifference(from: shares) == 0
    return (
      told,
      isSame
        ? "nothing: moved up by an eighth, the map is what it was"
        : "the map is moved up by an eighth"
    )
  }
}

extension Tensor {
  /// [B, C, H, W], everything an eighth of the height further up; the lowest row is repeated. Left and
  /// right stay, so that words about them stay true.
  fileprivate var movedUp: Tensor {
    let (height, width) = (shape[2], shape[3])
    let values = elements
    return Tensor(shape) { out in
      for i in out.indices {
        let row = i / width % height
        out[i] = values[i + (min(row + height / 8, height - 1) - row) * width]
      }
    }
  }

  /// [B, C, H, W] with left and right exchanged.
  fileprivate var mirroredColumns: Tensor {
    let width = shape[3]
    let values = elements
    return Tensor(shape) { out in
      for i in out.indices { out[i] = values[i - i % width + width - 1 - i % width] }
    }
  }
}
