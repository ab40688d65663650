import ArgumentParser
import Commands
import Diagnostics
import Foundation
import Imaging
import Pages
import Records
import TestSupport
import Testing

/// A command that does a little of everything that an inspector does.
struct DemoCommand: InspectorCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Show how a command behaves.")

  @OptionGroup var options: RunOptions
  @OptionGroup var seed: SeedOption
  @OptionGroup var image: ImageOption
  @OptionGroup var guidance: GuidanceOption

  func inspect(_ run: InspectorRun) throws -> Findings {
    if let image = image.image {
      _ = try readInput(image, expecting: "anything", limit: 100)
      // What is put in its place afterwards was not read.
      if seed.seed == 14 { try Data("other".utf8).write(to: URL(fileURLWithPath: image)) }
    }
    if seed.seed == 13 {
      for _ in 0..<2 { run.notice("13 is\nan unlucky <number>") }
      for choice in ["fp16", "fp16", "bf16"] { Choices.tell("variant", choice) }
      Choices.tell("image", "usual.png")
    }
    let number = try run.stage("drawing", of: 1) { advance in
      advance()
      return seed.generator.normal([1])[0]
    }
    var table = CSVTable(columns: ["number"])
    table.append([.float(number)])
    try run.output.write(table, as: "numbers.csv")
    if seed.seed == 15 {
      for weights in [Provenance.untrained, .trained] { Provenance.tell(weights) }
      let picture = Image(width: 64, height: 64, filledWith: .white)
      try run.output.write(picture, as: "images/made.png")
      try run.output.write(picture, as: "images/analytic.png", madeBy: .analytic)
    }
    let page = Page("Demo", question: "Does it work?") {}
    if seed.seed == 16 {
      try run.publish(page, seed: nil) { try $0.write(table, as: "numbers.csv") }
      run.notice(try String(contentsOfFile: run.path + "/index.html", encoding: .utf8))
    }
    return Findings(
      page: page,
      summary: Summary(columns: ["what", "number"], rows: [["normal", "\(number)"]]),
      seed: seed.seed)
  }
}

