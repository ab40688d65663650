import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite("What is half made") struct HalfMadeTests {
  @Test("is removed by who ends the process, file or folder; what is complete stays")
  func discarded() throws {
    let halfMade = HalfMade()
    try withTemporaryFolder { folder in
      let places = ["file", "folder", "complete", "never-made"].map { folder.path + "/" + $0 }
      for place in places { halfMade.begin(place) }
      try FileManager.default.createDirectory(
        atPath: places[1] + "/below", withIntermediateDirectories: true)
      for place in [places[0], places[1] + "/below/x", places[2]] {
        try Data([1]).write(to: URL(fileURLWithPath: place))
      }
      halfMade.end(places[2])
      halfMade.discardAll()
      for place in places { halfMade.end(place) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["complete"])
    }
  }

  @Test("a workshop is there for its work only, and is removed by who ends the process meanwhile")
  func workshop() throws {
    let (halfMade, files) = (HalfMade(), FileManager.default)
    let places = try [false, true].map { isEnded in
      try halfMade.workshop("bench") { place in
        #expect(!files.fileExists(atPath: place.path))
        try files.createDirectory(at: place, withIntermediateDirectories: false)
        if isEnded { halfMade.discardAll() }
        #expect(files.fileExists(atPath: place.path) != isEnded)
        return place
      }
    }
    #expect(places.allSatisfy { !files.fileExists(atPath: $0.path) } && places[0] != places[1])
  }
}
