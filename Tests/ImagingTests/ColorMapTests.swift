import Imaging
import Tensors
import Testing

@Suite("colour maps") struct ColorMapTests {
  @Test("lightness rises in proportion to the value", arguments: [ColorMap.tide, .ember])
  func sequential(map: ColorMap) throws {
    let lightness = map.colors.map { OKLab($0).lightness }
    #expect(map.colors.count == 256)
    let (first, last) = (try #require(lightness.first), try #require(lightness.last))
    for (i, value) in lightness.enumerated() {
      // 8-bit colours cannot be closer than this to the line.
      #expect(abs(value - (first + (last - first) * Double(i) / 255)) < 0.006, "\(map.name) \(i)")
    }
    #expect(zip(lightness, lightness.dropFirst(2)).allSatisfy { $0 < $1 })
  }

  @Test("a diverging map is white at the middle and equally dark at both ends")
  func diverging() {
    let colors = ColorMap.balance.colors
    #expect(colors.count == 257 && colors[128] == .white)
    for i in 0..<128 {
      let (low, high) = (OKLab(colors[128 - i]), OKLab(colors[128 + i]))
      #expect(abs(low.lightness - high.lightness) < 0.008, "\(i)")
    }
    #expect(OKLab(colors[0]).b < -0.1 && OKLab(colors[256]).b > 0.1)
  }

  @Test("steps are equally large", arguments: [ColorMap.tide, .ember, .balance])
  func uniform(map: ColorMap) {
    // Sixteen colours at a time: single steps are mostly rounding to 8 bits.
    let labs = map.colors.map(OKLab.init)
    let steps = zip(labs, labs.dropFirst(16)).enumerated()
      .filter { map.name != "balance" || !(112..<128 ~= $0.offset) }
      .map { $0.element.0.distance(to: $0.element.1) }
    let mean = steps.reduce(0, +) / Double(steps.count)
    for step in steps { #expect(abs(step / mean - 1) < 0.13, "\(map.name)") }
  }

  @Test("a rainbow would not pass")
  func rainbow() {
    let rainbow = [RGB(0, 0, 255), RGB(0, 255, 255), RGB(255, 255, 0), RGB(255, 0, 0)].map(
      OKLab.init)
    #expect(!zip(rainbow, rainbow.dropFirst()).allSatisfy { $0.lightness < $1.lightness })
  }

  @Test("values take the colour of their place in the range")
  func painting() {
    let map = Tensor([1, 5], [-9, 2, 3, 4, .nan])
    let image = ColorMap.tide.image(of: map, range: 2...4)
    let colors = ColorMap.tide.colors
    #expect(
      (0..<5).map { image[$0, 0] } == [
        colors[0], colors[0], colors[128], colors[255], ColorMap.missing,
      ])
    #expect(ColorMap.balance[0.5] == .white)
    #expect(ColorMap.symmetricRange(of: map) == -9...9)
    // A map of one value is painted, too.
    #expect(ColorMap.grey.image(of: map, range: 3...3)[0, 0] == .black)
  }
}
