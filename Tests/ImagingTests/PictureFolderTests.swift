import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing

@Suite("A folder of pictures") struct PictureFolderTests {
  /// A picture of one colour.
  private func write(
    _ name: String, _ side: (width: Int, height: Int), _ color: RGB, in folder: URL
  ) throws {
    let file = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    let image = Image(width: side.width, height: side.height, filledWith: color)
    try PNG.data(of: image).write(to: file)
  }

  private func read(
    _ folder: URL, least: Int = 16
  ) throws -> (folder: PictureFolder, notices: [String]) {
    var notices: [String] = []
    let found = try heard(by: .notices { notices.append($0) }) {
      try PictureFolder(reading: folder.path, least: least)
    }
    return (found, notices)
  }

  @Test("all pictures, by name, from the folders within as well; hidden files are passed over")
  func sorted() throws {
    try withTemporaryFolder { folder in
      try write("b.png", (20, 30), RGB(1, 2, 3), in: folder)
      try write("a/z.PNG", (30, 20), RGB(4, 5, 6), in: folder)
      try write(".hidden.png", (30, 20), .white, in: folder)
      let (found, notices) = try read(folder)
      #expect(found.entries.map(\.name) == ["a/z.PNG", "b.png"])
      #expect(found.entries.map { $0.image[0, 0] } == [RGB(4, 5, 6), RGB(1, 2, 3)])
      #expect(notices == [])
    }
  }

  @Test("what is broken or too small is named once and left out")
  func leftOut() throws {
    try withTemporaryFolder { folder in
      try write("good.png", (20, 30), RGB(1, 2, 3), in: folder)
      try write("small.png", (200, 15), RGB(1, 2, 3), in: folder)
      try Data([0xFF, 0xD8, 0xFF, 0xE0, 0, 16]).write(
        to: folder.appendingPathComponent("broken.jpg"))
      try Data("words".utf8).write(to: folder.appendingPathComponent("list.txt"))
      let (found, notices) = try read(folder)
      #expect(found.entries.map(\.name) == ["good.png"])
      for name in ["small.png", "broken.jpg"] {
        #expect(notices.count { $0.contains(name) } == 1, "\(notices)")
      }
      #expect(notices.contains { $0.contains("1 of 4 files") }, "\(notices)")
    }
  }

  @Test("a large picture is kept with 1024 pixels on its shorter side, each the mean of its area")
  func shrunk() throws {
    try withTemporaryFolder { folder in
      try write("large.png", (3072, 2048), RGB(10, 20, 30), in: folder)
      let image = try #require(try read(folder).folder.entries.first?.image)
      #expect(image.width == 1536 && image.height == 1024)
      #expect(image[700, 500] == RGB(10, 20, 30))
    }
  }

  @Test("its digest is that of names and pixels")
  func fingerprint() throws {
    try withTemporaryFolder { folder in
      try write("a.png", (20, 20), RGB(1, 2, 3), in: folder)
      let first = try read(folder).folder.fingerprint
      #expect(try read(folder).folder.fingerprint == first)
      try write("a.png", (20, 20), RGB(1, 2, 4), in: folder)
      let second = try read(folder).folder.fingerprint
      try FileManager.default.moveItem(
        at: folder.appendingPathComponent("a.png"), to: folder.appendingPathComponent("b.png"))
      #expect(Set([first, second, try read(folder).folder.fingerprint]).count == 3)
    }
  }

  @Test("no folder, a file, and a folder without pictures are refused")
  func refused() throws {
    try withTemporaryFolder { folder in
      #expect(throws: FileError.missing(path: folder.path + "/none")) {
        try PictureFolder(reading: folder.path + "/none", least: 16)
      }
      #expect(throws: PictureFolderError.noPictures(path: folder.path, least: 16)) {
        try PictureFolder(reading: folder.path, least: 16)
      }
      try write("a.png", (20, 20), .white, in: folder)
      let file = folder.path + "/a.png"
      #expect(throws: PictureFolderError.noFolder(path: file)) {
        try PictureFolder(reading: file, least: 16)
      }
    }
  }
}
