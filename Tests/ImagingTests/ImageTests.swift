import Imaging
import Testing

@Suite("Image") struct ImageTests {
  @Test("pixels lie row by row, channels together")
  func layout() {
    var image = Image(width: 2, height: 2, channels: .rgb, pixels: Array(0..<12))
    #expect(image[1, 0] == RGB(3, 4, 5) && image[0, 1] == RGB(6, 7, 8))
    image[1, 1] = RGB(20, 21, 22)
    #expect(image.pixels.suffix(3) == [20, 21, 22])
  }

  @Test("grey becomes three equal channels")
  func grey() {
    let image = Image(width: 2, height: 1, channels: .grey, pixels: [5, 250])
    #expect(image[1, 0] == RGB(250, 250, 250))
    #expect(image.rgb.pixels == [5, 5, 5, 250, 250, 250])
    #expect(image.rgb.rgb == image.rgb)
  }

  @Test("a picture is placed whole and nothing else changes")
  func placing() {
    var image = Image(width: 5, height: 4, filledWith: .white)
    image.place(Image(width: 2, height: 2, filledWith: .black), x: 3, y: 1)
    let black = (0..<20).filter { image[$0 % 5, $0 / 5] == .black }
    #expect(black == [8, 9, 13, 14])
  }
}
