import ArgumentParser
import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Tensors

/// `forward-noising`: the closed form of q(x_t | x_0) on a picture of the person's own.
public struct ForwardNoisingCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "forward-noising",
    abstract: "How a picture becomes noise, and why all steps may be taken at once.",
    discussion: """
      Noises a picture to chosen timesteps by the closed form, walks the same way one step at a time, \
      and measures that both agree. Also: every schedule, the merging of two Gaussians into one, and \
      which frequencies noise takes first.

      Example: forward-noising --image photo.png --schedule cosine --timesteps 0,250,500,999
      """, version: Versions.line)

  @OptionGroup var imageOption: ImageOption
  @OptionGroup var scheduleOption: ScheduleOption

  @Option(
    help: ArgumentHelp(
      "Where pictures are made: a list of timesteps counted from 0, or how many, evenly spread.",
      valueName: "list|count"))
  var timesteps = "26"

  @OptionGroup var seedOption: SeedOption
  @OptionGroup var filmOption: FilmOption
  @OptionGroup var tensorsOption: TensorsOption
  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    _ = try pictureTimesteps()
  }

  /// The timesteps of the pictures, rising, each once.
  private func pictureTimesteps() throws -> [Int] {
    let last = ScheduleOption.count - 1
    let list = try Values.wholeNumbers("--timesteps", timesteps, like: "0,500,\(last), or a count")
    guard list.count == 1 else {
      for t in list { try Check.range("--timesteps", t, 0...last) }
      return Array(Set(list)).sorted()
    }
    try Check.range("--timesteps", list[0], 1...last + 1)
    guard list[0] > 1 else { return [last] }
    return (0..<list[0]).map { ($0 * last * 2 + list[0] - 1) / (2 * (list[0] - 1)) }
  }

  /// How many pixels a picture of the page may have, so that two at each timestep fit into it: noise
  /// hardly gets smaller than its three bytes a pixel.
  private static func previewPixels(_ timesteps: Int) -> Int {
    max(Page.pictureLimit * 3 / 4 * 10 / 9 / (2 * 3 * timesteps), 64 * 64)
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let original = try run.picture(imageOption.path(run))
    let timesteps = try pictureTimesteps()
    let process = ForwardProcess(scheduleOption.value)
    let generator = seedOption.generator

    let noising = try run.stage("noising", of: process.schedule.count) { advance in
      NoisingExperiment(
        original: original, process: process, generator: generator, timesteps: timesteps,
        previewPixels: Self.previewPixels(timesteps.count), progress: { _ in advance() })
    }
    let merge = try run.stage("merging") { _ in
      MergeExperiment(
        process: process, generator: generator, samples: 1 << 14, timesteps: timesteps)
    }
    let spectrum = try run.stage("spectrum") { _ in SpectrumExperiment(original: original) }
    try run.stage("pictures") { _ in
      try ForwardNoisingFiles(
        noising: noising, merging: merge, spectra: spectrum, schedules: scheduleOption.all,
        timesteps: timesteps
      ).write(to: run.output, tensors: tensorsOption.tensors, film: filmOption.film)
    }
    let page = ForwardNoisingPage(
      scheduleName: scheduleOption.label, noising: noising, merge: merge, spectrum: spectrum,
      schedules: scheduleOption.all, timesteps: timesteps)
    return Findings(page: page.page(), summary: page.summary, seed: seedOption.seed)
  }
}
