import Storybook
import Tensors
import Testing

@Suite("Scenes as a data set") struct SceneBatchesTests {
  private let batches = SceneBatches(seed: 4, size: 32)

  @Test("a scene is the same in every batch, with any number of threads")
  func independent() {
    let all = batches.batch(0..<40)
    for count in [1, 2, 5] {
      let again = Threads.with(count) { batches.batch(0..<40) }
      #expect(again.pictures.elements == all.pictures.elements)
      let some = Threads.with(count) { batches.batch(17..<23, withMasks: true) }
      #expect(some.pictures.elements == all.pictures.rows(17..<23).elements)
      #expect(some.captions == Array(all.captions[17..<23]))
    }
    #expect(all.pictures.shape == [40, 3, 32, 32])
    #expect(SceneBatches(seed: 5, size: 32).batch(0..<2).captions != batches.batch(0..<2).captions)
  }

  @Test("the splits share no caption", arguments: SceneSampler.Split.allCases)
  func splits(split: SceneSampler.Split) {
    let batch = SceneBatches(seed: 4, split: split, size: 8).batch(0..<200)
    #expect(batch.scenes.allSatisfy { SceneSampler.split(of: $0.content) == split })
  }

  @Test("the masks of a batch are those of each scene")
  func masks() {
    let batch = batches.batch(5..<9, withMasks: true)
    for (i, scene) in batch.scenes.enumerated() {
      let layers = batches.renderer.layers(of: scene)
      for subject in scene.caption.words.compactMap(\.subject) {
        let mask = batch.mask(of: subject, at: i)
        #expect(mask.shape == [32, 32])
        #expect(mask.elements == layers.mask(for: subject).elements)
      }
    }
    #expect(batches.batch(0..<1).shares == nil)
  }
}

@Suite("Scenes and textures mixed") struct PictureMixTests {
  @Test("a picture is the same in every batch, with any number of threads")
  func independent() {
    let mix = PictureMix(seed: 9, size: 24, textureShare: 0.4)
    let all = mix.pictures(0..<30)
    for count in [1, 3] {
      let some = Threads.with(count) { mix.pictures(11..<19) }
      #expect(some.elements == all.rows(11..<19).elements)
    }
    for i in 0..<30 where !mix.isTexture(i) {
      let scene = mix.scenes.batch(i..<i + 1).pictures
      #expect(scene.elements == all.rows(i..<i + 1).elements)
    }
  }

  @Test("as many textures as asked for", arguments: [0, 0.3, 1])
  func share(share: Double) {
    let mix = PictureMix(seed: 1, size: 4, textureShare: share)
    let count = (0..<4000).count(where: mix.isTexture)
    #expect(abs(Double(count) / 4000 - share) < 0.03)
    #expect(share != 0 || count == 0)
    #expect(share != 1 || count == 4000)
    #expect(mix.pictures(0..<20).shape == [20, 3, 4, 4])
  }

  @Test("training and held-out textures differ")
  func splits() {
    let mixes = SceneSampler.Split.allCases.map {
      PictureMix(seed: 1, split: $0, size: 16, textureShare: 1).pictures(0..<3).elements
    }
    #expect(mixes[0] != mixes[1])
  }
}
