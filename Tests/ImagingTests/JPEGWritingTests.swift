import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

@Suite("JPEG files") struct JPEGWritingTests {
  private func scene() throws -> Image {
    try PictureFile.read(Repository.path("fixtures/images/scene.png")).image
  }

  @Test("more quality takes more bytes and comes nearer")
  func qualities() throws {
    let image = try scene()
    let found = try [5, 30, 75, 95].map { quality in
      let file = try #require(image.jpeg(quality: quality))
      let back = try PictureFile(file, named: "scene").tensor()
      return (bytes: file.count, psnr: ImageMetrics.psnr(image.tensor, back))
    }
    for (coarse, fine) in zip(found, found.dropFirst()) {
      #expect(coarse.bytes < fine.bytes && coarse.psnr < fine.psnr)
    }
    #expect(found[3].psnr > 32)
  }

  @Test("an odd size and grey come back as RGB of that size")
  func odd() throws {
    let image = Image(
      width: 17, height: 9, channels: .grey, pixels: [UInt8](repeating: 90, count: 153))
    let back = try PictureFile(try #require(image.jpeg(quality: 90)), named: "grey").image
    #expect(back.width == 17 && back.height == 9)
    #expect(back.pixels.allSatisfy { abs(Int($0) - 90) <= 2 })
  }
}
