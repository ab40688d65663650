import Foundation
import Testing

/// Input that a person might give by mistake or in malice, and what every command must answer: one
/// line on stderr, the exit status that says whose fault it is, and nothing written.
public struct BadInput: Sendable, CustomTestStringConvertible {
  public let testDescription: String
  /// The exit status: 64 usage, 65 bad data, 66 missing input, 73 output that cannot be written.
  public let status: Int32
  /// What the line must name.
  public let mentions: String
  /// Makes what is needed in a folder and gives the arguments.
  public let arguments: @Sendable (_ folder: URL) throws -> [String]

  public init(
    _ name: String, status: Int32, mentions: String,
    arguments: @escaping @Sendable (_ folder: URL) throws -> [String]
  ) {
    (testDescription, self.status, self.mentions) = (name, status, mentions)
    self.arguments = arguments
  }

  /// A command-line mistake that needs no files.
  public static func usage(_ arguments: String..., mentions: String) -> BadInput {
    BadInput(arguments.joined(separator: " "), status: 64, mentions: mentions) { _ in arguments }
  }

  /// What goes wrong with a file given to `--image`.
  public static let images: [BadInput] = [
    BadInput("a truncated PNG", status: 65, mentions: "cut.png") { folder in
      let whole = try Data(contentsOf: URL(fileURLWithPath: Repository.path(scene)))
      return try image("cut.png", whole.prefix(whole.count / 2), in: folder)
    },
    BadInput("a JPEG that breaks off", status: 65, mentions: "photo.png") { folder in
      let jpeg = Data([0xFF, 0xD8, 0xFF, 0xE0, 0, 16]) + Data("JFIF".utf8) + Data(count: 64)
      return try image("photo.png", jpeg, in: folder)
    },
    BadInput("a WebP", status: 65, mentions: "convert ") { folder in
      try image("photo.jpg", Data("RIFF1234WEBPVP8 ".utf8), in: folder)
    },
    BadInput("a header of 60000×60000", status: 65, mentions: "60000") { folder in
      var bytes = try Data(contentsOf: URL(fileURLWithPath: Repository.path(scene)))
      bytes.replaceSubrange(16..<24, with: [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60])
      return try image("huge.png", bytes, in: folder)
    },
    BadInput("an empty file", status: 65, mentions: "empty.png") { folder in
      try image("empty.png", Data(), in: folder)
    },
    BadInput("a folder", status: 66, mentions: "folder") { ["--image", $0.path] },
    BadInput("a file that is not there", status: 66, mentions: "nowhere.png") {
      ["--image", $0.appendingPathComponent("nowhere.png").path]
    },
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      ["--image", Repository.path(scene), "--output", "/proc/nothing"]
    },
    BadInput("an output folder that is somebody else's", status: 73, mentions: "mine") { folder in
      let mine = folder.appendingPathComponent("mine")
      try FileManager.default.createDirectory(at: mine, withIntermediateDirectories: true)
      try Data("keep".utf8).write(to: mine.appendingPathComponent("thesis.txt"))
      return ["--image", Repository.path(scene), "--output", mine.path]
    },
  ]

  private static let scene = "fixtures/images/scene.png"

  private static func image(_ name: String, _ bytes: Data, in folder: URL) throws -> [String] {
    let file = folder.appendingPathComponent(name)
    try bytes.write(to: file)
    return ["--image", file.path]
  }

  /// Runs `executable` on this input.
  /// - Returns: what is wrong with its answer, nothing when all is well.
  public func problems(of executable: String) throws -> [String] {
    try withTemporaryFolder { folder in
      var arguments = try arguments(folder)
      let output = folder.appendingPathComponent("out")
      if !arguments.contains("--output") { arguments += ["--output", output.path] }
      let before = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      let outcome = try Executable(executable).run(arguments, in: folder)
      var problems: [String] = []
      if outcome.status != status { problems.append("status \(outcome.status), not \(status)") }
      let lines = outcome.errors.split(separator: "\n")
      if lines.count != 1 { problems.append("\(lines.count) lines: \(outcome.errors)") }
      if !outcome.errors.contains(mentions) {
        problems.append("no '\(mentions)' in: \(outcome.errors)")
      }
      let after = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      if before.sorted() != after.sorted() { problems.append("left behind: \(after)") }
      return problems
    }
  }
}
