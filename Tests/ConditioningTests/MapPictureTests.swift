import Conditioning
import Imaging
import Storybook
import Tensors
import Testing

@Suite("A semantic map as a picture") struct MapPictureTests {
  @Test("is read back as it was written, and its five colours are told apart")
  func roundTrip() throws {
    let batch = SceneBatches(seed: 4).batch(0..<3, withMasks: true)
    for index in 0..<3 {
      let shares = try #require(batch.shares).rows(index..<index + 1)
      let picture = MapPicture.image(of: shares)
      let read = MapPicture.shares(of: picture.tensor)
      #expect(MapPicture.image(of: read) == picture)
      // Each pixel belongs to one, and to the one with the largest share.
      let (a, b) = (shares.elements, read.elements)
      let pixels = 128 * 128
      for pixel in stride(from: 0, to: pixels, by: 7) {
        let told = (0..<5).map { b[$0 * pixels + pixel] }
        #expect(told.reduce(0, +) == 1)
        let largest = (0..<5).map { a[$0 * pixels + pixel] }.max()
        #expect(a[(told.firstIndex(of: 1) ?? 0) * pixels + pixel] == largest)
      }
    }
    #expect(Set(MapPicture.colors).count == MapPicture.names.count)
  }
}
