import Evaluation
import Tensors
import Testing

@Suite("The pointing game") struct PointingGameTests {
  /// The left upper quarter of an 8 × 8 picture.
  private let mask = Tensor([8, 8], (0..<64).map { $0 % 8 < 4 && $0 / 8 < 4 ? 1 : 0 })

  private func trial(_ map: [Float]) throws -> PointingGame.Trial {
    try #require(PointingGame.trial(Tensor([4, 4], map), mask))
  }

  @Test("a peak in the mask is a hit, one outside is none, whatever the size of the map")
  func peaks() throws {
    for cell in 0..<16 {
      var map = [Float](repeating: 0.1, count: 16)
      map[cell] = 0.2
      #expect(try trial(map).hits == (cell % 4 < 2 && cell / 4 < 2))
    }
    #expect(try #require(PointingGame.trial(mask, mask)).hits)
  }

  @Test("even attention has as much in the mask as the mask has of the picture")
  func even() throws {
    let even = try trial([Float](repeating: 0.3, count: 16))
    #expect(abs(even.inside - 0.25) < 1e-6 && even.area == 0.25)
  }

  @Test("what is not half a pixel anywhere cannot be pointed at")
  func unseen() {
    #expect(PointingGame.trial(mask, mask.scaled(by: 0.4)) == nil)
  }

  @Test("tallies are means over their words, and join")
  func tally() throws {
    var map = [Float](repeating: 0, count: 16)
    map[0] = 1
    let (hit, miss) = (try trial(map), try trial(map.reversed()))
    var both = PointingGame.Tally([hit])
    both.add(PointingGame.Tally([miss]))
    #expect(both.words == 2 && both.hits == 1 && both.accuracy == 0.5 && both.chance == 0.25)
    #expect(abs(both.massInside - (hit.inside + miss.inside) / 2) < 1e-12)
    #expect(PointingGame.Tally().accuracy.isNaN)
  }
}
