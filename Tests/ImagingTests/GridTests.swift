import Imaging
import Testing

@Suite("grids") struct GridTests {
  private let red = Image(width: 4, height: 3, filledWith: RGB(255, 0, 0))
  private let blue = Image(width: 2, height: 3, filledWith: RGB(0, 0, 255))

  @Test("pictures stand in rows, each at the middle of its cell")
  func placement() {
    let sheet = Image.grid([red, blue, red], columns: 2, gap: 1)
    #expect(sheet.width == 11 && sheet.height == 9)
    #expect(sheet[1, 1] == RGB(255, 0, 0) && sheet[0, 0] == .white && sheet[5, 1] == .white)
    #expect(sheet[7, 1] == RGB(0, 0, 255) && sheet[6, 1] == .white)
    #expect(sheet[1, 5] == RGB(255, 0, 0) && sheet[6, 5] == .white)
  }

  @Test("labels take a line under each picture")
  func labels() {
    let wide = Image(width: 40, height: 3, filledWith: .white)
    let sheet = Image.grid([wide], columns: 3, labels: ["t = 42 and more than fits"], gap: 0)
    #expect(sheet.width == 40 && sheet.height == 13)
    #expect((0..<40).contains { sheet[$0, 7] == .black })
  }

  @Test("enlarging repeats pixels")
  func enlarging() {
    let image = Image(width: 2, height: 1, channels: .grey, pixels: [3, 9]).enlarged(by: 2)
    #expect(image.pixels == [3, 3, 9, 9, 3, 3, 9, 9])
  }

  @Test("a stamp keeps the picture and is there even on tiny ones")
  func stamp() {
    for side in [8, 64, 300] {
      let image = Image(width: side, height: side, filledWith: .black).stamped("UNTRAINED")
      let pixels = (0..<image.height).flatMap { y in (0..<image.width).map { image[$0, y] } }
      #expect(pixels.filter { $0 == .black }.count == side * side)
      #expect(pixels.filter { $0 == .white }.count > 60)
    }
  }
}
