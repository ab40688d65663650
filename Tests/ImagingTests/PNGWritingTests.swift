import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing

@Suite("PNG writing") struct PNGWritingTests {
  @Test("what is written reads back to the same pixels", arguments: [Image.Channels.grey, .rgb])
  func roundTrip(channels: Image.Channels) throws {
    for (width, height) in [(1, 1), (1000, 3), (3, 1000), (64, 48)] {
      let image = Image(width: width, height: height, channels: channels) { pixels in
        for i in pixels.indices { pixels[i] = UInt8((i * i * 31 + i / 7) % 256) }
      }
      #expect(try PictureFile(PNG.data(of: image), named: "memory").image == image.rgb)
      try withTemporaryFolder { folder in
        let path = folder.appendingPathComponent("picture.png").path
        try PNG.write(image, to: path)
        #expect(try PictureFile.read(path).image == image.rgb)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
      }
    }
  }

  @Test("an output that cannot be written is named, with the reason")
  func unwritable() {
    let image = Image(width: 2, height: 2, filledWith: .white)
    let path = "/proc/nowhere/picture.png"
    let error = #expect(throws: FileError.self) { try PNG.write(image, to: path) }
    #expect(error?.exitStatus == .cannotCreate)
    #expect(error?.description.hasPrefix("\(path): cannot be written: ") == true)
  }
}
