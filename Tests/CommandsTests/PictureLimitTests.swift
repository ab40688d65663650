import Commands
import Testing

@Suite("the largest picture that is carried at once") struct PictureLimitTests {
  @Test(
    "leaves a picture that is not larger as it is", arguments: [(1, 1), (480, 640), (2048, 2048)])
  func own(height: Int, width: Int) {
    #expect(PictureLimit.size(height: height, width: width, most: 1 << 22) == (height, width))
  }

  @Test(
    "keeps the shape of a larger one and loses no more than it must",
    arguments: [(3000, 4000), (9000, 2000)])
  func larger(height: Int, width: Int) {
    let size = PictureLimit.size(height: height, width: width, most: 1 << 22)
    let shape = Double(size.width) / Double(size.height)
    #expect(abs(shape / (Double(width) / Double(height)) - 1) < 2e-3)
    #expect(max(size.height, size.width) <= 8192)
    #expect((0.998...1).contains(Double(size.height * size.width) / Double(1 << 22)))
  }

  @Test("keeps a pixel of what is narrow") func narrow() {
    #expect(PictureLimit.size(height: 1, width: 20_000, most: 1 << 22) == (1, 8192))
    #expect(PictureLimit.size(height: 65_000, width: 2, most: 1 << 20) == (8192, 1))
  }
}
