import Commands
import Foundation
import GuidanceSweep
import LatentDiffusion
import Records
import TestSupport
import Testing

@Suite("The best guidance scale") struct TradeOffTests {
  private func point(_ scale: Double, _ right: Int, _ distance: Double) -> TradeOff.Point {
    TradeOff.Point(
      scale: scale, right: right, pictures: 200, frechetDistance: distance, saturation: 0.1,
      colourfulness: 50, diversity: 1)
  }

  @Test("has most captions right, and of several such scales the nearest to the world")
  func best() {
    // 192 of 200 is right in 92.3 to 98.0 %: 186 cannot be told from it, 184 can.
    let tradeOff = TradeOff([
      point(12, 184, 0.1), point(3, 192, 0.9), point(2, 186, 0.7), point(5, 192, 0.8),
    ])
    #expect(tradeOff.points.map(\.scale) == [2, 3, 5, 12])
    #expect(tradeOff.best?.scale == 5)
    #expect(tradeOff.equallyAccurate.map(\.scale) == [2, 3, 5])
    #expect(tradeOff.nearest.scale == 2)
    let clear = TradeOff([point(1, 100, 0.1), point(3, 192, 0.9)])
    #expect(clear.best?.scale == 3 && clear.nearest.scale == 3 && clear.equallyAccurate.count == 1)
  }

  @Test("is none where no scale gets a caption right")
  func noneRight() {
    let tradeOff = TradeOff([point(1, 0, 0.4), point(3, 0, 0.2)])
    #expect(tradeOff.best == nil && tradeOff.nearest.scale == 3)
    #expect(tradeOff.table.numbers("best") == [0, 0])
  }

  @Test("of the bundled model is what its folder recommends, over at least 200 captions")
  func shipped() throws {
    let shipped = try TradeOff.shipped()
    #expect(shipped.points.count >= 6 && shipped.points.allSatisfy { $0.pictures >= 200 })
    let model = try LatentDiffusionModel(opening: Shipped.model())
    #expect(shipped.best?.scale == model.defaults.guidanceScale)
    let recorded = try String(
      contentsOfFile: Repository.path("fixtures/model/report/guidance.csv"), encoding: .utf8)
    #expect(
      recorded.replacing("\r\n", with: "\n") == shipped.table.text.replacing("\r\n", with: "\n"))
  }

  @Test(
    "is written as it was measured",
    arguments: ["fixtures/model", "notebooks-md/10-guidance-sweep"])
  func documents(place: String) throws {
    let path = place.hasPrefix("fixtures") ? place + "/README.md" : place + ".md"
    let text = try String(contentsOfFile: Repository.path(path), encoding: .utf8)
    for point in try TradeOff.shipped().points {
      let percent = String(format: "%.1f %%", 100 * point.accuracy.value)
      let clipped = String(format: "%.1f %%", 100 * point.saturation)
      let distance = String(format: "%.3f", point.frechetDistance)
      let diversity = String(format: "%.2f", point.diversity)
      let row = text.split(separator: "\n").first { $0.contains("| \(distance) |") }
      #expect(row?.contains(percent) == true, "\(path), s = \(point.scale)")
      #expect(
        row?.hasSuffix("| \(clipped) | \(diversity) |") == true, "\(path), s = \(point.scale)")
    }
  }

  @Test(
    "a table that is none is told in one line",
    arguments: ["guidance_scale\n", "guidance_scale,right\n1,2\n", "a,b\n1\n"])
  func damaged(text: String) throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("guidance.csv").path
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: TableError.self) { try TradeOff(readingFrom: path) }
    }
  }
}
