import Storybook
import Tensors
import Testing
import Training

@Suite("Augmented pictures") struct PictureAugmentationTests {
  private let pictures = SceneBatches(seed: 8, size: 32).batch(0..<12).pictures

  @Test("what happens to a picture depends on its number alone")
  func independent() {
    let all = PictureAugmentation().augmented(pictures, seed: 5, first: 100)
    let some = Threads.with(1) {
      PictureAugmentation().augmented(pictures.rows(4..<7), seed: 5, first: 104)
    }
    #expect(some.elements == all.rows(4..<7).elements)
    #expect(PictureAugmentation().augmented(pictures, seed: 6, first: 100).elements != all.elements)
    #expect(all.moments.min >= -1 && all.moments.max <= 1)
  }

  @Test("without any augmentation nothing changes")
  func none() {
    var augmentation = PictureAugmentation()
    (augmentation.shift, augmentation.blur, augmentation.noise, augmentation.tone) = (0, 0, 0, 0)
    #expect(augmentation.augmented(pictures, seed: 5, first: 0).elements == pictures.elements)
  }

  @Test("each kind of augmentation changes the picture a little")
  func kinds() {
    let kinds: [(String, (inout PictureAugmentation) -> Void)] = [
      ("shift", { $0.shift = 3 }), ("blur", { $0.blur = 4 }), ("noise", { $0.noise = 0.1 }),
      ("tone", { $0.tone = 0.05 }),
    ]
    for (name, set) in kinds {
      var augmentation = PictureAugmentation()
      (augmentation.shift, augmentation.blur, augmentation.noise, augmentation.tone) = (0, 0, 0, 0)
      set(&augmentation)
      let error = augmentation.augmented(pictures, seed: 5, first: 0).meanSquaredError(
        from: pictures)
      #expect(1e-5..<0.15 ~= error, "\(name): \(error)")
    }
  }

  @Test("a constant picture stays constant under shift and blur")
  func constant() {
    var augmentation = PictureAugmentation()
    (augmentation.noise, augmentation.tone) = (0, 0)
    let grey = Tensor([6, 3, 9, 9], repeating: 0.25)
    #expect(augmentation.augmented(grey, seed: 2, first: 0).maxAbsDifference(from: grey) < 1e-6)
  }
}
