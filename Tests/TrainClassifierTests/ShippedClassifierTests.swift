import Storybook
import TestSupport
import Testing
import Training

@Suite("The bundled classifiers") struct ShippedClassifierTests {
  @Test("read scenes of combinations that no training met", arguments: ["perceptual", "evaluator"])
  func accuracy(name: String) throws {
    let network = try SceneClassifier(folder: Repository.path("fixtures/classifiers/\(name)"))
    let batch = SceneBatches(seed: 0x51, split: .heldOut).batch(0..<200)
    let worn = PictureAugmentation().augmented(batch.pictures, seed: 3, first: 0)
    for pictures in [batch.pictures, worn] {
      let right = zip(network.readings(of: pictures), batch.scenes).count {
        $0.agrees(with: $1.content)
      }
      #expect(right >= 198, "\(right) of 200")
    }
  }

  @Test("are two different networks")
  func different() throws {
    let networks = try ["perceptual", "evaluator"].map {
      try SceneClassifier(folder: Repository.path("fixtures/classifiers/\($0)"))
    }
    #expect(networks[0].configuration != networks[1].configuration)
  }
}
