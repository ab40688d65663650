import Imaging
import Testing

@Suite("bitmap font") struct BitmapFontTests {
  @Test("all printable ASCII characters are there and no two look alike")
  func complete() {
    var pictures: [[UInt8]: Character] = [:]
    for code in UInt8(32)...126 {
      let character = Character(UnicodeScalar(code))
      var image = Image(width: 6, height: 10, filledWith: .white)
      image.draw(String(character), x: 0, y: 0, color: .black)
      #expect(pictures[image.pixels] == nil, "\(character)")
      pictures[image.pixels] = character
    }
  }

  @Test("text is as wide as stated and is cut at the edges")
  func extent() {
    #expect(BitmapFont.width(of: "UNTRAINED") == 53)
    #expect(BitmapFont.width(of: "") == 0)
    var image = Image(width: 20, height: 20, filledWith: .white)
    image.draw("MMMMMM", x: -3, y: 15, color: .black, scale: 2)
    let inked = image.pixels.indices.filter { image.pixels[$0] == 0 }
    #expect(inked.count > 100 && inked.allSatisfy { $0 >= 15 * 20 * 3 })
  }
}
