import Foundation
import Imaging
import StorybookWorld
import TestSupport
import Testing

@Suite("fixture images") struct FixtureImagesTests {
  @Test("drawing them again gives the committed pixels")
  func regenerated() throws {
    for file in FixtureImages.files {
      let path = Repository.path("fixtures/images/\(file.path)")
      let drawn = try PictureFile(file.data, named: file.path).tensor()
      let committed = try PictureFile.read(path).tensor()
      #expect(drawn.shape == committed.shape, "\(file.path)")
      // A different mathematical library may round one cosine differently.
      #expect(drawn.maxAbsDifference(from: committed) <= 1.0 / 127, "\(file.path)")
    }
  }

  @Test("the folder holds nothing else and stays under a megabyte")
  func budget() throws {
    let folder = Repository.path("fixtures/images")
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".png") }
    #expect(Set(names) == Set(FixtureImages.files.map(\.path)))
    #expect(FixtureImages.files.reduce(0) { $0 + $1.data.count } < 1_000_000)
  }
}
