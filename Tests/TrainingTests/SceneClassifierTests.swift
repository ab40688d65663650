import Foundation
import JSON
import Networks
import Storybook
import Tensors
import Testing
import TestSupport
import Training

@Suite("Scene classifier") struct SceneClassifierTests {
  private func small() -> SceneClassifierConfiguration {
    var configuration = SceneClassifierConfiguration()
    (configuration.stageChannels, configuration.normGroups) = ([4, 4, 8, 8, 8], 2)
    return configuration
  }

  @Test("attributes name every scene, and scenes that differ in words differ in a class")
  func attributes() {
    #expect(SceneAttribute.classCount == 44)
    var seen: Set<[Int]> = []
    let contents = SceneSampler.allContents
    for content in contents {
      let labels = SceneAttribute.allCases.map { $0.label(in: content) }
      for (attribute, label) in zip(SceneAttribute.allCases, labels) {
        #expect(attribute.classes[label] == attribute.className(in: content))
      }
      seen.insert(labels)
    }
    #expect(seen.count == contents.count)
    #expect(
      SceneAttribute.allCases.map(\.range).reduce(0) { $1.lowerBound == $0 ? $1.upperBound : -1 }
        == 44)
  }

  @Test("stages halve the picture, and a pass gives the same however it is asked for")
  func shapes() throws {
    let network = try SceneClassifier(small(), seed: 2)
    let pictures = SceneBatches(seed: 1).batch(0..<3).pictures
    let maps = network.features(of: pictures)
    #expect(
      maps.map(\.shape) == [
        [3, 64, 64, 4], [3, 32, 32, 4], [3, 16, 16, 8], [3, 8, 8, 8], [3, 4, 4, 8],
      ])
    let answer = network.answer(pictures)
    #expect(answer.logits.shape == [3, SceneAttribute.classCount])
    #expect(answer.features.shape == [3, 8])
    #expect(answer.logits.elements == network(pictures).elements)
    #expect(network.features(of: .zeros([1, 3, 64, 48])).last?.shape == [1, 2, 2, 8])
  }

  @Test("what it looks at at the left says nothing about what stands right")
  func places() throws {
    // Mirroring a picture must change the answer: the classes tell left from right.
    let network = try SceneClassifier(small(), seed: 2)
    let picture = SceneBatches(seed: 1).batch(0..<1).pictures
    var mirrored = picture
    mirrored.withUnsafeMutableElements { elements in
      for row in 0..<3 * 128 { elements[(row * 128)..<(row + 1) * 128].reverse() }
    }
    #expect(network(picture).maxAbsDifference(from: network(mirrored)) > 1e-4)
  }

  @Test("the configuration is read back, and one with other classes is refused")
  func configuration() throws {
    let json = small().json
    #expect(try SceneClassifierConfiguration(JSONNode(json, file: "config.json")) == small())
    guard case .object(var members) = json else { return }
    members["norm_num_groups"] = .integer(3)
    #expect(throws: JSONError.self) {
      try SceneClassifierConfiguration(JSONNode(.object(members), file: "config.json"))
    }
    members["norm_num_groups"] = .integer(2)
    members["classes"] = .object([:])
    #expect(throws: JSONError.self) {
      try SceneClassifierConfiguration(JSONNode(.object(members), file: "config.json"))
    }
  }

  @Test("a few steps of training already help, and repeat to the bit")
  func training() throws {
    var training = ClassifierTraining()
    training.configuration = small()
    (training.steps, training.batchSize, training.learningRate) = (60, 8, 2e-2)
    var losses: [Double] = []
    let network = try training.train { losses.append($0.loss) }
    #expect(losses.count == 60)
    let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
    #expect(last < 0.9 * first, "\(first) to \(last)")
    let picture = SceneBatches(seed: 7).batch(0..<1).pictures
    #expect(try training.train()(picture).elements == network(picture).elements)
  }
}
