import Imaging
import Testing

@Suite("colour bar") struct ColorBarTests {
  @Test("ticks are round, inside the range, and few")
  func ticks() {
    #expect(
      ColorMap.ticks(in: 0...1, atMost: 5).map(\.text) == [
        "0.0", "0.2", "0.4", "0.6", "0.8", "1.0",
      ])
    #expect(ColorMap.ticks(in: -3...3, atMost: 3).map(\.text) == ["-2", "0", "2"])
    #expect(
      ColorMap.ticks(in: 0...0.002, atMost: 4).map(\.text) == [
        "0.0000", "0.0005", "0.0010", "0.0015", "0.0020",
      ])
    #expect(ColorMap.ticks(in: 0...3e6, atMost: 3).map(\.text) == ["0", "1e+06", "2e+06", "3e+06"])
    #expect(ColorMap.ticks(in: 2...2, atMost: 3).isEmpty)
    #expect(ColorMap.ticks(in: -.infinity ... .infinity, atMost: 3).isEmpty)
  }

  @Test("the bar runs from the first colour to the last over black figures on white")
  func picture() {
    let bar = ColorMap.ember.bar(range: -1...1, width: 200)
    #expect(bar.width == 200)
    let row = (0..<200).map { bar[$0, 4] }.filter { $0 != .white }
    #expect(row.first == ColorMap.ember.colors[1] && row.last == ColorMap.ember.colors[254])
    let ink = (0..<200).filter { x in
      (14..<24).contains { bar[x, min($0, bar.height - 1)] == .black }
    }
    #expect(ink.count > 20)
  }
}
