import Imaging
import Testing

@Suite("OKLab") struct OKLabTests {
  @Test("every sRGB colour comes back")
  func roundTrip() {
    for red in stride(from: 0, through: 255, by: 15) {
      for green in stride(from: 0, through: 255, by: 15) {
        for blue in stride(from: 0, through: 255, by: 15) {
          let color = RGB(UInt8(red), UInt8(green), UInt8(blue))
          #expect(OKLab(color).rgb == color)
        }
      }
    }
  }

  @Test("white, black and red lie where the paper puts them")
  func anchors() {
    #expect(OKLab(.white).distance(to: OKLab(lightness: 1, a: 0, b: 0)) < 1e-4)
    #expect(OKLab(.black).distance(to: OKLab(lightness: 0, a: 0, b: 0)) < 1e-9)
    let red = OKLab(lightness: 0.627955, a: 0.224863, b: 0.125846)
    #expect(OKLab(RGB(255, 0, 0)).distance(to: red) < 1e-4)
  }
}
