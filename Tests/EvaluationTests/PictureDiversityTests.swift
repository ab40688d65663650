import Evaluation
import Storybook
import Tensors
import TestSupport
import Testing
import Training

@Suite("How different pictures of one prompt are") struct PictureDiversityTests {
  @Test("0 for equal pictures, more for scenes than for one scene in grain, NaN for one picture")
  func distances() throws {
    let diversity = PictureDiversity(
      try SceneClassifier(folder: Repository.path("fixtures/classifiers/perceptual")))
    let scenes = SceneBatches(seed: 5).batch(0..<3).pictures
    let one = scenes.rows(0..<1)
    #expect(diversity.meanDistance(among: .concatenated([one, one], along: 0)) < 1e-6)
    let grain = one + 0.02 * TorchGenerator(seed: 1).normal(one.shape)
    let near = diversity.meanDistance(among: .concatenated([one, grain], along: 0))
    let far = diversity.meanDistance(among: scenes)
    #expect(near > 0 && far > 3 * near)
    #expect(diversity.meanDistance(among: one).isNaN)
    // The mean over pairs: of a, a, b two of three pairs differ.
    let (a, b) = (one, scenes.rows(1..<2))
    let pair = diversity.meanDistance(among: .concatenated([a, b], along: 0))
    let three = diversity.meanDistance(among: .concatenated([a, a, b], along: 0))
    #expect(abs(three - pair * 2 / 3) < 1e-6)
  }
}
