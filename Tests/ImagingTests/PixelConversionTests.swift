import Imaging
import Tensors
import Testing

@Suite("pixels and tensors") struct PixelConversionTests {
  @Test("x = v / 127.5 − 1, and back to the same byte")
  func roundTrip() {
    let ramp = Image(width: 256, height: 1, channels: .grey, pixels: Array(0...255))
    let tensor = ramp.tensor
    #expect(tensor.shape == [1, 1, 1, 256])
    #expect(tensor.elements == (0...255).map { Float($0) / 127.5 - 1 })
    #expect(tensor.elements.first == -1 && tensor.elements.last == 1)
    #expect(Image(tensor) == ramp)
    // A slightly different scale does not bring every byte back.
    #expect(Image(tensor.scaled(by: 1.005)) != ramp)
  }

  @Test("values outside the range are clipped and NaN is black")
  func clipping() {
    let tensor = Tensor([1, 1, 1, 5], [-3, 1.5, .nan, .infinity, -.infinity])
    #expect(Image(tensor).pixels == [0, 255, 0, 255, 0])
  }

  @Test("channels are planes in a tensor and interleaved in a picture")
  func layout() {
    let image = Image(width: 2, height: 1, channels: .rgb, pixels: [10, 20, 30, 40, 50, 60])
    #expect(
      image.tensor.elements.map { ($0 + 1) * 127.5 }.map { Int($0.rounded()) }
        == [10, 40, 20, 50, 30, 60])
    let batch = Tensor.concatenated([image.tensor, image.tensor.scaled(by: -1)], along: 0)
    #expect(Image.batch(batch).map(\.pixels) == [image.pixels, image.pixels.map { 255 - $0 }])
  }
}
