import ModelReport
import Tensors
import Testing

@Suite("The pointing game") struct PointingTallyTests {
  /// The left upper quarter of an 8 × 8 picture.
  private let mask = Tensor([8, 8], (0..<64).map { $0 % 8 < 4 && $0 / 8 < 4 ? 1 : 0 })

  private func tally(_ map: [Float]) -> PointingTally {
    var tally = PointingTally()
    tally.add(map, mask, size: (4, 4))
    return tally
  }

  @Test("a peak in the mask is a hit, one outside is none")
  func peaks() {
    for cell in 0..<16 {
      var map = [Float](repeating: 0.1, count: 16)
      map[cell] = 0.2
      #expect(tally(map).hits == (cell % 4 < 2 && cell / 4 < 2 ? 1 : 0))
    }
  }

  @Test("even attention has as much in the mask as the mask has of the picture")
  func even() {
    let even = tally([Float](repeating: 0.3, count: 16))
    #expect(abs(even.mass - 0.25) < 1e-6 && abs(even.area - 0.25) < 1e-6)
    #expect(even.chance == 0.25 && even.words == 1)
  }

  @Test("a word smaller than a cell can be hit, and is hard to hit by chance")
  func small() {
    var tally = PointingTally()
    let star = Tensor([8, 8], (0..<64).map { $0 == 9 ? 0.5 : 0 })
    var map = [Float](repeating: 0, count: 16)
    map[0] = 1
    tally.add(map, star, size: (4, 4))
    #expect(tally.hits == 1)
    #expect(tally.chance == 1.0 / 16)
    map.reverse()
    tally.add(map, star, size: (4, 4))
    #expect(tally.hits == 1 && tally.words == 2)
  }

  @Test("sums of two tallies are those of all their words")
  func joined() {
    let map = (0..<16).map { Float($0) }
    var both = tally(map)
    both.add(tally(map.reversed()))
    #expect(both.words == 2 && both.hits == 1)
    #expect(abs(both.area - 0.5) < 1e-6)
  }
}
