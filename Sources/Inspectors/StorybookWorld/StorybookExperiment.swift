import Imaging
import Storybook
import Tensors

/// The scenes of one run of `storybook`, and what is measured of them and of their world.
struct StorybookExperiment: Sendable {
  let split: SceneSampler.Split?
  /// The scenes on the page, with masks.
  let batch: SceneBatch
  /// Textures of the same seed and size.
  let textures: Tensor
  let frequencies: AttributeFrequencies
  let sceneSpectrum: PowerSpectrum
  let textureSpectrum: PowerSpectrum
  let textureFit: SpectrumFit
  /// How many pictures this machine draws in a second.
  let speed: (scenes: Double, textures: Double)
  let checks: Checks

  /// The residuals of what the page claims.
  struct Checks: Sendable {
    /// The largest deviation of any class from its probability, in standard errors, no split left out.
    var evenness = 0.0
    /// Scenes of a split whose combination belongs to the other.
    var strays = 0
    /// The share of held-out combinations less a tenth.
    var heldOutShare = 0.0
    /// The largest |Σ of the layers' shares − 1| of any pixel.
    var shares: Float = 0
    /// The largest change of a pixel outside an object's mask when the object changes its colour.
    var recolouring: Float = 0
    /// The largest difference between a scene drawn alone and among others.
    var company: Float = 0
  }

  static let frequencyCount = 50_000
  private static let textureCount = 48

  init(
    seed: UInt64, split: SceneSampler.Split?, size: Int, count: Int, advance: () -> Void = {}
  ) {
    self.split = split
    let batches = SceneBatches(seed: seed, split: split, size: size)
    batch = batches.batch(0..<count, withMasks: true)
    advance()
    textures = DeadLeaves(size: size).pictures(seed: seed, indices: 0..<Self.textureCount)
    frequencies = AttributeFrequencies(batches.sampler, count: Self.frequencyCount)
    advance()
    sceneSpectrum = PowerSpectrum(of: batch.pictures.luminance)
    textureSpectrum = PowerSpectrum(of: textures.luminance)
    textureFit = SpectrumFit(of: textureSpectrum)
    advance()
    checks = Self.check(batch, batches, seed: seed)
    advance()
    speed = (
      Self.rate(of: 512) { _ = batches.batch($0) },
      Self.rate(of: 128) { _ = DeadLeaves(size: size).pictures(seed: seed, indices: $0) }
    )
    advance()
  }

  private static func rate(of count: Int, _ draw: (Range<Int>) -> Void) -> Double {
    let start = ContinuousClock.now
    draw(0..<count)
    return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
  }

  /// How many times `advance` is called.
  static let stages = 5

  private static func check(
    _ batch: SceneBatch, _ batches: SceneBatches, seed: UInt64
  ) -> Checks {
    var checks = Checks()
    checks.evenness =
      AttributeFrequencies(SceneSampler(seed: seed), count: frequencyCount).largestDeviation
    for split in SceneSampler.Split.allCases {
      let sampler = SceneSampler(seed: seed, split: split)
      checks.strays += (0..<20_000).count {
        SceneSampler.split(of: sampler[$0].content) != split
      }
    }
    let all = SceneSampler.allContents
    let heldOut = all.count { SceneSampler.split(of: $0) == .heldOut }
    checks.heldOutShare = abs(Double(heldOut) / Double(all.count) - 0.1)
    for (i, scene) in batch.scenes.enumerated().prefix(12) {
      let alone = batches.renderer.layers(of: scene)
      let picture = batch.pictures.rows(i..<i + 1)
      checks.company = max(checks.company, alone.picture.maxAbsDifference(from: picture))
      let sum = (1..<alone.shares.shape[0]).reduce(alone.shares.rows(0..<1)) {
        $0 + alone.shares.rows($1..<$1 + 1)
      }
      checks.shares = max(
        checks.shares, sum.maxAbsDifference(from: Tensor(sum.shape, repeating: 1)))
      checks.recolouring = max(
        checks.recolouring, changeOutside(of: scene, alone, batches.renderer))
    }
    return checks
  }

  /// Gives the first object another colour and looks where it is not.
  private static func changeOutside(
    of scene: Scene, _ layers: SceneLayers, _ renderer: SceneRenderer
  ) -> Float {
    var other = scene
    other.content.objects[0].color = scene.content.objects[0].color == .red ? .green : .red
    let change = layers.picture - renderer.picture(of: other)
    let mask = layers.mask(for: .object(0))
    var largest: Float = 0
    mask.withUnsafeElements { mask in
      change.withUnsafeElements { change in
        for i in change.indices where mask[i % mask.count] < 1e-6 {
          largest = max(largest, abs(change[i]))
        }
      }
    }
    return largest
  }
}
