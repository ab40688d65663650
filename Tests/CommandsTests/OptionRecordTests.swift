import ArgumentParser
import Commands
import Foundation
import Pages
import Records
import TestSupport
import Testing

@Suite("Every option in the manifest") struct OptionRecordTests {
  private struct Sample: InspectorCommand {
    static let configuration = CommandConfiguration(commandName: "sample")
    @OptionGroup var options: RunOptions
    @OptionGroup var seedOption: SeedOption
    @OptionGroup var guidanceOption: GuidanceOption
    @OptionGroup var tensorsOption: TensorsOption
    @OptionGroup var samplersOption: SamplersOption
    @Option var factors: [Int] = [2, 4]
    @Option var other: String?

    func inspect(_ run: InspectorRun) throws -> Findings {
      run.setting("guidance-scale", 3)
      run.notice("the prompt was cut")
      run.notice("the prompt was cut")
      return Findings(
        page: Page("Sample", question: "?") {},
        summary: Summary(columns: ["a"], rows: []), seed: seedOption.seed)
    }
  }

  @Test("given ones, defaults, and what the command decided")
  func settings() throws {
    try withTemporaryFolder { try check(place: $0.appendingPathComponent("out").path) }
  }

  private func check(place: String) throws {
    let console = Console.memory()
    let settings = try Sample.run(["--factors", "8", "--output", place], console: console)
      .manifest.settings
    #expect(settings["seed"] == 42)
    #expect(settings["factors"] == .list([8]))
    #expect(settings["guidance-scale"] == 3)
    #expect(settings["tensors"] == false)
    #expect(settings["output"] == .text(place))
    #expect(settings["quiet"] == false)
    #expect(settings["other"] == Optional(Manifest.Setting.none))
    #expect(console.errors == "sample: note: the prompt was cut\n")
    #expect(Manifest.of(folder: place)?.settings == settings)
  }

  @Test(
    "an option that may be a list says one value as if it were none",
    arguments: [("ddim", "ddim"), ("ddim,heun", .list(["ddim", "heun"]))]
      as [(String, Manifest.Setting)])
  func lists(text: String, setting: Manifest.Setting) throws {
    try withTemporaryFolder { folder in
      let place = folder.appendingPathComponent("out").path
      let settings = try Sample.run(["--sampler", text, "--output", place]).manifest.settings
      #expect(settings["sampler"] == setting)
    }
  }
}
