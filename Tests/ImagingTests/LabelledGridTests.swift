import Imaging
import Testing

@Suite("labelled grids") struct LabelledGridTests {
  private let red = Image(width: 40, height: 30, filledWith: RGB(255, 0, 0))
  private let blue = Image(width: 40, height: 30, filledWith: RGB(0, 0, 255))

  private func black(_ image: Image, x: Range<Int>, y: Range<Int>) -> Int {
    y.reduce(0) { sum, y in sum + x.filter { image[$0, y] == .black }.count }
  }

  @Test("pictures stand under their columns and beside their rows")
  func places() {
    let sheet = Image.labelled(
      [[red, blue], [blue, red]], rows: ["a", "b"], columns: ["c", "d"])
    let left = sheet.width - 2 * 44
    #expect(sheet.height == 4 + 10 + 2 * 34)
    #expect(sheet[left, 14] == RGB(255, 0, 0) && sheet[left + 44, 14] == RGB(0, 0, 255))
    #expect(sheet[left, 48] == RGB(0, 0, 255) && sheet[left + 44, 48] == RGB(255, 0, 0))
    #expect(black(sheet, x: left..<left + 40, y: 0..<14) > 0)
    #expect(black(sheet, x: 0..<left, y: 14..<44) > 0)
    #expect(black(sheet, x: 0..<left, y: 48..<78) > 0)
  }

  @Test("without names there is no room for them")
  func nameless() {
    let sheet = Image.labelled([[red, blue]], rows: [""], columns: ["", ""])
    #expect(sheet.width == 4 + 2 * 44 && sheet.height == 4 + 34)
  }

  @Test("texts are broken at spaces, and end in dots where they are too long")
  func lines() {
    #expect(Image.lines(of: "a red boat on the sea", width: 60) == ["a red boat", "on the sea"])
    #expect(Image.lines(of: "incomprehensible", width: 59) == ["incompre.."])
    #expect(Image.lines(of: "a b c d", width: 18) == ["a b", "c d"])
    #expect(Image.lines(of: "one two six ten", width: 30, most: 2) == ["one", "two.."])
    #expect(Image.lines(of: "", width: 30) == [])
  }

  @Test("captions of different length leave pictures equally high")
  func captions() {
    let heights = ["t = 0", "step 49, t = 981"].map { red.captioned($0, room: 3).height }
    #expect(heights[0] == heights[1] && heights[0] == 30 + 31)
    #expect(black(red.captioned("t"), x: 0..<40, y: 30..<41) > 0)
  }

  @Test("thinning keeps the strength of noise, averages take it away")
  func thinning() {
    let noise = Image(width: 64, height: 64, channels: .grey) { out in
      var state: UInt32 = 7
      for i in out.indices {
        state = state &* 1_664_525 &+ 1_013_904_223
        out[i] = state >> 31 == 0 ? 0 : 255
      }
    }
    func spread(_ image: Image) -> Double { Double(image.tensor.moments.std) }
    #expect(noise.thinned(to: 16).width == 16 && noise.thinned(to: 64) == noise)
    #expect(spread(noise.thinned(to: 16)) > 0.9 && spread(noise.shrunk(to: 16)) < 0.5)
  }
}
