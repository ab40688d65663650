import Diagnostics
import Foundation
import JSON
import Testing
import TestSupport

@Suite("Settings that know their place") struct JSONNodeTests {
  private let node: JSONNode

  init() throws {
    node = try JSONNode(
      parsing: Data(#"{"a": {"widths": [1, 2, "wide"]}, "rate": 2, "none": null}"#.utf8),
      file: "unet/config.json")
  }

  @Test("a wrong value is named with file, key, expectation and find")
  func wrongValue() throws {
    let widths = try node["a"]["widths"]
    let error = #expect(throws: JSONError.self) { try widths.integers() }
    #expect(
      error?.description
        == #"unet/config.json: a.widths[2]: expected an integer, found "wide""#)
    #expect(error?.exitStatus == .badData)
    #expect(throws: JSONError.self) { try node["rate"].integer(in: 3...4) }
    #expect(throws: JSONError.self) { try node["rate"].string() }
    #expect(throws: JSONError.self) { try node["a"].bool() }
  }

  @Test("a missing key is an error, or nil where it may be missing")
  func missingKey() throws {
    #expect(
      throws: JSONError.unexpected(
        file: "unet/config.json", key: "a.depth", expected: "a value", found: nil)
    ) { try node["a"]["depth"] }
    #expect(try node.find("depth") == nil)
    #expect(try node.find("none") == nil)
    #expect(try node.find("rate")?.number() == 2)
    #expect(throws: JSONError.self) { try node["rate"].find("x") }
  }

  @Test("a file that is missing, a folder, or too long")
  func files() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("c.json").path
      #expect(throws: FileError.missing(path: path)) { try JSONNode(contentsOf: path) }
      try Data("[1,2,3]".utf8).write(to: URL(fileURLWithPath: path))
      #expect(try JSONNode(contentsOf: path).integers() == [1, 2, 3])
      #expect(throws: FileError.self) { try JSONNode(contentsOf: folder.path) }
    }
  }
}
