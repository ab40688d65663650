import Evaluation
import Tensors
import Testing

@Suite("How hard pictures are driven") struct PictureSaturationTests {
  /// A picture of 4 × 4 pixels of one colour.
  private func flat(_ r: Float, _ g: Float, _ b: Float) -> Tensor {
    .concatenated([r, g, b].map { Tensor([1, 1, 4, 4], repeating: $0) }, along: 1)
  }

  @Test("a pixel is clipped when a channel is at an end of the range")
  func clipped() {
    #expect(PictureSaturation(of: flat(0.5, -0.9, 0.99)).clipped == 0)
    #expect(PictureSaturation(of: flat(0, 0.997, 0)).clipped == 1)
    #expect(PictureSaturation(of: flat(0, -1, 0)).clipped == 1)
    let half = Tensor.concatenated([flat(1.7, 0, 0), flat(0, 0, 0.2)], along: 0)
    #expect(PictureSaturation(of: half).clipped == 0.5)
  }

  @Test("grey has no colour; red has what the formula says")
  func colourfulness() {
    #expect(PictureSaturation(of: flat(0.3, 0.3, 0.3)).colourfulness < 1e-4)
    // One red pixel colour: rg = 255, yb = 127.5, no spread.
    let red = PictureSaturation(of: flat(1, -1, -1)).colourfulness
    #expect(abs(red - 0.3 * (255.0 * 255 + 127.5 * 127.5).squareRoot()) < 1e-3)
    // Beyond the range nothing becomes more colourful.
    #expect(PictureSaturation(of: flat(3, -2, -2)).colourfulness == red)
  }
}
