import Imaging
import Tensors
import Testing

@Suite("A latent's channels side by side") struct ChannelMosaicTests {
  @Test(
    "stand in rows of equal length, with a line between them",
    arguments: [(1, [4, 5]), (3, [4, 17]), (4, [9, 11]), (8, [9, 23]), (16, [19, 23])])
  func shape(channels: Int, expected: [Int]) {
    let latent = TorchGenerator(seed: 1).normal([1, channels, 4, 5])
    let mosaic = latent.channelMosaic
    #expect(mosaic.shape == expected)
    #expect(mosaic.elements.count { !$0.isNaN } == latent.count)
  }

  @Test("each value is where its channel is")
  func values() {
    let latent = Tensor([1, 4, 2, 3]) { out in for i in 0..<out.count { out[i] = Float(i) } }
    let mosaic = latent.channelMosaic
    #expect(mosaic[0, 0] == 0 && mosaic[0, 4] == 6 && mosaic[3, 0] == 12 && mosaic[4, 6] == 23)
    #expect(mosaic[2, 0].isNaN && mosaic[0, 3].isNaN)
  }
}
