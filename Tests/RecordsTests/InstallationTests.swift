import Foundation
import Records
import TestSupport
import Testing

@Suite("Where a command lies") struct InstallationTests {
  /// A folder with a checkout in `house`, something installed in `usr`, and a place to stand.
  private func withPlaces(_ body: (_ folder: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let folder = folder.resolvingSymlinksInPath().path
      for file in [
        "house/Package.swift", "house/Sources/Executables/walk/main.swift",
        "house/fixtures/model/model_index.json", "house/.build/release/walk",
        "usr/bin/walk", "usr/share/diffusion-inspector/fixtures/model/model_index.json",
        "links/other.txt", "home/fixtures/model/somebody-else's", "alone/walk",
      ] {
        let place = "\(folder)/\(file)"
        try FileManager.default.createDirectory(
          atPath: (place as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let mode = file.hasSuffix("/walk") ? 0o755 : 0o644
        let isMade = FileManager.default.createFile(
          atPath: place, contents: Data(), attributes: [.posixPermissions: mode])
        #expect(isMade)
      }
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/links/walk", withDestinationPath: "\(folder)/usr/bin/walk")
      try body(folder)
    }
  }

  @Test("what is bundled is found from the repository, from elsewhere, installed and linked")
  func files() throws {
    try withPlaces { folder in
      func file(_ executable: String, from place: String) -> String? {
        Installation(
          executable: "\(folder)/\(executable)", workingFolder: "\(folder)/\(place)", searchPath: ""
        ).file("fixtures/model")
      }
      let built = "house/.build/release/walk"
      #expect(file(built, from: "house") == "fixtures/model")
      #expect(file(built, from: "home") == "\(folder)/house/fixtures/model")
      let shared = "\(folder)/usr/share/diffusion-inspector/fixtures/model"
      #expect(file("usr/bin/walk", from: "home") == shared)
      #expect(file("links/walk", from: "home") == shared)
      #expect(file("alone/walk", from: "house") == "fixtures/model")
      #expect(file("alone/walk", from: "usr") == nil)
    }
  }

  @Test("a command is called as it is found: by the package manager, by name, by path")
  func call() throws {
    try withPlaces { folder in
      func call(_ executable: String, from place: String, path: String = "") -> String {
        let search = path.isEmpty ? "/nowhere" : "/nowhere:\(folder)/\(path)"
        return Installation(
          executable: "\(folder)/\(executable)", workingFolder: "\(folder)/\(place)",
          searchPath: search
        ).call("walk").joined(separator: " ")
      }
      let built = "house/.build/release/walk"
      #expect(call(built, from: "house") == "swift run -c release walk")
      #expect(call(built, from: "house/fixtures") == "swift run -c release walk")
      #expect(call(built, from: "home") == "\(folder)/\(built)")
      #expect(call(built, from: "home", path: "house/.build/release") == "walk")
      #expect(call(built, from: "home", path: "alone") == "\(folder)/\(built)")
      #expect(call("usr/bin/walk", from: "home", path: "usr/bin") == "walk")
      #expect(call("links/walk", from: "home", path: "links") == "walk")
      #expect(call("usr/bin/walk", from: "home") == "\(folder)/usr/bin/walk")
      #expect(call("alone/walk", from: "house") == "swift run -c release walk")
    }
  }

  @Test("a folder that was deleted under the person's feet has an end", .timeLimit(.minutes(1)))
  func deletedFolder() {
    let place = Installation(executable: "/nowhere/walk", workingFolder: "", searchPath: "")
    #expect(place.file("fixtures/model") == nil && place.repository == nil)
    #expect(place.call("walk") == ["/nowhere/walk"])
  }
}
