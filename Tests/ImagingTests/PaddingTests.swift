import Imaging
import Tensors
import Testing

@Suite("Padding to a multiple of f") struct PaddingTests {
  private func picture(_ height: Int, _ width: Int) -> Tensor {
    TorchGenerator(seed: 3).uniform([2, 3, height, width])
  }

  @Test("cropping gives the picture back", arguments: [(1, 1, 32), (7, 13, 8), (16, 24, 8)])
  func roundTrip(height: Int, width: Int, unit: Int) {
    let picture = picture(height, width)
    let padded = picture.paddedToMultiple(of: unit)
    #expect(padded.shape[2] % unit == 0 && padded.shape[2] - height < unit)
    #expect(padded.shape[3] % unit == 0 && padded.shape[3] - width < unit)
    let back = padded.cropped(height: height, width: width)
    #expect(back.shape == picture.shape && back.elements == picture.elements)
  }

  @Test("the last row and column are repeated")
  func edges() {
    let padded = picture(3, 5).paddedToMultiple(of: 4)
    for channel in 0..<3 {
      #expect(padded[1, channel, 3, 2] == padded[1, channel, 2, 2])
      #expect(padded[1, channel, 1, 7] == padded[1, channel, 1, 4])
    }
  }

  @Test("a part begins where it is asked to")
  func part() {
    let picture = picture(6, 9)
    let part = picture.cropped(rows: 2..<5, columns: 4..<9)
    #expect(part.shape == [2, 3, 3, 5])
    #expect(part[1, 2, 0, 0] == picture[1, 2, 2, 4] && part[0, 1, 2, 4] == picture[0, 1, 4, 8])
  }

  @Test("a part of an image is that of its tensor")
  func image() {
    let picture = picture(6, 9).rows(0..<1).scaled(by: 2, plus: -1)
    let part = Image(picture).cropped(rows: 1..<4, columns: 2..<9)
    #expect(part == Image(picture.cropped(rows: 1..<4, columns: 2..<9)))
  }
}
