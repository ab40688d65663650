import Foundation

/// Who does the work.
enum Engine: String, CaseIterable, Sendable {
  case ours
  /// Products of factors rounded to bfloat16, where the processor has them.
  case oursBFloat16 = "ours, bfloat16"
  case pyTorch = "PyTorch"
  case openVINO = "OpenVINO"
  case stableDiffusionCpp = "stable-diffusion.cpp"
}

/// What a comparison needs to know of this place.
struct Setting: Sendable {
  /// A folder for what is written, removed in the end.
  let scratch: String
  /// The folder of the networks of Stable Diffusion v1.
  let models: String
  let python: String
  /// Those that are here.
  let engines: [Engine]

  /// The command that runs a script beside this file.
  func script(_ name: String, _ arguments: [String]) -> [String] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return [python, "-W", "ignore", folder.appendingPathComponent(name).path] + arguments
  }
}

/// The same work done by several engines.
///
/// Each run is a process of its own. It prints its time behind a label, `seconds 1.25`, and with a
/// third word how many operations that was; where a label comes several times, the first run warmed up
/// and the shortest of the others counts. Without a label the whole process is timed.
struct Comparison: Sendable {
  let name: String
  /// What is compared, in a line.
  let summary: String
  /// What the runs print times of; a row of the table each.
  var labels = ["seconds"]
  /// Whether a round goes before that is not counted, so that all files are in memory. Networks and
  /// kernels do so by themselves.
  var warmsUp = false
  /// Writes what all need.
  var prepare: @Sendable (Setting) throws -> Void = { _ in }
  /// What an engine runs; nil where it has nothing like it.
  let command: @Sendable (Engine, Setting) -> [String]?

  /// Runs every engine in turn, as often as `pairs` says, and tells about it.
  func measure(_ setting: Setting, pairs: Int) throws -> [BenchmarkRow] {
    print("\(name): \(summary)")
    try prepare(setting)
    let contenders = setting.engines.compactMap { engine in
      command(engine, setting).map { (engine, $0) }
    }
    var runs: [Engine: [Measurement]] = [:]
    for round in (warmsUp ? 0 : 1)...pairs {
      for (engine, command) in contenders {
        let run = try Measurement.succeed(command)
        if round > 0 { runs[engine, default: []].append(run) }
      }
    }
    let rows = labels.flatMap { label in
      contenders.map { engine, _ in
        BenchmarkRow(
          name: labels.count == 1 ? name : label, label: label, engine: engine,
          runs: runs[engine] ?? [], ours: runs[.ours] ?? [])
      }
    }
    for row in rows { print("  " + row.line) }
    print()
    return rows
  }
}

/// The least, the middle and the most of several runs.
struct Spread {
  let median, least, most: Double

  init(_ values: [Double]) {
    (median, least, most) = (values.median, values.min() ?? .nan, values.max() ?? .nan)
  }
}

/// What one engine took for one piece of work.
struct BenchmarkRow {
  let name: String
  let engine: Engine
  let seconds: Spread
  /// The largest resident set, in mebibytes, of the process that did all that it was asked for.
  let peakMegabytes: Double
  /// Operations, counted directly; nil where nobody counts them.
  let flops: Double?
  /// Our time as a share of this engine's, run by run; nil for ours.
  let ratio: Spread?
  let pairs: Int

  init(name: String, label: String, engine: Engine, runs: [Measurement], ours: [Measurement]) {
    (self.name, self.engine, pairs) = (name, engine, runs.count)
    let times = runs.map { $0.work(label) }
    seconds = Spread(times)
    peakMegabytes = runs.map(\.peakMegabytes).median
    flops = ours.first?.numbers(label).first?.dropFirst().first
    ratio = engine == .ours ? nil : Spread(zip(ours, times).map { $0.work(label) / $1 })
  }

  /// For the terminal.
  var line: String {
    let heading = name + " " + engine.rawValue
    var text = heading.padding(toLength: max(heading.count, 46), withPad: " ", startingAt: 0)
    text += String(
      format: " %.4g s (%.4g to %.4g)", seconds.median, seconds.least, seconds.most)
    if let flops {
      text += String(format: ", %.0f GFLOP/s", flops / seconds.median / 1e9)
    } else {
      text += String(format: ", peak %.0f MB", peakMegabytes)
    }
    if let ratio {
      text += String(
        format: ", ours %.2f of it (%.2f to %.2f)", ratio.median, ratio.least, ratio.most)
    }
    return text
  }
}