@Suite("A command") struct InspectorCommandTests {
  @Test("writes its folder, prints its table and the page's path")
  func run() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      let image = parent.appendingPathComponent("it's.png").path
      try Data("abc".utf8).write(to: URL(fileURLWithPath: image))
      let console = Console.memory()
      let arguments = ["--output", place, "--seed", "0", "--image", image]
      let result = try DemoCommand.run(arguments, console: console)
      #expect(console.output.hasPrefix("what       number\nnormal  1.5"))
      #expect(console.output.hasSuffix("\n\n\(place)/index.html\n"))
      #expect(console.errors.isEmpty)
      #expect(result.manifest.seed == 0 && result.manifest.arguments == arguments)
      #expect(result.manifest.command.hasSuffix("/it'\\''s.png'"))
      #expect(result.manifest.inputs.first?.sha256?.hasPrefix("ba7816bf") == true)
      #expect(result.manifest.stages.map(\.name) == ["drawing", "page"])
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("href=\"numbers.csv\""))
    }
  }

  @Test("the digest is that of the bytes that were read")
  func digests() throws {
    try withTemporaryFolder { parent in
      let image = parent.appendingPathComponent("image").path
      try Data("abc".utf8).write(to: URL(fileURLWithPath: image))
      let result = try DemoCommand.run([
        "--output", parent.path + "/out", "--seed", "14", "--image", image,
      ])
      #expect(result.manifest.inputs.map(\.bytes) == [3])
      #expect(result.manifest.inputs.first?.sha256?.hasPrefix("ba7816bf") == true)
    }
  }

  @Test("what one untrained network made is stamped on picture, page and manifest")
  func stamps() throws {
    try withTemporaryFolder { parent in
      let folder = parent.path + "/out"
      let result = try DemoCommand.run(["--output", folder, "--seed", "15"])
      #expect(result.manifest.provenance == .untrained)
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("class=\"chip untrained\">UNTRAINED"))
      let white = Image(width: 64, height: 64, filledWith: .white)
      #expect(try PictureFile.read(folder + "/images/analytic.png").image == white)
      #expect(try PictureFile.read(folder + "/images/made.png").image == white.stamped("UNTRAINED"))
      let plain = try DemoCommand.run(["--output", parent.path + "/plain"])
      #expect(plain.manifest.provenance == .analytic)
    }
  }

  @Test("a notice is one line, said once, with --quiet too, and stands on the page")
  func notice() throws {
    try withTemporaryFolder { parent in
      let console = Console.memory()
      let result = try DemoCommand.run(
        ["--output", parent.appendingPathComponent("out").path, "--seed", "13", "--quiet"],
        console: console)
      #expect(console.errors == "demo: note: 13 is an unlucky <number>\n")
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(page.contains("<p class=\"notice\">Note: 13 is\nan unlucky &lt;number&gt;.</p>"))
      let settings = result.manifest.settings
      #expect(settings["variant"] == .list(["fp16", "bf16"]) && settings["image"] == "usual.png")
    }
  }

  @Test("a page on the way says that it is not the last, the last one does not")
  func published() throws {
    try withTemporaryFolder { parent in
      let console = Console.memory()
      let result = try DemoCommand.run(
        ["--output", parent.path + "/out", "--seed", "16"], console: console)
      #expect(console.errors.contains("<p class=\"notice\">Note: this page was written before"))
      let notice = "<p class=\"notice\">Note: this page was written before"
      let page = try String(contentsOfFile: result.pagePath, encoding: .utf8)
      #expect(!page.contains(notice))
    }
  }

  @Test("a manifest tells the process's memory as the run's, but not as that of a tour's stop")
  func memory() throws {
    try withTemporaryFolder { parent in
      for isPartOfTour in [false, true] {
        let result = try DemoCommand.run(
          ["--output", parent.path + "/out"], isPartOfTour: isPartOfTour)
        let manifest = try #require(Manifest.of(folder: result.folder))
        #expect((manifest.peakMemoryBytes == nil) == isPartOfTour)
      }
    }
  }

  @Test("an error leaves nothing behind")
  func failure() throws {
    try withTemporaryFolder { parent in
      let place = parent.appendingPathComponent("out").path
      #expect(throws: FileError.missing(path: "/no/such.png")) {
        try DemoCommand.run(["--output", place, "--image", "/no/such.png"])
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: parent.path)
      #expect(left.isEmpty)
    }
  }

  @Test(
    "options that make no sense are refused before any work",
    arguments: [
      (
        ["--guidance-scale", "nan"], "--guidance-scale: expected a number from 0 to 100, found nan"
      ),
      (["--guidance-scale", "-1"], "--guidance-scale: expected a number from 0 to 100, found -1"),
      (["--threads", "0"], "--threads: expected a whole number from 1 to 1024, found 0"),
      (
        ["--guidance-scale", "0x10"],
        "'0x10' is invalid for '--guidance-scale <s>': expected a number"
      ),
      (["--seed", "x"], "--seed"), (["--nonsense"], "--nonsense"), (["--output", ""], "--output"),
    ])
  func refused(arguments: [String], message: String) throws {
    let error = #expect(throws: (any Error).self) { try DemoCommand.run(arguments) }
    let console = Console.memory()
    let status = try DemoCommand.report(#require(error), to: console)
    #expect(status == 64)
    #expect(console.errors.hasPrefix("demo: error: ") && console.errors.contains(message))
    #expect(console.errors.filter { $0 == "\n" }.count == 1, "one line: \(console.errors)")
  }

  @Test("of a value without end the beginning and the end are told")
  func endless() throws {
    let digits = "1" + String(repeating: "9", count: 9_998) + "2"
    let error = #expect(throws: (any Error).self) { try DemoCommand.run(["--seed", digits]) }
    let console = Console.memory()
    #expect(try DemoCommand.report(#require(error), to: console) == 64)
    #expect(console.errors.contains("'1999") && console.errors.contains("…9"))
    #expect(
      console.errors.count < 500 && console.errors.contains("92' is invalid for '--seed <n>'"))
  }

  @Test("a library's parameter is told as the option of commands")
  func parameters() {
    struct Misuse: PersonFacingError {
      let exitStatus = ExitStatus.usage
      let description = "`guidanceScale`: expected a number; see `initialImage` and `a file`"
    }
    let console = Console.memory()
    #expect(DemoCommand.report(Misuse(), to: console) == 64)
    #expect(
      console.errors
        == "demo: error: --guidance-scale: expected a number; see --init-image and `a file`\n")
  }

  @Test("errors of files end with their own status")
  func statuses() {
    for (error, status) in [
      (FileError.missing(path: "a"), 66), (.empty(path: "a", expected: "b"), 65),
      (.notWritable(path: "a", reason: "b"), 73),
    ] as [(FileError, Int32)] {
      let console = Console.memory()
      #expect(DemoCommand.report(error, to: console) == status)
      #expect(console.errors == "demo: error: \(error.description)\n")
    }
  }
}
