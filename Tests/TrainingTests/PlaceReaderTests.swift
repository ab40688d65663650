import Storybook
import Tensors
import TestSupport
import Testing
import Training

@Suite("The reader of places") struct PlaceReaderTests {
  @Test("the bundled one reads scenes of combinations that no training met")
  func shipped() throws {
    let reader = try PlaceReader(folder: Repository.path("fixtures/classifiers/places"))
    let batch = SceneBatches(seed: 0x51, split: .heldOut).batch(0..<40, withMasks: true)
    let maps = reader.maps(of: batch.pictures)
    var (right, decided) = (0, 0)
    for (index, map) in maps.enumerated() {
      let counts = PlaceReader.agreement(map, PlaceMap(batch, at: index).labels)
      right += counts.right
      decided += counts.decided
    }
    let share = Double(right) / Double(decided)
    #expect(share > 0.98, "\(share)")
    // Of other scenes it says something else: it does read.
    let shifted = zip(maps, 1..<40).map {
      PlaceReader.agreement($0, PlaceMap(batch, at: $1).labels)
    }
    let others =
      Double(shifted.reduce(0) { $0 + $1.right }) / Double(shifted.reduce(0) { $0 + $1.decided })
    #expect(others < 0.8, "\(others)")
  }

  @Test("a map names what is at a place, and nothing where two things share a pixel")
  func map() throws {
    let batch = SceneBatches(seed: 5).batch(0..<4, withMasks: true)
    for index in 0..<4 {
      let map = PlaceMap(batch, at: index)
      #expect(map[0.5, 0.99] == batch.scenes[index].content.ground.rawValue)
      #expect(map.labels.contains(PlaceMap.undecided))
      #expect(map.labels.count == PlaceMap.size * PlaceMap.size)
    }
  }

  @Test("the loss of pixels without a label is none, and its slope agrees with differences")
  func loss() {
    let logits = TorchGenerator(seed: 2).normal([1, 3, 1, 2])
    let labels = [[2, -1]]
    let (value, gradient) = CrossEntropy.loss(logits: logits, labels: labels)
    for index in 0..<6 {
      let step: Float = 1e-2
      func moved(_ by: Float) -> Double {
        let shifted = Tensor(logits.shape) { out in
          for i in 0..<6 { out[i] = logits.elements[i] + (i == index ? by : 0) }
        }
        return CrossEntropy.loss(logits: shifted, labels: labels).value
      }
      let slope = (moved(step) - moved(-step)) / Double(2 * step)
      #expect(abs(slope - Double(gradient.elements[index])) < 1e-3)
    }
    #expect(value > 0 && gradient.elements[1] == 0 && gradient.elements[3] == 0)
  }
}
